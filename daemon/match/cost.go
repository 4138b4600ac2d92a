package match

import (
	"sync"
	"sync/atomic"
	"time"
)

// reckoned is what is known of what a byte may cost a Set at most: found by bounder
// when it is first asked for.
type reckoned struct {
	words atomic.Int64 // 0: not yet
	rules int          // of the table that it was found for
	nodes int          // of its largest rule
}

var bounders sync.Pool // of *bounder

// Worst returns how many words of the automata any byte of any URI, host or
// field can have Match look at, once the states it finds are used up, and how
// many it should be at most for a table of so many rules: with those 8 KiB cost one
// millisecond, or five from 10,000 rules on, at 1.1 ns a word. What is returned is
// never too low (but see Inherit); where rules hardly share a kind it may be several
// times too high.
//
// The first call takes some milliseconds for 10,000 rules, and must come before s is
// retired.
func (s *Set) Worst() (words, should int) {
	should = wordsFor(len(s.patterns))
	if words := s.reckoned.words.Load(); words != 0 || s.automaton == nil {
		return int(words), should
	}
	b, ok := bounders.Get().(*bounder)
	if !ok {
		b = &bounder{}
	}
	for c := &s.column; c != nil; c = c.next { // a byte of the path is read in each
		closer := max(should-words, 0)
		if c.next != nil {
			closer /= 2
		}
		words += b.of(c.automaton, c.allRoots, closer, false)
	}
	if s.fields != nil {
		for _, f := range s.fields.named {
			words = max(words, b.of(f.automaton, []uint32{f.root}, should, true))
		}
	}
	bounders.Put(b)
	s.reckoned.rules, s.reckoned.nodes = len(s.patterns), s.largestNodes
	s.reckoned.words.Store(int64(words))
	return words, should
}

// Inherit has s take over what Worst has found for the table before it, if s is a
// large table that has hardly changed since: in less than a sixteenth of its rules,
// none of them larger than the largest was. A table that is filled rule by rule is not
// reckoned anew with each.
func (s *Set) Inherit(before *Set) {
	was := &before.reckoned
	words, rules := was.words.Load(), len(s.patterns)
	if words == 0 || rules < fewRules || s.largestNodes > was.nodes || (s.fields == nil) != (before.fields == nil) ||
		(s.next == nil) != (before.next == nil) {
		return
	}
	if 16*rules > 15*was.rules && 16*rules < 17*was.rules {
		s.reckoned.rules, s.reckoned.nodes = was.rules, was.nodes
		s.reckoned.words.Store(words)
	}
}

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
	return (time.Duration(words) * 8192 * 11 / 10).Round(time.Millisecond / 10)
}

// The words that a byte should cost at most.
const (
	fewRules, fewRulesWords   = 1_000, 111
	manyRules, manyRulesWords = 10_000, 555
)

func wordsFor(rules int) int {
	between := min(max(rules, fewRules), manyRules) - fewRules
	return fewRulesWords + between*(manyRulesWords-fewRulesWords)/(manyRules-fewRules)
}
