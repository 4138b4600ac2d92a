package match

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// explodingTable has far more states than any cache: each remembers which of
// the last characters were an "a".
func explodingTable() []Pattern {
	return []Pattern{{Expr: "a[ab]{18}c"}, {Expr: "b[ab]{12}d"}, {Expr: "^/.*x.*y.*z"}}
}

func randomText(r *rand.Rand, alphabet string, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return text
}

func TestAFullCacheIsBegunAnewAndNeverGrowsPastItsLimit(t *testing.T) {
	lim := DefaultLimits()
	lim.CacheBytes = 256 << 10
	set, err := Compile(refs(explodingTable()), lim)
	if err != nil {
		t.Fatal(err)
	}
	want, err := newReference(explodingTable())
	if err != nil {
		t.Fatal(err)
	}
	a, r := set.automaton, rand.New(rand.NewPCG(7, 8))
	first, full, caches := a.cache.Load(), 0, map[*cache]bool{}
	for range 6000 {
		in := &Input{URI: randomText(r, "abababcd", 60)}
		if got, want := set.Match(in), want.Match(in); got != want {
			t.Fatalf("%q: rule %d, want %d", in.URI, got, want)
		}
		c := a.cache.Load()
		caches[c] = true
		if c.full {
			full++
		}
		if n := c.bytes(); n > lim.CacheBytes+64<<10 {
			t.Fatalf("the cache has %d bytes, the limit is %d", n, lim.CacheBytes)
		}
	}
	if !first.full || full == 0 {
		t.Error("the cache never was full: the test shows nothing")
	}
	if len(caches) < 2 {
		t.Error("the cache was never begun anew")
	}
	if len(caches) > 6000/10 {
		t.Errorf("%d caches for 6000 requests: they are thrown away too soon", len(caches))
	}
}

func TestAStateTooLargeForTheCacheIsDoneWithout(t *testing.T) {
	const n = 9000
	var patterns []Pattern
	for i := range n { // all of them are live behind "/a", at nodes of their own
		patterns = append(patterns, Pattern{Expr: fmt.Sprintf("^/(a|x%d)+y%d$", i, i)})
	}
	set := mustCompile(t, patterns)
	for _, i := range []int{0, 1, 4000, n - 1} {
		in := &Input{URI: fmt.Appendf(nil, "/aay%d", i)}
		if got := set.Match(in); got != i {
			t.Errorf("%q: rule %d, want %d", in.URI, got, i)
		}
	}
	if c := set.automaton.cache.Load(); len(c.ids) > 2 || c.full {
		t.Errorf("%d states (full: %v): the test shows nothing", len(c.ids), c.full)
	}
}

// Many goroutines on one Set, with room for everything and with hardly any,
// answer as one does. Run with -race this is also the proof of the cache's
// publication.
func TestManyGoroutinesShareASet(t *testing.T) {
	for _, bytes := range []int{1, 200 << 10, 32 << 20} {
		t.Run(fmt.Sprint(bytes), func(t *testing.T) {
			patterns, uris := mixedTable(400)
			patterns = append(explodingTable(), patterns...)
			patterns = append(patterns, conditionsTable()...)
			r := rand.New(rand.NewPCG(9, 10))
			for range 400 {
				uris = append(uris, randomText(r, "abababcdxyz/", 40))
			}
			lim := DefaultLimits()
			lim.CacheBytes = bytes
			alone, err := Compile(refs(patterns), lim)
			if err != nil {
				t.Fatal(err)
			}
			shared, err := Compile(refs(patterns), lim)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]int, len(uris))
			for i, uri := range uris {
				want[i] = alone.Match(&Input{URI: uri})
			}
			var all sync.WaitGroup
			for g := range 8 {
				all.Go(func() {
					r := rand.New(rand.NewPCG(11, uint64(g)))
					for range 3000 {
						i := r.IntN(len(uris))
						if got := shared.Match(&Input{URI: uris[i]}); got != want[i] {
							t.Errorf("%q: rule %d, want %d", uris[i], got, want[i])
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// A request that meets a busy cache does not wait for it.
func TestMatchDoesNotWaitForWhoeverAddsAState(t *testing.T) {
	set := mustCompile(t, []Pattern{{Expr: "/a[0-9]+b"}, {Expr: ".*"}})
	set.automaton.build.Lock()
	defer set.automaton.build.Unlock()
	if got := set.Match(&Input{URI: []byte("/a12b")}); got != 0 {
		t.Errorf("rule %d, want 0", got)
	}
}
