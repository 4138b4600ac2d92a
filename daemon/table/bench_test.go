package table

import (
	"fmt"
	"runtime"
	"testing"
)

const benchServer = "10.0.0.1:80"

// manyRules is a store with a service of n rules.
func manyRules(t testing.TB, n int) *Store {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", benchServer, 1), func(tx *Tx) error {
		for i := range n {
			if err := addRule("web", fmt.Sprintf("^/r%05d/item/[0-9]+\\.html", i), benchServer)(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

// oneMoreAndOneLess adds a rule and deletes it again, as control does.
func oneMoreAndOneLess(t testing.TB, s *Store) {
	for _, change := range []func(*Tx) error{addRule("web", "^/one/more", benchServer), delRule("web", "^/one/more", benchServer)} {
		before := s.Snapshot()
		must(t, s, change)
		before.Retire(s.Snapshot())
	}
}

// What a change allocates is what the garbage collector has to take away beside
// running traffic: compiling takes its memory from what was before.
func TestAChangeAmongManyRulesLeavesLittle(t *testing.T) {
	const rules, rounds = 2000, 20
	s := manyRules(t, rules)
	oneMoreAndOneLess(t, s)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		oneMoreAndOneLess(t, s)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / (2 * rounds * rules); each > 200 {
		t.Errorf("a change allocates %d bytes for each rule there is, expected 200 at most", each)
	}
}

// BenchmarkChangeOneRule adds a rule to 10,000, and deletes it again.
func BenchmarkChangeOneRule(b *testing.B) {
	s := manyRules(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		oneMoreAndOneLess(b, s)
	}
}
