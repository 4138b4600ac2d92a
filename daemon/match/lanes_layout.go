package match

import (
	"cmp"
	"fmt"
	"slices"
)

// laneMaker makes the lanes of one nfa. What it holds serves again.
type laneMaker struct {
	n *nfa
	l *lanes

	cellOf [2][][]uint32 // by part (before loops, loops), group of rows and column: the cell
	row    int
	deep   uint32 // the next bit for counted repeats
	sizes  []int  // by cell: its nodes
	rules  []ruleNodes
	shapes map[uint64]int // how many rules there are of each

	closure closure
	edges   edgeSorter
}

// Where a row of nodes lies.
const (
	beforeLoops = iota
	loops
)

// minRepeat is how many nodes in a row must wait for the same set to lie along
// a cell. Fewer are cheaper in columns, where those of other rules are too.
const minRepeat = 12

// maxCells bounds the cells, and maxIndex the words that index them.
const (
	maxCells = 1 << 17
	maxIndex = 1 << 23
)

// make lays n out in l, and finds what its steps are.
func (m *laneMaker) make(l *lanes, n *nfa) error {
	m.n, m.l, m.row, m.deep, m.sizes = n, l, 0, 0, m.sizes[:0]
	m.cellOf[beforeLoops], m.cellOf[loops] = m.cellOf[beforeLoops][:0], m.cellOf[loops][:0]
	l.nfa, l.anchors, l.symbols = n, n.begins || n.ends, n.width()
	if l.anchors {
		l.symbols += 3
	}
	l.nodes, l.marks, l.index, l.moves, l.forks = l.nodes[:0], l.marks[:0], l.index[:0], l.moves[:0], l.forks[:0]
	l.rows = append(l.rows[:0], cell{})
	clear(l.accepts)
	if m.edges.shared == nil {
		m.edges.shared, m.shapes = map[cell]uint32{}, map[uint64]int{}
	}
	clear(m.edges.shared)
	l.places = resized(l.places, len(n.nodes))
	m.countRows()
	shape := uint64(0)
	l.largestNodes = 0
	for _, r := range m.inOrder() {
		if r.shape != shape {
			shape, m.row = r.shape, (m.row+l.column-1)/l.column*l.column
		}
		m.place(r.first, r.last)
		if l.largestNodes < r.last-r.first {
			l.largestNodes, l.largest = r.last-r.first, n.nodes[r.first].least
		}
		if len(l.marks) > maxCells {
			return fmt.Errorf("with it the table takes more than %d cells of %d nodes to be read side by side", maxCells, cellBits)
		}
	}
	if cells := len(l.marks); cells*l.symbols > maxIndex {
		return fmt.Errorf("the table tells %d classes of characters apart in %d cells of nodes, too many together", l.symbols, cells)
	}
	m.mark()
	m.findMoves()
	return nil
}

// ruleNodes are the nodes of one rule, and what rules of the same shape have alike; 0
// where these do not fill a cell.
type ruleNodes struct {
	first, last int
	shape       uint64
}

// inOrder returns the rules in the order in which they are placed: those of one shape
// together, since they do the same at one place of a text and then are live in few
// cells; else as they are.
func (m *laneMaker) inOrder() []ruleNodes {
	m.rules = m.rules[:0]
	for first := 0; first < len(m.n.nodes); {
		last, shape := first, uint64(0)
		for ; last < len(m.n.nodes) && m.n.nodes[last].least == m.n.nodes[first].least; last++ {
			shape = (shape ^ uint64(min(m.n.nodes[last].sets, 1)) + 1) * 0x9e3779b97f4a7c15
		}
		m.rules = append(m.rules, ruleNodes{first, last, shape})
		first = last
	}
	clear(m.shapes)
	for i := range m.rules {
		m.shapes[m.rules[i].shape]++
	}
	for i := range m.rules {
		if m.shapes[m.rules[i].shape] < cellBits {
			m.rules[i].shape = 0
		}
	}
	slices.SortStableFunc(m.rules, func(x, y ruleNodes) int { return cmp.Compare(x.shape, y.shape) })
	return m.rules
}

// place finds places for the nodes of one rule.
func (m *laneMaker) place(first, last int) {
	rows := m.rowsOf(first, last)
	if m.row%m.l.column+rows > m.l.column {
		m.row += m.l.column - m.row%m.l.column // not across cells
	}
	part, row, column, loopRow := beforeLoops, m.row, 0, m.row
	for at := first; at < last; at++ {
		if !m.n.lasts(uint32(at)) {
			m.l.places[at] = nowhere
			continue
		}
		if long := m.repeats(at, last); long > 0 {
			at = m.placeRepeat(at, long)
			part, row, column = loops, loopRow, 0
			loopRow++
			continue
		}
		if m.n.loopsAt(uint32(at)) {
			part, row, column = loops, loopRow, 0
			loopRow++
		}
		m.l.places[at] = m.bit(part, row, column, at)
		column++
		if d := &m.n.nodes[at]; d.accept != none && m.n.goesOn(uint32(at)) {
			m.l.accepts[uint32(at)] = m.bit(part, row, column, at)
			column++
		}
	}
	m.row = max(m.row+1, loopRow)
}

// rowsOf counts the rows that the nodes of a rule take, about.
func (m *laneMaker) rowsOf(first, last int) int {
	rows := 0
	for at := first; at < last; at++ {
		if m.n.loopsAt(uint32(at)) {
			rows++
		}
	}
	return min(max(rows, 1), cellBits)
}

// countRows chooses how many rows a column has: as many as there are, in a
// table of less than a cell's, so that several columns share a cell.
func (m *laneMaker) countRows() {
	rows, n := 0, m.n
	for first := 0; first < len(n.nodes) && rows < cellBits; {
		last := first + 1
		for last < len(n.nodes) && n.nodes[last].least == n.nodes[first].least {
			last++
		}
		rows += m.rowsOf(first, last)
		first = last
	}
	for m.l.column = 1; m.l.column < rows && m.l.column < cellBits; {
		m.l.column *= 2
	}
}

// repeats counts the nodes from at on that wait for one set one after the
// other; 0: not enough.
func (m *laneMaker) repeats(at, last int) (count int) {
	set := int32(-1)
	for ; at < last; at++ {
		if !m.n.lasts(uint32(at)) {
			continue
		}
		d := &m.n.nodes[at]
		if d.lits+d.sets == 0 || d.accept != none || m.n.loopsAt(uint32(at)) {
			break
		}
		on := m.n.edges[d.first].on
		if d.lits == 0 {
			on += int32(m.n.width())
		}
		if set < 0 {
			set = on
		} else if on != set {
			break
		}
		if count++; count >= cellBits {
			break
		}
	}
	if count < minRepeat {
		return 0
	}
	return count
}

// placeRepeat places so many nodes along a cell, and returns the last.
func (m *laneMaker) placeRepeat(at, count int) int {
	if m.deep%cellBits == 0 || int(m.deep%cellBits)+count > cellBits {
		m.deep = m.newCell() * cellBits
	}
	for ; ; at++ {
		if !m.n.lasts(uint32(at)) {
			m.l.places[at] = nowhere
			continue
		}
		m.l.places[at] = m.deep
		m.take(m.deep, at)
		m.deep++
		if count--; count == 0 {
			break
		}
	}
	if m.deep%cellBits == 0 {
		m.deep = 0 // full
	}
	return at
}

// bit finds the bit of a row and column.
func (m *laneMaker) bit(part, row, column, node int) uint32 {
	group := row / m.l.column
	for n := len(m.cellOf[part]); n <= group; n++ {
		m.cellOf[part] = slices.Grow(m.cellOf[part], 1)[:n+1]
		m.cellOf[part][n] = m.cellOf[part][n][:0]
	}
	columns := &m.cellOf[part][group]
	perCell := cellBits / m.l.column
	for len(*columns) <= column/perCell {
		*columns = append(*columns, m.newCell())
	}
	bit := (*columns)[column/perCell]*cellBits + uint32(column%perCell*m.l.column+row%m.l.column)
	m.take(bit, node)
	return bit
}

func (m *laneMaker) newCell() uint32 {
	l := m.l
	l.marks = append(l.marks, mark{least: none})
	m.sizes = append(m.sizes, 0)
	l.nodes = slices.Grow(l.nodes, cellBits)[:len(l.nodes)+cellBits]
	for i := range l.nodes[len(l.nodes)-cellBits:] {
		l.nodes[len(l.nodes)-cellBits+i] = nowhere
	}
	return uint32(len(l.marks) - 1)
}

// take gives a bit to a node.
func (m *laneMaker) take(bit uint32, node int) {
	m.l.nodes[bit] = uint32(node)
	m.sizes[bit/cellBits]++
	mark := &m.l.marks[bit/cellBits]
	mark.least = min(mark.least, m.n.nodes[node].least)
}

// mark makes the masks of what arriving in a cell means.
func (m *laneMaker) mark() {
	l := m.l
	l.sticky = resized(l.sticky, (len(l.marks)+63)/64)
	clear(l.sticky)
	for c := range l.marks {
		var accepts, hits cell
		rising, last := true, int32(-1)
		for bit := range uint32(cellBits) {
			place := uint32(c)*cellBits + bit
			at := l.nodes[place]
			if int(bit)%l.column == 0 {
				last = -1
			}
			if at == nowhere {
				continue
			}
			if l.acceptPlace(at) == place {
				accepts.add(bit)
				rising = rising && m.n.nodes[at].accept >= last
				last = m.n.nodes[at].accept
			}
			if m.n.nodes[at].hit >= 0 {
				hits.add(bit)
			}
		}
		l.marks[c].rising = rising
		l.marks[c].accept, l.marks[c].hit = m.shared(&accepts), m.shared(&hits)
	}
}

// acceptPlace is the bit by which a node accepts, or nowhere.
func (l *lanes) acceptPlace(at uint32) uint32 {
	if l.nfa.nodes[at].accept == none {
		return nowhere
	}
	if place, ok := l.accepts[at]; ok {
		return place
	}
	return l.places[at]
}

// lasts tells whether a node is more than a place to pass.
func (n *nfa) lasts(at uint32) bool {
	d := &n.nodes[at]
	return d.accept != none || d.hit >= 0 || n.goesOn(at)
}

// goesOn tells whether a node waits for anything.
func (n *nfa) goesOn(at uint32) bool {
	d := &n.nodes[at]
	if d.lits|d.sets != 0 {
		return true
	}
	for _, e := range n.emptyEdges(d) {
		if e.on == onEnd {
			return true
		}
	}
	return false
}

// loopsAt tells whether a node leads to itself.
func (n *nfa) loopsAt(at uint32) bool {
	d := &n.nodes[at]
	for _, e := range n.edges[d.first:][:d.lits+d.sets] {
		if e.to == at {
			return true
		}
	}
	return false
}

// resized is s, or another slice if s has no room, of n elements: they may be
// anything.
func resized[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n, n+n/16)
	}
	return s[:n]
}
