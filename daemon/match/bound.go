package match

import (
	"math/bits"
	"slices"
)

// bounder finds out what a byte may cost at most, whatever was read before. It
// supposes that all nodes are live, which no text can surpass, and reads. Where
// a character costs too much then, it looks closer: behind each character that
// may stand before it, and so on. Mostly few nodes bear two or three characters,
// and what then is live is close to the truth.
//
// Characters that lead to much the same cells, as digits do, are looked at together
// (groups): what is live behind one of them is what is live behind any.
type bounder struct {
	l      *lanes
	limit  int
	values bool // texts are short and many: ends and hits are not made once
	run    runner
	hits   hits

	groups   []alikes     // of symbols; the last is where a text begins, and has none
	after    [][]liveCell // by symbol: what may be live behind it
	atMost   []int32      // by cell and symbol: what all of a cell costs
	arriving []int        // by cell: what bits that come to it cost
	known    known
	masked   []liveCell
	sum      runner // what is live behind one of several symbols

	words int // spent so far
	worst int
}

// liveCell is a cell and what is live in it.
type liveCell struct {
	at uint32
	cell
}

// What looking closer may take: characters, and words.
const (
	maxCloser      = 6
	maxAlone       = 2 // of these, the last that are looked at one by one
	maxCloserWords = 1 << 20
	maxAfter       = 1 << 17 // cells, of all symbols
)

// of returns what a byte costs an automaton at most, whose texts begin with roots.
func (b *bounder) of(a *automaton, roots []uint32, limit int, values bool) int {
	work := takeScratch()
	defer giveScratch(work)
	work.start(a.nfa, roots)
	return b.bound(a.lanes, work.nodes, limit, values)
}

// bound returns what a byte costs at most, in words. It does not look closer than
// to find that this is at most limit. Texts begin with nodes; values tells that a
// request has many of them.
func (b *bounder) bound(l *lanes, begin []uint32, limit int, values bool) int {
	b.l, b.limit, b.values, b.words, b.worst = l, limit, values, 0, 0
	b.reckon()
	if len(l.marks)*l.symbols > maxAfter {
		return b.farOff()
	}
	b.known.find(l)
	b.group()
	b.open(nil)
	b.run.load(l, begin, none, true)
	b.groups = append(b.groups, alikes{live: b.taken(&b.run)})
	b.done()
	var all []int
	for symbol := range l.symbols {
		if !b.once(symbol) {
			all = append(all, symbol)
		}
	}
	b.behind(nil, all)
	return b.worst
}

// farOff is a bound that is quickly found: all that all cells cost.
func (b *bounder) farOff() int {
	l := b.l
	worst := 0
	for symbol := range l.symbols {
		words := len(l.sticky) + byteWords
		for c := range l.marks {
			words += int(b.atMost[c*l.symbols+symbol])
		}
		worst = max(worst, words)
	}
	return worst
}

// group reads each symbol with all nodes live, and puts those together that lead
// to much the same cells.
func (b *bounder) group() {
	l := b.l
	top := make([]liveCell, len(l.marks))
	for c := range top {
		top[c].at = uint32(c)
	}
	for place, at := range l.nodes {
		if at != nowhere {
			top[place/cellBits].add(uint32(place % cellBits))
		}
	}
	b.groups = b.groups[:0]
	b.after = slices.Grow(b.after[:0], l.symbols)[:l.symbols]
	for symbol := range l.symbols {
		b.after[symbol] = nil
		if symbol == int(l.nfa.end()) || symbol == l.doubled(l.nfa.end()) {
			continue // nothing comes behind it
		}
		b.open(top)
		b.run.stepOn(symbol, &b.hits)
		to := b.taken(&b.run)
		b.done()
		b.after[symbol] = to
		i := slices.IndexFunc(b.groups, func(g alikes) bool { return alike(g.live, to) })
		if i < 0 {
			b.groups = append(b.groups, alikes{[]int{symbol}, slices.Clone(to)})
			continue
		}
		b.groups[i].symbols = append(b.groups[i].symbols, symbol)
		b.groups[i].live = joined(b.groups[i].live, to)
	}
}

// alikes are symbols that lead to much the same cells, and what may be live behind
// one of them.
type alikes struct {
	symbols []int
	live    []liveCell
}

// alike tells whether two have nearly the same cells.
func alike(x, y []liveCell) bool {
	both, i := 0, 0
	for _, c := range x {
		for i < len(y) && y[i].at < c.at {
			i++
		}
		if i < len(y) && y[i].at == c.at {
			both++
		}
	}
	return 8*both >= 7*max(len(x), len(y))
}

// joined is what is live in either.
func joined(x, y []liveCell) (all []liveCell) {
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].at < y[0].at:
			all, x = append(all, x[0]), x[1:]
		case x[0].at > y[0].at:
			all, y = append(all, y[0]), y[1:]
		default:
			x[0].take(&y[0].cell)
			all, x, y = append(all, x[0]), x[1:], y[1:]
		}
	}
	return append(append(all, x...), y...)
}

// behind looks at what the symbols cost behind text, which may be any of groups.
func (b *bounder) behind(text []alikes, symbols []int) {
	for _, before := range b.groups {
		text := append([]alikes{before}, text...)
		dear, most := b.dear(text, symbols)
		if dear == nil || b.words > maxCloserWords || most <= b.worst {
			b.worst = max(b.worst, most)
			continue
		}
		each := []alikes{before}
		if len(text) <= maxAlone && len(before.symbols) > 1 {
			each = each[:0]
			for _, symbol := range before.symbols {
				each = append(each, alikes{[]int{symbol}, b.after[symbol]})
			}
		}
		for _, text[0] = range each {
			if len(each) > 1 {
				dear, most = b.dear(text, dear)
			}
			if dear == nil || len(text) == maxCloser || before.symbols == nil || b.words > maxCloserWords || most <= b.worst {
				b.worst = max(b.worst, most)
				continue
			}
			b.behind(text, dear)
		}
	}
}

// dear returns those symbols that cost too much behind text, and what any costs
// there.
func (b *bounder) dear(text []alikes, symbols []int) (dear []int, most int) {
	last := text[len(text)-1]
	live := b.read(text)
	others := live
	if last.symbols != nil {
		others = b.unknown(live)
	}
	for _, symbol := range symbols {
		words := b.reckoned(live, symbol)
		if words > b.limit && last.symbols != nil {
			known := 0
			for _, s := range last.symbols {
				known = max(known, b.known.cost(b, symbol, b.l.class(s)))
			}
			some := b.reckoned(others, symbol)
			if known <= b.limit && known+some > b.limit {
				some = b.cost(others, symbol)
			}
			words = min(words, known+some)
		}
		if words > b.limit {
			words = min(words, b.cost(live, symbol))
		}
		if words > b.limit {
			dear = append(dear, symbol)
		}
		most = max(most, words)
	}
	return dear, most
}

// unknown is what is live without the nodes that are known.
func (b *bounder) unknown(live []liveCell) []liveCell {
	b.masked = b.masked[:0]
	for _, c := range live {
		if c.cutTo(&b.known.others[c.at]) {
			b.masked = append(b.masked, c)
		}
	}
	return b.masked
}

// reckoned is what a symbol costs at most where live is live.
func (b *bounder) reckoned(live []liveCell, symbol int) int {
	words := byteWords + len(b.l.sticky)
	for i := range live {
		words += int(b.atMost[int(live[i].at)*b.l.symbols+symbol])
	}
	b.words += len(live) / 4
	return words
}

// cost is what it costs as read.
func (b *bounder) cost(live []liveCell, symbol int) int {
	b.open(live)
	b.run.words = 0
	b.run.stepOn(symbol, &b.hits)
	words := b.run.words
	b.done()
	return words
}

// read returns what may be live behind a text of groups.
func (b *bounder) read(text []alikes) []liveCell {
	live := text[0].live
	for _, any := range text[1:] {
		for _, symbol := range any.symbols {
			b.open(live)
			b.run.stepOn(symbol, &b.hits)
			b.sum.join(&b.run)
			b.done()
		}
		live = b.taken(&b.sum)
		b.sum.forget()
	}
	return live
}

// taken is what is live in a runner.
func (b *bounder) taken(r *runner) (live []liveCell) {
	for i := range b.l.sticky {
		for word := r.live[i] | r.keptLive[i]; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			live = append(live, liveCell{uint32(c), r.cells[c]})
			live[len(live)-1].take(&r.kept[c])
		}
	}
	return live
}

// join adds what is live in another.
func (r *runner) join(other *runner) {
	r.load(other.lanes, nil, none, false)
	for i := range other.lanes.sticky {
		for word := other.live[i] | other.keptLive[i]; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			r.cells[c].take(&other.cells[c])
			r.cells[c].take(&other.kept[c])
			r.live[i] |= 1 << (c % 64)
		}
	}
}

// open sets out with what is live, and with all hits made that are made once a text.
func (b *bounder) open(live []liveCell) {
	b.run.load(b.l, nil, none, false)
	for c := range b.l.marks {
		if b.l.marks[c].hit != 0 && !b.values {
			b.run.made[c] = b.l.rows[b.l.marks[c].hit]
			b.run.madeIn = append(b.run.madeIn, uint32(c))
		}
	}
	for i := range live {
		c := live[i].at
		b.run.cells[c] = live[i].cell
		b.run.live[c/64] |= 1 << (c % 64)
	}
	b.run.keep()
	b.words += len(live)
}

func (b *bounder) done() {
	b.words += b.run.words
	b.run.forget()
	b.hits.reset()
}

// once tells what is read but once a text.
func (b *bounder) once(symbol int) bool {
	n := b.l.nfa
	if b.values && (symbol == int(n.end()) || symbol == b.l.doubled(n.end())) {
		return false
	}
	return symbol > n.runes && symbol != n.width()
}
