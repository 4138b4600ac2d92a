package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/steady"
)

// catastrophes are expressions and texts that cost backtracking matchers
// exponential or quadratic time, or deterministic ones exponential memory.
func catastrophes() map[string]struct {
	exprs []string
	text  []byte
} {
	r := rand.New(rand.NewPCG(13, 14))
	overlapping := []string{}
	for i := range 200 {
		overlapping = append(overlapping, fmt.Sprintf(".*%c%c.*%c%c.*%c%dZ", 'a'+i%7, 'a'+i%5, 'a'+i%3, 'a'+i%8, 'a'+i%6, i))
	}
	return map[string]struct {
		exprs []string
		text  []byte
	}{
		"nested plus":       {[]string{"^(a+)+$"}, append(bytes.Repeat([]byte("a"), 1500), '!')},
		"plus of either":    {[]string{"^(a|aa)+$"}, append(bytes.Repeat([]byte("a"), 1500), '!')},
		"star of star":      {[]string{"((a*)*)*b"}, bytes.Repeat([]byte("a"), 1500)},
		"three dots stars":  {[]string{".*.*.*=.*"}, bytes.Repeat([]byte("x"), 1500)},
		"optional a's":      {[]string{strings.Repeat("a?", 60) + strings.Repeat("a", 60)}, bytes.Repeat([]byte("a"), 59)},
		"counted":           {[]string{"(x[a-z]{0,200}y){1,5}z"}, bytes.Repeat([]byte("xy"), 700)},
		"last but eighteen": {[]string{"[ab]*a[ab]{18}c"}, randomText(r, "ab", 1500)},
		"overlapping":       {overlapping, randomText(r, "abcdefgh", 1500)},
		"quadratic search":  {[]string{"a[^z]*z"}, bytes.Repeat([]byte("a"), 1500)},
	}
}

// The bound: a character costs at most one visit of each node and edge, twice
// where a line ends, whatever the expressions and the text are. That goes for
// working out new states; lanes have a bound of their own, which Worst tells.
func TestNoExpressionAndTextCostMoreThanTheBound(t *testing.T) {
	for name, c := range catastrophes() {
		t.Run(name, func(t *testing.T) {
			var patterns []Pattern
			for _, expr := range c.exprs {
				patterns = append(patterns, Pattern{Expr: expr})
			}
			lim := DefaultLimits()
			lim.CacheBytes = 1
			set, err := Compile(refs(patterns), lim)
			if err != nil {
				t.Fatal(err)
			}
			a := set.automaton
			worst, _ := set.Worst()
			bound := 2 * (len(a.nfa.nodes) + len(a.nfa.edges)) * (len(c.text) + 2)
			for _, way := range []string{"states", "lanes"} {
				if way == "lanes" {
					a.build.Lock()
					a.cache.Store(newCache(1, 1))
				}
				visits := a.work.visits
				var w walk
				w.begin(a, 0)
				w.read(c.text)
				best := w.end()
				visits = a.work.visits - visits
				if w.scratch != nil {
					visits += w.scratch.visits
					if words := w.scratch.runner.words; words > worst*(len(c.text)+2)+len(a.nfa.nodes) {
						t.Errorf("%s: %d words, %d a byte were promised", way, words, worst)
					}
				}
				want, err := newReference(patterns)
				if err != nil {
					t.Fatal(err)
				}
				if want := want.Match(&Input{URI: c.text}); best != none && int(best) != want || best == none && want != -1 {
					t.Errorf("%s: rule %d, want %d", way, best, want)
				}
				if visits > bound {
					t.Errorf("%s: %d visits, the bound is %d", way, visits, bound)
				}
				t.Logf("%s: %.1f visits a byte of at most %d", way, float64(visits)/float64(len(c.text)), bound/(len(c.text)+2))
			}
			a.build.Unlock()
		})
	}
}

// Of 10,000 rules only those are looked at that have begun: the live nodes
// stay few, and so does what a new state costs.
func TestLiveNodesStayFewAmongManyRules(t *testing.T) {
	mixed, mixedURIs := mixedTable(10000)
	var either []Pattern
	var eitherURIs [][]byte
	for i := range 10000 {
		either = append(either, Pattern{Expr: fmt.Sprintf("^/(shop%d|(old|new)%d)/(.*/)?x%d$", i, i, i)})
		eitherURIs = append(eitherURIs, fmt.Appendf(nil, "/new%d/a/x%d", i, i))
	}
	for _, table := range []struct {
		patterns []Pattern
		uris     [][]byte
	}{{mixed, mixedURIs}, {either, eitherURIs}} {
		set := mustCompile(t, table.patterns)
		for i := 0; i < len(table.uris); i += 37 {
			if got := set.Match(&Input{URI: table.uris[i]}); got != i {
				t.Fatalf("%q: rule %d, want %d", table.uris[i], got, i)
			}
		}
		most, c := 0, set.automaton.cache.Load()
		for _, id := range c.ids {
			most = max(most, len(c.state(id).nodes()))
		}
		if most > 8 {
			t.Errorf("%s: a state has %d live nodes", table.patterns[0].Expr, most)
		}
	}
}

// What a table's groups are made of hardly matters to compiling it: a class of
// nearly all characters is no dearer than one of a few. (It was, a thousand
// times: 2 ms for each.)
func TestGroupsOfWideClassesCompileAsFastAsOfNarrowOnes(t *testing.T) {
	compiling := func(class string) float64 {
		var patterns []Pattern
		for i := range 1000 {
			patterns = append(patterns, Pattern{Expr: fmt.Sprintf(`^/job%d(/%s+)*/(%s-){1,3}x$`, i, class, class)})
		}
		began := time.Now()
		mustCompile(t, patterns)
		return time.Since(began).Seconds()
	}
	question := steady.Question{What: "compiling groups of wide classes, by narrow ones", Bound: 20, Least: 3}
	question.Ask(t, func() (base, seen float64) { return compiling("[abc]"), compiling("[^/]") })
}

// A counted group is as many trees as its count, each within the one before:
// their names must not grow with them.
func TestCountedGroupsHaveShortNames(t *testing.T) {
	set := mustCompile(t, []Pattern{{Expr: "^/(abc){0,500}x"}, {Expr: "^/([^/]+/){1,300}y"}})
	longest := 0
	for name := range set.words.numbers {
		longest = max(longest, len(name))
	}
	if len(set.words.numbers) < 800 || longest > 64 {
		t.Errorf("of %d elements the longest name has %d bytes, want 800 elements and 64 bytes", len(set.words.numbers), longest)
	}
}
