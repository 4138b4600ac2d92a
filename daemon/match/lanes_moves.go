package match

import (
	"cmp"
	"slices"
)

// edgeSorter groups the edges of one cell into moves. An edge is a number:
// sorted, edges of one move stand together.
type edgeSorter struct {
	shifts  []uint64 // to's cell, shift, on, from's bit
	targets []uint64 // to's bit, on, from's bit
	singles []uint64 // from's bit, to's cell, on, to's bit

	made    []madeMove
	staying []madeMove // of made
	forks   []madeFork
	rowOf   []cell // by symbol: the row of the move that is being made
	touched []int  // the symbols where there is one
	shared  map[cell]uint32
	counts  []uint32
}

const (
	bitBits = 9 // of a bit in a cell
	onBits  = 23
)

// madeMove and madeFork are a move and a fork on a symbol.
type madeMove struct {
	symbol int
	move
}

type madeFork struct {
	symbol, layer int
	from          uint32
	fork
}

// A group of edges is a move of its own from so many on. Fewer are forks.
const (
	minShift  = 4
	minGather = 3

	maxSingles = 4 // more are forks
)

// findMoves makes the moves of all cells.
func (m *laneMaker) findMoves() {
	l, s := m.l, &m.edges
	m.closure.open(m.n)
	s.rowOf = resized(s.rowOf, l.symbols)
	clear(s.rowOf)
	l.index = resized(l.index, len(l.marks)*l.symbols+1)[:0]
	for c := range uint32(len(l.marks)) {
		s.shifts, s.targets, s.singles, s.made, s.forks = s.shifts[:0], s.targets[:0], s.singles[:0], s.made[:0], s.forks[:0]
		for bit, at := range l.nodes[c*cellBits:][:cellBits] {
			if at == nowhere || l.places[at] != c*cellBits+uint32(bit) {
				continue
			}
			m.edgesFrom(at, func(on, to uint32) {
				shift := uint64(int(to%cellBits) - bit + cellBits)
				s.shifts = append(s.shifts, (uint64(to/cellBits)<<(bitBits+1)|shift)<<(onBits+bitBits)|uint64(on)<<bitBits|uint64(bit))
			})
		}
		m.shift()
		m.gather()
		m.fork()
		m.stick(c)
		m.append()
	}
	l.index = append(l.index, uint32(len(l.moves)))
}

// each calls yield with each group of edges whose numbers are alike above the
// lowest bits.
func eachGroup(edges []uint64, bits int, yield func(group []uint64)) {
	slices.Sort(edges)
	edges = slices.Compact(edges)
	for len(edges) > 0 {
		n := 1
		for n < len(edges) && edges[n]>>bits == edges[0]>>bits {
			n++
		}
		yield(edges[:n])
		edges = edges[n:]
	}
}

const (
	onMask  = 1<<onBits - 1
	bitMask = 1<<bitBits - 1
)

// shift makes moves of edges that lead as far as others.
func (m *laneMaker) shift() {
	s := &m.edges
	eachGroup(s.shifts, onBits+bitBits, func(group []uint64) {
		to := uint32(group[0] >> (onBits + 2*bitBits + 1))
		by := int(group[0]>>(onBits+bitBits)&(2*cellBits-1)) - cellBits
		if len(group) < minShift {
			for _, e := range group {
				from := e & bitMask
				place := uint64(to)*cellBits + uint64(int(from)+by)
				s.targets = append(s.targets, place<<(onBits+bitBits)|e&(onMask<<bitBits)|from)
			}
			return
		}
		for _, e := range group {
			m.fill(uint32(e>>bitBits&onMask), uint32(int(e&bitMask)+by))
		}
		m.close(move{to: to, how: int32(by)})
	})
}

// gather makes moves of edges that lead to one bit.
func (m *laneMaker) gather() {
	s := &m.edges
	eachGroup(s.targets, onBits+bitBits, func(group []uint64) {
		to := uint32(group[0] >> (onBits + bitBits))
		if len(group) < minGather {
			for _, e := range group {
				s.singles = append(s.singles, ((e&bitMask)<<17|uint64(to/cellBits))<<(onBits+bitBits)|
					e&(onMask<<bitBits)|uint64(to%cellBits))
			}
			return
		}
		for _, e := range group {
			m.fill(uint32(e>>bitBits&onMask), uint32(e&bitMask))
		}
		m.close(move{to: to, how: gathered})
	})
}

// fork makes forks of all others.
func (m *laneMaker) fork() {
	l, s := m.l, &m.edges
	layer, from := 0, uint32(nowhere)
	eachGroup(s.singles, onBits+bitBits, func(group []uint64) {
		to, source := uint32(group[0]>>(onBits+bitBits))&(1<<17-1), uint32(group[0]>>(onBits+bitBits+17))
		if layer++; source != from {
			layer, from = 0, source
		}
		for _, e := range group {
			m.fill(uint32(e>>bitBits&onMask), uint32(e&bitMask))
		}
		for _, symbol := range s.touched {
			s.forks = append(s.forks, madeFork{symbol, layer, from, fork{m.shared(&s.rowOf[symbol]), to}})
			s.rowOf[symbol] = cell{}
		}
		s.touched = s.touched[:0]
	})
	slices.SortFunc(s.forks, func(x, y madeFork) int {
		return cmp.Or(cmp.Compare(x.symbol, y.symbol), cmp.Compare(x.layer, y.layer), cmp.Compare(x.from, y.from))
	})
	for i := 0; i < len(s.forks); {
		first, sources := s.forks[i], cell{}
		if n := m.singles(s.forks[i:]); n > 0 {
			i += n
			continue
		}
		made := move{to: uint32(len(l.forks)), how: forked}
		for ; i < len(s.forks) && s.forks[i].symbol == first.symbol && s.forks[i].layer == first.layer; i++ {
			sources.add(s.forks[i].from)
			l.forks = append(l.forks, m.shortened(s.forks[i].fork))
		}
		made.row = m.shared(&sources)
		s.made = append(s.made, madeMove{first.symbol, made})
	}
}

// shortened is a fork to one bit as such, without a row.
func (m *laneMaker) shortened(f fork) fork {
	if row := &m.l.rows[f.row]; row.count() == 1 {
		return fork{oneBit, f.to*cellBits + row.first()}
	}
	return f
}

// singles makes moves of the forks of the first's symbol and layer, if they are few
// and lead to one bit each, and tells how many they are.
func (m *laneMaker) singles(forks []madeFork) int {
	n := 0
	for n < len(forks) && forks[n].symbol == forks[0].symbol && forks[n].layer == forks[0].layer {
		if n == maxSingles || m.l.rows[forks[n].row].count() > 1 {
			return 0
		}
		n++
	}
	for _, f := range forks[:n] {
		to := f.to*cellBits + m.l.rows[f.row].first()
		m.edges.made = append(m.edges.made, madeMove{f.symbol, move{row: f.from, to: to, how: single}})
	}
	return n
}

// stick makes a cell sticky if on some symbol half of its nodes stay where they are,
// and puts behind its other moves what stays. Bits that accept or are hits do not
// stay, and look whether they have come with each character: such a cell is none.
func (m *laneMaker) stick(c uint32) {
	l, s := m.l, &m.edges
	most := 0
	for _, made := range s.made {
		if made.to == c && made.how == 0 {
			most = max(most, l.rows[made.row].count())
		}
	}
	if most == 0 || 2*most < m.sizes[c] || l.marks[c].accept|l.marks[c].hit != 0 {
		return
	}
	l.sticky[c/64] |= 1 << (c % 64)
	s.staying = s.staying[:0]
	s.made = slices.DeleteFunc(s.made, func(made madeMove) bool {
		stays := made.to == c && made.how == 0
		if stays {
			s.staying = append(s.staying, made)
		}
		return stays
	})
	for _, made := range s.staying {
		made.how = stayed
		if l.rows[made.row].count() == m.sizes[c] {
			made.how = stayedAll
		}
		s.made = append(s.made, made)
	}
}

// fill has a bit in the rows of all symbols that an edge is on.
func (m *laneMaker) fill(on, bit uint32) {
	s := &m.edges
	m.eachSymbol(on, func(symbol int) {
		if s.rowOf[symbol] == (cell{}) {
			s.touched = append(s.touched, symbol)
		}
		s.rowOf[symbol].add(bit)
	})
}

// close ends a move.
func (m *laneMaker) close(made move) {
	s := &m.edges
	for _, symbol := range s.touched {
		made.row = m.shared(&s.rowOf[symbol])
		s.made = append(s.made, madeMove{symbol, made})
		s.rowOf[symbol] = cell{}
	}
	s.touched = s.touched[:0]
}

// shared is the number of a row.
func (m *laneMaker) shared(row *cell) uint32 {
	if *row == (cell{}) {
		return 0
	}
	i, ok := m.edges.shared[*row]
	if !ok {
		i = uint32(len(m.l.rows))
		m.edges.shared[*row] = i
		m.l.rows = append(m.l.rows, *row)
	}
	return i
}

// append appends the moves of a cell, by symbol.
func (m *laneMaker) append() {
	l, s := m.l, &m.edges
	s.counts = resized(s.counts, l.symbols)
	clear(s.counts)
	for i := range s.made {
		s.counts[s.made[i].symbol]++
	}
	at := uint32(len(l.moves))
	for symbol, n := range s.counts {
		l.index = append(l.index, at)
		s.counts[symbol] = at
		at += n
	}
	l.moves = slices.Grow(l.moves, int(at)-len(l.moves))[:at]
	for i := range s.made {
		place := &s.counts[s.made[i].symbol]
		l.moves[*place] = s.made[i].move
		*place++
	}
}
