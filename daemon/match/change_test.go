package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// pool is rules that overlap, requests that they are about, and which holds for
// which: a table of some of the rules is known to answer with the first of its
// own that holds.
type pool struct {
	rules    []*Pattern
	requests []*Input
	holds    [][]bool // by rule and request
}

func newPool(t *testing.T, n int) *pool {
	t.Helper()
	p := &pool{}
	patterns, inputs := genPattern(true), genInput()
	long := "/" + string(randomText(rand.New(rand.NewPCG(1, 2)), "abc/", 60))
	for i := range n {
		text := fmt.Sprintf("%s%d", long[:1+i%len(long)], i%10)
		rule := patterns.Example(i)
		switch i % 4 {
		case 0: // shares long texts with others
			rule = Pattern{Expr: "^" + text}
		case 1:
			rule = Pattern{Expr: rule.Expr}
		}
		p.rules = append(p.rules, &rule)
		p.requests = append(p.requests, inputs.Example(i), &Input{URI: []byte(text)})
	}
	for _, rule := range p.rules {
		alone, err := newReference([]Pattern{*rule})
		if err != nil {
			t.Fatal(err)
		}
		holds := make([]bool, len(p.requests))
		for i, in := range p.requests {
			holds[i] = alone.Match(in) == 0
		}
		p.holds = append(p.holds, holds)
	}
	return p
}

func (p *pool) patterns(rules []int) []*Pattern {
	patterns := make([]*Pattern, len(rules))
	for i, rule := range rules {
		patterns[i] = p.rules[rule]
	}
	return patterns
}

// changed is a table of rules changed at random: mostly by one rule, now and
// then into a much larger or smaller table.
func (p *pool) changed(r *rand.Rand, rules []int) []int {
	rules = slices.Clone(rules)
	switch n := r.IntN(100); {
	case n < 1:
		rules = rules[:len(rules)/8]
	case n < 3:
		for range 60 {
			rules = append(rules, r.IntN(len(p.rules)))
		}
	case n < 45 && len(rules) > 0:
		at := r.IntN(len(rules))
		rules = slices.Delete(rules, at, at+1)
	case n < 55 && len(rules) > 0:
		i, j := r.IntN(len(rules)), r.IntN(len(rules))
		rules[i], rules[j] = rules[j], rules[i]
	default:
		rules = slices.Insert(rules, r.IntN(len(rules)+1), r.IntN(len(p.rules)))
	}
	return rules
}

// refused is the table with one rule more, by which, or by its limits, it is
// refused early or late in its compilation.
func (p *pool) refused(r *rand.Rand, rules []int, lim Limits) ([]*Pattern, Limits) {
	patterns, bad := p.patterns(rules), &Pattern{Expr: "/one/of/many/nodes"}
	switch r.IntN(7) {
	case 0:
		bad.Expr = "(a"
	case 1:
		bad.Host = "[b"
	case 2:
		bad.Headers = []NamedExpr{{"X", "a"}, {"Y", "("}}
	case 3:
		bad.Expr = "(abcdefgh){900}"
	case 4:
		lim.TableNodes = 8
	case 5:
		lim.Classes = 1
	case 6:
		lim.Rules = len(patterns)
	}
	return slices.Insert(patterns, r.IntN(len(patterns)+1), bad), lim
}

// published is a table as readers find it.
type published struct {
	set   *Set
	rules []int
}

// A table that changes all the time, some changes being refused, answers at
// each moment as its rules do one by one, while what it was compiled with
// before serves again as soon as all readers have come by.
func TestReadersGetTheAnswersOfTheirTableWhileItChanges(t *testing.T) {
	p, lim := newPool(t, 120), DefaultLimits()
	first, err := Compile(nil, lim)
	if err != nil {
		t.Fatal(err)
	}
	now := &published{set: first}

	var tables [3]chan *published // to each reader, which has left the one before when it takes the next
	var readers sync.WaitGroup
	for i := range tables {
		tables[i] = make(chan *published)
		mine, r := now, rand.New(rand.NewPCG(3, uint64(i)))
		readers.Go(func() {
			for open := true; open; {
				for range 10 {
					request := r.IntN(len(p.requests))
					want := slices.IndexFunc(mine.rules, func(rule int) bool { return p.holds[rule][request] })
					if got := mine.set.Match(p.requests[request]); got != want {
						t.Errorf("request %q: rule %d of %d, want %d", p.requests[request].URI, got, len(mine.rules), want)
					}
				}
				select {
				case mine, open = <-tables[i]:
				default:
				}
			}
		})
	}

	changes := 120
	if testing.Short() {
		changes = 30
	}
	r := rand.New(rand.NewPCG(5, 6))
	for n := 0; n < changes && !t.Failed(); n++ {
		lim.CacheBytes = []int{1, 200 << 10, 32 << 20}[r.IntN(3)]
		if n%5 == 0 {
			patterns, lim := p.refused(r, now.rules, lim)
			if _, err := now.set.Recompile(patterns, lim); err == nil {
				t.Errorf("not refused: %d rules by %+v", len(patterns), lim)
			}
		}
		next := &published{rules: p.changed(r, now.rules)}
		if next.set, err = now.set.Recompile(p.patterns(next.rules), lim); err != nil {
			t.Error(err)
			break
		}
		for _, reader := range tables {
			reader <- next
		}
		now.set.Retire()
		now = next
	}
	for _, reader := range tables {
		close(reader)
	}
	readers.Wait()
}
