package match

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

func TestThePathIsWhatStandsBeforeTheQuery(t *testing.T) {
	for _, c := range []struct {
		why  string
		rule Pattern
		uri  string
		want bool
	}{
		{"an expression is found in the path", Pattern{Path: "/a/"}, "/x/a/y", true},
		{"and not in the query", Pattern{Path: "/a/"}, "/x?u=/a/", false},
		{"of which a pattern is found, too", Pattern{Expr: "/a/"}, "/x?u=/a/", true},
		{"nor where one runs into it", Pattern{Path: "/a"}, "/?/a", false},
		{"the path ends before the query", Pattern{Path: `\.png$`}, "/a.png?v=1", true},
		{"the URI does not", Pattern{Expr: `\.png$`}, "/a.png?v=1", false},
		{"a second question mark is the query's", Pattern{Path: "b$"}, "/a?b?", false},
		{"no path has a question mark", Pattern{Path: `\?`}, "/a?b", false},
		{"an empty query leaves the path", Pattern{Path: "^/a$"}, "/a?", true},
		{"a whole server has no path", Pattern{Path: ".*"}, "*", false},
		{"nor has it a prefix", Pattern{Prefix: "/"}, "*", false},
		{"an authority has none", Pattern{Path: "host"}, "host:443", false},

		{"a prefix is at the beginning", Pattern{Prefix: "/a/"}, "/a/b", true},
		{"and nowhere else", Pattern{Prefix: "/a/"}, "/b/a/", false},
		{"it may be all", Pattern{Prefix: "/a/"}, "/a/", true},
		{"it may not be longer", Pattern{Prefix: "/a/"}, "/a", false},
		{"it may end within a name", Pattern{Prefix: "/a"}, "/ab", true},
		{"the query is not part of it", Pattern{Prefix: "/a/"}, "/?/a/", false},
		{"nothing in it is special", Pattern{Prefix: "/a.c(d"}, "/abc(d", false},
		{"but itself", Pattern{Prefix: "/a.c(d"}, "/a.c(d", true},

		{"case counts", Pattern{Prefix: "/a/"}, "/A/", false},
		{"unless it is ignored, in a prefix", Pattern{Prefix: "/a/", IgnoreCase: true}, "/A/", true},
		{"in a path", Pattern{Path: "^/A[b-c]$", IgnoreCase: true}, "/aC", true},
		{"in a pattern", Pattern{Expr: "q=[^a]$", IgnoreCase: true}, "/?Q=b", true},
		{"and in what is left out", Pattern{Expr: "q=[^a]$", IgnoreCase: true}, "/?Q=A", false},
		{"the digits of an encoded byte have cases", Pattern{Prefix: "/%c3%a9", IgnoreCase: true}, "/%C3%A9", true},
		{"what they stand for has not", Pattern{Prefix: "/%c3%a9", IgnoreCase: true}, "/%C3%89", false},
		{"nor is it decoded", Pattern{Prefix: "/a"}, "/%61", false},
	} {
		for _, others := range [][]Pattern{nil, {{Path: "^/no$"}}, {{Expr: "^/no$"}}, {{Path: "^/no$"}, {Expr: "^/no$"}}} {
			set := mustCompile(t, append(others[:len(others):len(others)], c.rule))
			want := -1
			if c.want {
				want = len(others)
			}
			in := &Input{URI: []byte(c.uri)}
			if got, lanes := set.Match(in), matchInLanes(set, in); got != want || lanes != want {
				t.Errorf("%s: %q for %q, behind %v: rule %d, in lanes %d, want %d", c.why, c.rule.URI(), c.uri, others, got, lanes, want)
			}
		}
	}
}

// Which of the two columns finds a rule, and which is read first, decides nothing.
func TestTheFirstRuleCountsOfBothColumns(t *testing.T) {
	rules := []Pattern{{Path: "^/a"}, {Expr: "b"}, {Prefix: "/c"}, {Expr: "/", Host: "h"}, {Path: "d", Headers: []NamedExpr{{"x-yes", ""}}}, {Prefix: "/"}}
	r := rand.New(rand.NewPCG(31, 32))
	for range 200 {
		r.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		table := rules[:1+r.IntN(len(rules))]
		want, err := newReference(table)
		if err != nil {
			t.Fatal(err)
		}
		set := mustCompile(t, table)
		for _, uri := range []string{"/a?b", "/cb", "/c?d", "/d", "/", "/x?a", "*"} {
			for _, host := range []string{"", "h"} {
				in := &Input{URI: []byte(uri), Host: []byte(host), Fields: &countedFields{asked: map[string]int{}}}
				if got := set.Match(in); got != want.Match(in) {
					t.Errorf("%q at %q of %+v: rule %d, want %d", uri, host, table, got, want.Match(in))
				}
			}
		}
	}
}

func TestOnePrefixCanNotBeOnePattern(t *testing.T) {
	for _, p := range []Pattern{{Expr: "a", Path: "b"}, {Expr: "a", Prefix: "/b"}, {Path: "a", Prefix: "/b"}, {Prefix: "b"}, {Prefix: "/b?c"}, {Path: "("}} {
		if _, err := Compile([]*Pattern{{Expr: "/"}, &p}, DefaultLimits()); err == nil || !strings.Contains(err.Error(), "rule 1") {
			t.Errorf("%+v is compiled: %v, expected that rule 1 is refused", p, err)
		}
	}
	long := Pattern{Prefix: "/" + strings.Repeat(".", 254)}
	if set := mustCompile(t, []Pattern{long}); set.Match(&Input{URI: []byte(long.Prefix + "x")}) != 0 {
		t.Error("a prefix of 255 bytes is not found")
	}
}

func TestGroupsOfThePathAreInThePath(t *testing.T) {
	set := mustCompile(t, []Pattern{{Path: "/users/([^/]*)"}, {Prefix: "/users/"}, {Path: "/Users/([a-c]*)", IgnoreCase: true}, {Expr: ".*"}})
	for _, c := range []struct {
		rule, group int
		uri, want   string
		ok          bool
	}{
		{0, 1, "/users/ab?/users/cd", "ab", true},
		{0, 1, "/x?/users/ab", "", false},
		{0, 1, "*", "", false},
		{0, 0, "/x/users/ab?c", "/users/ab", true},
		{1, 0, "/users/ab", "/users/", true},
		{1, 1, "/users/ab", "", false},
		{2, 1, "/uSERs/aBcD", "aBc", true},
		{3, 0, "/a?b", "/a?b", true},
	} {
		lo, hi, ok := set.Group(c.rule, c.group, []byte(c.uri))
		if ok != c.ok || ok && c.uri[lo:hi] != c.want {
			t.Errorf("group %d of rule %d in %q: %d to %d, %v, want %q, %v", c.group, c.rule, c.uri, lo, hi, ok, c.want, c.ok)
		}
	}
}

func TestUnreachedRulesOfThePath(t *testing.T) {
	path := func(expr string) *Pattern { return &Pattern{Path: expr} }
	prefix := func(text string) *Pattern { return &Pattern{Prefix: text} }
	pattern := func(expr string) *Pattern { return &Pattern{Expr: expr} }
	fold := func(p *Pattern) *Pattern { q := *p; q.IgnoreCase = true; return &q }
	const second, never = "[{1 [0]}]", "[{1 []}]"
	for _, c := range []struct {
		first, second *Pattern
		want          string
	}{
		{prefix("/x"), prefix("/x/"), second},
		{prefix("/x/"), prefix("/x"), "[]"},
		{prefix("/x/"), pattern("^/x/"), second},
		{pattern("^/x/"), prefix("/x/"), second},
		{pattern("/x"), prefix("/x/"), second},
		{prefix("/x/"), pattern("/x/"), "[]"},
		{prefix("/x/"), path("^/x/[0-9]"), second},
		{path("^/x"), prefix("/x/"), second},
		{path("/x"), pattern("/x"), "[]"}, // in a query
		{pattern("/x"), path("/x"), second},
		{pattern("/x$"), path("/x$"), "[]"}, // with a query
		{path("/x$"), pattern("/x$"), "[]"},
		{path("/x$"), pattern("^/x$"), second},
		{path("^/x$"), pattern(`^/x\?q=1`), second},
		{path("^/x$"), pattern(`^/x\?`), second},
		{pattern(`\?`), path("^/x$"), "[]"},
		{path(".*"), pattern(".*"), "[]"}, // OPTIONS *
		{path(".*"), pattern("^/.*"), second},
		{prefix("/"), path("a"), second},
		{path("/a"), path(`a\?`), never},
		{path("/a"), path(`x$y`), never},
		{path("/a"), path("^a"), never},
		{fold(prefix("/X")), prefix("/x/y"), second},
		{prefix("/X"), fold(prefix("/x/y")), "[]"},
		{fold(pattern("/x")), path("/X/y"), second},
		{pattern("/[xX]"), fold(path("/x")), second},
	} {
		checkUnreached(t, []*Pattern{c.first, c.second}, c.want)
	}
	checkUnreached(t, []*Pattern{path("^/a"), pattern("b"), path("^/ab"), pattern("^/ab"), pattern("^/.*b")}, "[{2 [0]} {3 [0]} {4 [1]}]")
	checkUnreached(t, []*Pattern{path("^/[^a]*$"), pattern("a"), pattern("^/")}, "[{2 [0 1]}]")
}

// A byte of the path is read by both automata: what is promised is for both.
func TestNoURIThatASearchFindsCostsBothColumnsMoreThanPromised(t *testing.T) {
	rules, times := 300, 8
	if testing.Short() {
		rules, times = 100, 4
	}
	for _, table := range evilTables(rules) {
		for i := range table.patterns {
			if p := &table.patterns[i]; i%2 == 1 {
				p.Path, p.Expr, p.IgnoreCase = p.Expr, "", i%4 == 1
			}
		}
		set := mustCompile(t, table.patterns)
		if set.next == nil {
			t.Fatalf("%s: it has one column, expected two", table.title())
		}
		most, _ := set.Worst()
		h := newHostile(set, []string{table.uri}, 2048)
		other := *h
		other.automaton, other.roots, other.host = set.next.automaton, set.next.allRoots, set.next.byHost
		for _, search := range []*hostile{h, &other} {
			uri, _ := search.climb(strings.ReplaceAll(table.uri, "?", "!"), times)
			once := len(h.automaton.nfa.nodes) + len(other.automaton.nfa.nodes)
			for _, hits := range [][][]int32{set.hits, set.next.hits} {
				for _, rules := range hits {
					once += 8 * len(rules)
				}
			}
			if words := h.words(uri) + other.words(uri); words > most*(len(uri)+2)+once {
				t.Errorf("%s: a URI of %d bytes costs %d words, %d a byte were promised", table.title(), len(uri), words, most)
			}
		}
	}
}

func TestMatchOfBothColumnsAllocatesNothingOnceWarm(t *testing.T) {
	set := mustCompile(t, []Pattern{{Path: "^/a$"}, {Expr: "b$", Host: "h"}, {Prefix: "/c/", IgnoreCase: true}})
	for want, uri := range []string{"/a?x", "/x?b", "/C/d"} {
		in := &Input{URI: []byte(uri), Host: []byte("h")}
		set.Match(in)
		if got := testing.AllocsPerRun(200, func() {
			if got := set.Match(in); got != want {
				t.Fatalf("%q: rule %d, want %d", uri, got, want)
			}
		}); got != 0 {
			t.Errorf("%q: %v allocations", uri, got)
		}
	}
}

// kinds are the tables that BenchmarkMatchKinds compares: the same URIs, asked for in
// different ways.
var kinds = []struct {
	name string
	rule func(i int) Pattern
}{
	{"pattern", func(i int) Pattern { return Pattern{Expr: fmt.Sprintf("^/app%d/", i)} }},
	{"prefix", func(i int) Pattern { return Pattern{Prefix: fmt.Sprintf("/app%d/", i)} }},
	{"path", func(i int) Pattern { return Pattern{Path: fmt.Sprintf("^/app%d/", i)} }},
	{"prefix,i", func(i int) Pattern { return Pattern{Prefix: fmt.Sprintf("/app%d/", i), IgnoreCase: true} }},
	{"mixed", func(i int) Pattern {
		if i%2 == 0 {
			return Pattern{Expr: fmt.Sprintf("^/app%d/", i)}
		}
		return Pattern{Path: fmt.Sprintf("^/app%d/", i)}
	}},
}

func BenchmarkMatchKinds(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range []int{10, 100, 1000, 10000} {
			var patterns []Pattern
			var uris [][]byte
			for i := range n {
				patterns = append(patterns, kind.rule(i))
				uris = append(uris, fmt.Appendf(nil, "/app%d/list/of/things.html?page=12&sort=name", i))
			}
			inputs := shuffled(uris)
			b.Run(fmt.Sprintf("%s/rules=%d", kind.name, n), func(b *testing.B) {
				set := mustCompile(b, patterns)
				for i := range inputs {
					set.Match(&inputs[i])
				}
				runtime.GC()
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					set.Match(&inputs[i])
					if i++; i == len(inputs) {
						i = 0
					}
				}
			})
		}
	}
}
