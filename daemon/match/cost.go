package match

import (
	"math/bits"
	"slices"
	"time"
)

// bounder finds out what a byte may cost at most, whatever was read before. It
// supposes that all nodes are live, which no text can surpass, and reads. Where
// the last character costs too much it looks closer: with each character that
// may have come before, from all nodes on again. Mostly few nodes bear two or
// three characters, and what then is live is close to the truth.
type bounder struct {
	l     *lanes
	limit int
	run   runner
	hits  hits
	top   []cell       // all nodes
	after [][]liveCell // by symbol: what may be live after it

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
	maxCloserWords = 1 << 21
	maxAfter       = 1 << 17 // cells, of all symbols
)

// bound returns what a byte costs at most, in words. It does not look closer
// than to find that this is at most limit.
func (b *bounder) bound(l *lanes, limit int) int {
	b.l, b.limit, b.words, b.worst = l, limit, 0, 0
	if len(l.marks)*l.symbols > maxAfter {
		return b.farOff()
	}
	b.top = resized(b.top, len(l.marks))
	clear(b.top)
	for place, at := range l.nodes {
		if at != nowhere {
			b.top[place/cellBits].add(uint32(place % cellBits))
		}
	}
	b.after = slices.Grow(b.after[:0], l.symbols)[:l.symbols]
	for symbol := range l.symbols {
		if !b.once(symbol) {
			b.first(symbol)
		}
	}
	for symbol := range l.symbols {
		if !b.once(symbol) {
			b.behind([]int{symbol})
		}
	}
	return b.worst
}

// farOff is a bound that is quickly found: all moves of a symbol, and all that
// arriving can take.
func (b *bounder) farOff() int {
	l := b.l
	moves, arriving := make([]int, l.symbols), 0
	for c := range l.marks {
		for symbol := range l.symbols {
			at := c*l.symbols + symbol
			for _, m := range l.moves[l.index[at]:l.index[at+1]] {
				moves[symbol] += moveWords
				if m.how == forked {
					moves[symbol] += moveWords * l.rows[m.row].count()
				}
			}
		}
		arriving += 2*cellWords + bitWords*l.rows[l.marks[c].accept].count()
	}
	return slices.Max(moves) + arriving
}

// first reads one symbol with all nodes live.
func (b *bounder) first(symbol int) {
	l := b.l
	b.open()
	for c := range l.marks {
		b.run.cells[c] = b.top[c]
		b.run.live[c/64] |= 1 << (c % 64)
	}
	b.run.stepOn(symbol, &b.hits)
	b.after[symbol] = b.after[symbol][:0]
	for i, word := range b.run.live {
		for ; word != 0; word &= word - 1 {
			c := 64*i + bits.TrailingZeros64(word)
			b.after[symbol] = append(b.after[symbol], liveCell{uint32(c), b.run.cells[c]})
		}
	}
	b.done()
}

// open sets out with all hits made: each is made once a text, not once a byte.
func (b *bounder) open() {
	b.run.load(b.l, nil, none, false)
	for c := range b.l.marks {
		if b.l.marks[c].hit != 0 {
			b.run.made[c] = b.l.rows[b.l.marks[c].hit]
			b.run.madeIn = append(b.run.madeIn, uint32(c))
		}
	}
}

func (b *bounder) done() {
	b.words += b.run.words
	b.run.forget()
	b.hits.reset()
}

// behind finds what reading text costs, with any symbol before it.
func (b *bounder) behind(text []int) {
	for symbol := range b.l.symbols {
		if b.once(symbol) {
			continue
		}
		words := b.cost(symbol, text)
		switch {
		case words <= b.worst:
		case words > b.limit && len(text) < maxCloser && b.words < maxCloserWords:
			b.behind(append([]int{symbol}, text...))
		default:
			b.worst = words
		}
	}
}

// once tells what is read but once a text.
func (b *bounder) once(symbol int) bool {
	n := b.l.nfa
	return symbol > n.runes && symbol != n.width()
}

// cost reads text after a symbol and returns what its last symbol costs.
func (b *bounder) cost(first int, text []int) (words int) {
	b.open()
	for _, c := range b.after[first] {
		b.run.cells[c.at] = c.cell
		b.run.live[c.at/64] |= 1 << (c.at % 64)
	}
	b.run.words = len(b.after[first])
	for _, symbol := range text {
		words = b.run.words
		b.run.stepOn(symbol, &b.hits)
	}
	words = b.run.words - words
	b.done()
	return words
}

// Worst returns how many words of the automata any byte of any URI, host or
// field can have Match look at, once the states it finds are used up, and how
// many it should be at most for a table of so many rules: with those 8 KiB cost two
// milliseconds, or ten from 10,000 rules on, at 1.4 ns a word. What is returned is
// never too low; where rules hardly share a kind it may be several times too high.
func (s *Set) Worst() (words, should int) { return s.worst, wordsFor(len(s.patterns)) }

// Dear tells of a table of which it can not be shown that any URI of 8 KiB is
// matched as fast as one should be: how long it may take, how long it should, and
// which rule is the largest.
func (s *Set) Dear() (may, should time.Duration, largest *Pattern, dear bool) {
	words, enough := s.Worst()
	if words <= enough {
		return 0, 0, nil, false
	}
	return ofLongURI(words), ofLongURI(enough), s.patterns[s.largest], true
}

// ofLongURI is how long an ordinary core takes for 8 KiB at so many words a byte.
func ofLongURI(words int) time.Duration {
	return (time.Duration(words) * 8192 * 14 / 10).Round(time.Millisecond / 10)
}

// The words that a byte should cost at most.
const (
	fewRules, fewRulesWords   = 1_000, 174
	manyRules, manyRulesWords = 10_000, 872
)

func wordsFor(rules int) int {
	between := min(max(rules, fewRules), manyRules) - fewRules
	return fewRulesWords + between*(manyRulesWords-fewRulesWords)/(manyRules-fewRules)
}
