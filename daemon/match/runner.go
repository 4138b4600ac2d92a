package match

import "math/bits"

// runner reads a text with lanes. It holds the bits that are live at one place.
type runner struct {
	lanes *lanes
	best  int32 // the lowest rule accepted so far, or none
	begin bool  // a line begins here

	cells, next    []cell   // all empty but those that are live
	live, nextLive []uint64 // a bit for each cell
	kept           []cell   // of sticky cells, what is live in them
	keptLive       []uint64 // a bit for each cell
	made           []cell   // by cell: hits that are noted
	madeIn         []uint32 // the cells where there are some
	words          int      // work done so far, in words looked at
}

// The work that an operation is counted as, in words.
const (
	byteWords   = 8         // one character
	moveWords   = cellWords // one move of a cell
	bitWords    = 4         // one bit that is looked at by itself
	singleWords = 2         // one move of a bit
	oneWords    = 3         // one move of a cell with one word
)

// set out from nodes.
func (r *runner) load(l *lanes, nodes []uint32, best int32, begin bool) {
	r.lanes, r.best, r.begin = l, best, begin
	if n := len(l.marks); len(r.cells) < n {
		r.cells = append(r.cells, make([]cell, n-len(r.cells))...)
		r.next = append(r.next, make([]cell, n-len(r.next))...)
		r.kept = append(r.kept, make([]cell, n-len(r.kept))...)
		r.made = append(r.made, make([]cell, n-len(r.made))...)
		words := (len(r.cells) + 63) / 64
		r.live = append(r.live, make([]uint64, words-len(r.live))...)
		r.nextLive = append(r.nextLive, make([]uint64, words-len(r.nextLive))...)
		r.keptLive = append(r.keptLive, make([]uint64, words-len(r.keptLive))...)
	}
	for _, at := range nodes {
		if place := l.places[at]; place != nowhere {
			c := place / cellBits
			r.cells[c][place%cellBits/64] |= 1 << (place % 64)
			r.live[c/64] |= 1 << (c % 64)
		}
	}
	r.keep()
	r.words += len(nodes)
}

// keep takes what is in sticky cells to where it stays.
func (r *runner) keep() {
	l := r.lanes
	for i, word := range l.sticky {
		for word &= r.live[i]; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			r.kept[c].take(&r.cells[c])
			r.cells[c] = cell{}
			r.words += moveWords
			r.keptLive[i] |= 1 << (c % 64)
		}
		r.live[i] &^= l.sticky[i]
	}
}

// forget empties it.
func (r *runner) forget() {
	for i, word := range r.live {
		for ; word != 0; word &= word - 1 {
			r.cells[64*i+bits.TrailingZeros64(word)] = cell{}
		}
		r.live[i] = 0
	}
	for i, word := range r.keptLive {
		for ; word != 0; word &= word - 1 {
			r.kept[64*i+bits.TrailingZeros64(word)] = cell{}
		}
		r.keptLive[i] = 0
	}
	for _, c := range r.madeIn {
		r.made[c] = cell{}
	}
	r.madeIn, r.lanes, r.words = r.madeIn[:0], nil, 0
}

// step reads one character of a class, or the cut, or the end, and notes the
// hits made.
func (r *runner) step(class uint16, h *hits) (alive bool) {
	symbol := r.lanes.symbol(class, r.begin)
	r.begin = r.lanes.nfa.beginsLine(class)
	return r.stepOn(symbol, h)
}

func (r *runner) stepOn(symbol int, h *hits) (alive bool) {
	l := r.lanes
	r.words += byteWords
	for i := range l.sticky {
		for word := r.keptLive[i]; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			if !r.stay(&r.kept[c], l.movesOf(c, symbol)) {
				r.keptLive[i] &^= 1 << (c % 64)
			}
		}
		for word := r.live[i]; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			r.follow(&r.cells[c], l.movesOf(c, symbol))
			r.cells[c] = cell{}
			r.words += cellWords / 2
		}
		r.live[i] = 0
	}
	r.cells, r.next = r.next, r.cells
	r.live, r.nextLive = r.nextLive, r.live
	return r.arrive(h)
}

// stay makes the moves from a sticky cell, the last of which is to stay, and tells
// whether anything does.
func (r *runner) stay(c *cell, moves []move) bool {
	r.words += cellWords / 2
	last := len(moves) - 1
	if last < 0 || moves[last].how < stayed {
		r.follow(c, moves)
		*c = cell{}
		return false
	}
	r.follow(c, moves[:last])
	return moves[last].how == stayedAll || c.cutTo(&r.lanes.rows[moves[last].row])
}

// follow makes the moves from one cell: word by word where only few are not empty.
func (r *runner) follow(from *cell, moves []move) {
	if len(moves) == 0 {
		return
	}
	if words := from.words(); words&(words-1) == 0 {
		r.moveOne(from, bits.TrailingZeros8(words), moves)
	} else {
		r.move(from, moves)
	}
}

// moveOne makes the moves from a cell of which only word i is not empty.
func (r *runner) moveOne(from *cell, i int, moves []move) {
	l := r.lanes
	i &= cellWords - 1
	for k := range moves {
		m := &moves[k]
		r.words += oneWords
		c := m.to
		switch {
		case m.how == single:
			if int(m.row/64) != i || from[i]>>(m.row%64)&1 == 0 {
				continue
			}
			c = m.to / cellBits
			r.next[c][m.to%cellBits/64] |= 1 << (m.to % 64)
		case m.how == 0:
			moved := from[i] & l.rows[m.row][i]
			if moved == 0 {
				continue
			}
			r.next[c][i] |= moved
		case m.how == gathered:
			if from[i]&l.rows[m.row][i] == 0 {
				continue
			}
			c = m.to / cellBits
			r.next[c][m.to%cellBits/64] |= 1 << (m.to % 64)
		case m.how == forked:
			if from[i]&l.rows[m.row][i] != 0 {
				r.fork(from, &l.rows[m.row], l.forks[m.to:])
				r.words += moveWords
			}
			continue
		default:
			if !r.next[c].takeShiftedWord(from[i], i, int(m.how), &l.rows[m.row]) {
				continue
			}
		}
		r.nextLive[c/64] |= 1 << (c % 64)
	}
}

// move makes the moves from one cell.
func (r *runner) move(from *cell, moves []move) {
	l := r.lanes
	for i := range moves {
		m := &moves[i]
		if m.how == single {
			r.words += singleWords
			if from[m.row/64%cellWords]>>(m.row%64)&1 != 0 {
				c := m.to / cellBits
				r.next[c][m.to%cellBits/64] |= 1 << (m.to % 64)
				r.nextLive[c/64] |= 1 << (c % 64)
			}
			continue
		}
		row := &l.rows[m.row]
		r.words += moveWords
		switch {
		case m.how == 0:
			to := &r.next[m.to]
			a, b, c, d := from[0]&row[0], from[1]&row[1], from[2]&row[2], from[3]&row[3]
			e, f, g, h := from[4]&row[4], from[5]&row[5], from[6]&row[6], from[7]&row[7]
			if a|b|c|d|e|f|g|h == 0 {
				continue
			}
			to[0], to[1], to[2], to[3] = to[0]|a, to[1]|b, to[2]|c, to[3]|d
			to[4], to[5], to[6], to[7] = to[4]|e, to[5]|f, to[6]|g, to[7]|h
			r.nextLive[m.to/64] |= 1 << (m.to % 64)
		case m.how == gathered:
			if from.meets(row) {
				c := m.to / cellBits
				r.next[c][m.to%cellBits/64] |= 1 << (m.to % 64)
				r.nextLive[c/64] |= 1 << (c % 64)
			}
		case m.how == forked:
			r.fork(from, row, l.forks[m.to:])
		case 0 < m.how && m.how < 64:
			if r.next[m.to].takeUp(from, uint(m.how), row) {
				r.nextLive[m.to/64] |= 1 << (m.to % 64)
			}
		default:
			if r.next[m.to].takeShifted(from, int(m.how), row) {
				r.nextLive[m.to/64] |= 1 << (m.to % 64)
			}
		}
	}
}

// fork goes where each live bit of row leads; forks are theirs, in order.
func (r *runner) fork(from, row *cell, forks []fork) {
	rank := 0
	for i, word := range row {
		for live := word & from[i]; live != 0; live &= live - 1 {
			below := live&-live - 1
			f := forks[rank+bits.OnesCount64(word&below)]
			if f.row == oneBit {
				c := f.to / cellBits
				r.next[c][f.to%cellBits/64] |= 1 << (f.to % 64)
				r.nextLive[c/64] |= 1 << (c % 64)
				r.words += bitWords
				continue
			}
			r.next[f.to].take(&r.lanes.rows[f.row])
			r.nextLive[f.to/64] |= 1 << (f.to % 64)
			r.words += moveWords
		}
		rank += bits.OnesCount64(word)
	}
}

// arrive looks at what the live cells mean: rules accepted, hits made, and
// what can only lose.
func (r *runner) arrive(h *hits) (alive bool) {
	l, best := r.lanes, r.best
	for i, word := range r.live[:len(l.sticky)] {
		for ; word != 0; word &= word - 1 {
			c := uint32(64*i + bits.TrailingZeros64(word))
			m := &l.marks[c]
			if m.accept != 0 {
				r.words += cellWords
				r.accept(c, m)
			}
			if m.hit != 0 {
				r.words += cellWords
				r.hit(c, &l.rows[m.hit], h)
			}
			if m.least >= r.best {
				r.cells[c] = cell{}
				r.live[i] &^= 1 << (c % 64)
				continue
			}
			alive = true
		}
	}
	r.keep()
	for i, word := range r.keptLive[:len(l.sticky)] {
		if r.best < best {
			r.lose(i)
			word = r.keptLive[i]
		}
		alive = alive || word != 0
	}
	return alive
}

// lose drops the sticky cells of a word that can only lose.
func (r *runner) lose(i int) {
	for word := r.keptLive[i]; word != 0; word &= word - 1 {
		c := 64*i + bits.TrailingZeros64(word)
		if r.lanes.marks[c].least >= r.best {
			r.kept[c] = cell{}
			r.keptLive[i] &^= 1 << (c % 64)
		}
	}
}

// accept notes the lowest rule that is accepted in a cell. Where rules rise
// along the columns, only the first bit of each is looked at.
func (r *runner) accept(c uint32, m *mark) {
	l, looked := r.lanes, 0 // bits below need not be looked at any more
	for i, word := range l.rows[m.accept] {
		live := word & r.cells[c][i]
		r.cells[c][i] &^= word // they lead nowhere
		for live != 0 {
			bit := 64*i + bits.TrailingZeros64(live)
			if bit >= looked {
				r.best = min(r.best, l.nfa.nodes[l.nodes[int(c)*cellBits+bit]].accept)
				r.words += bitWords
				if looked = bit + 1; m.rising {
					looked = (bit/l.column + 1) * l.column
				}
			}
			if looked >= 64*(i+1) {
				break
			}
			live &= ^uint64(0) << (looked - 64*i)
		}
	}
}

// hit notes the hits made in a cell, each once a text.
func (r *runner) hit(c uint32, hits *cell, h *hits) {
	made := &r.made[c]
	for i, word := range hits {
		live := word & r.cells[c][i] &^ made[i]
		r.cells[c][i] &^= word
		if live == 0 {
			continue
		}
		if *made == (cell{}) {
			r.madeIn = append(r.madeIn, c)
		}
		made[i] |= live
		for ; live != 0; live &= live - 1 {
			at := r.lanes.nodes[int(c)*cellBits+64*i+bits.TrailingZeros64(live)]
			h.add(r.lanes.nfa.nodes[at].hit)
			r.words += bitWords
		}
	}
}
