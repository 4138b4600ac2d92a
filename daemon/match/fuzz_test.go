package match

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// fuzzLimits make every way through the code short: a cache of one chunk.
func fuzzLimits() Limits {
	lim := DefaultLimits()
	lim.ExprNodes = 4096
	lim.CacheBytes = 1
	return lim
}

// ruleOf reads a line of a fuzzed table: an expression, or "path" or "prefix" and what
// is asked of the path; "i" behind the first word or alone is for ignoring case.
func ruleOf(line string) (p Pattern) {
	word, rest, _ := strings.Cut(line, " ")
	word, p.IgnoreCase = strings.CutSuffix(word, ",i")
	switch {
	case word == "path":
		p.Path = rest
	case word == "prefix" && strings.HasPrefix(rest, "/") && !strings.Contains(rest, "?"):
		p.Prefix = rest
	case word == "pattern":
		p.Expr = rest
	default:
		p = Pattern{Expr: line}
	}
	return p
}

// FuzzMatch compares a table (one rule a line) with trying each
// expression by itself, on several texts (one a line of the second argument,
// and all of it): first with states, then in lanes.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"/images/.*\n/html/.*\n.*", "/images/a.png\n/html/\n/x/html"},
		{"^/a/[0-9]+/x$\n^/a/[0-9]+/y\n/b$", "/a/12/x\n/a/12/y/z\n/a/b"},
		{"^$\n$^\n^x$", "\n\nx\n"},
		{"$^", "?"},
		{"^(a|b|.*)/\n(a|.*)ab", "aa/\naab"},
		{"[^a]b\n.é\n\uFFFD", "\xffb\né\xc3\n\xe2\x82b\n\xe2\x82\xacb"},
		{"(a+)+$\n(a|aa)+$\n.*.*.*=.*", "aaaaaaaaaaaaaa!\na=b"},
		{"(^|/)(a|b|)(c|$)\n(a*)*b\n((a?)+)+c", "/\n/ac\naaab"},
		{"path ^/a$\nprefix /b/\npath,i /C\nprefix,i /D\n.*", "/a?x\n/b/c\n/b?/a\n/c?/b/\n*\n/dd\n?/a\n"},
		{"/b/\npath /b/\npattern,i /k", "/x?/b/\n/b/?\n/K"},
		{"\\.(png|jpe?g|gif)$\n^/(en|de)?/?shop\n[[:digit:]]{3,5}x", "/a.jpeg\n/de/shop\n1234x"},
	} {
		f.Add(seed[0], []byte(seed[1]))
		f.Add("path "+strings.ReplaceAll(seed[0], "\n", "\npattern "), []byte("/"+strings.ReplaceAll(seed[1], "\n", "?\n/")))
	}
	f.Fuzz(func(t *testing.T, table string, texts []byte) {
		var patterns []Pattern
		for _, expr := range strings.Split(table, "\n") {
			patterns = append(patterns, ruleOf(expr))
		}
		oneLine := slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Prefix != "" || p.IgnoreCase })
		if len(patterns) > 40 || len(texts) > 1000 {
			return
		}
		want, wantErr := newReference(patterns)
		set, err := Compile(refs(patterns), fuzzLimits())
		if wantErr != nil {
			if err == nil {
				t.Fatalf("compiled %q, but regexp says %v", table, wantErr)
			}
			return
		}
		if err != nil {
			return // past a limit
		}
		for _, uri := range append(bytes.Split(texts, []byte("\n")), texts) {
			if oneLine && bytes.Contains(uri, []byte("\n")) {
				continue // no request's is like that
			}
			in := &Input{URI: uri}
			w := want.Match(in)
			for range 2 {
				if got := set.Match(in); got != w {
					t.Fatalf("states: table %q, text %q: got %d, want %d", table, uri, got, w)
				}
			}
			if got := matchInLanes(set, in); got != w {
				t.Fatalf("lanes: table %q, text %q: got %d, want %d", table, uri, got, w)
			}
		}
	})
}

// matchInLanes matches with caches that know nothing and take nothing in. Nobody
// else may be using the Set.
func matchInLanes(s *Set, in *Input) int {
	automata := []*automaton{s.automaton}
	if s.next != nil {
		automata = append(automata, s.next.automaton)
	}
	if s.fields != nil {
		for _, f := range s.fields.named {
			automata = append(automata, f.automaton)
		}
	}
	for _, a := range automata {
		a.build.Lock()
		defer a.build.Unlock()
		old := a.cache.Load()
		a.cache.Store(newCache(1, a.starts))
		defer a.cache.Store(old)
	}
	return s.Match(in)
}

// FuzzFields compares cookies and query parameters with a plain reading of
// them, names and values.
func FuzzFields(f *testing.F) {
	f.Add([]byte("/x?a=1&b=%32+c&&=&%61=3#a=4"), []byte("a=1; b = 2 ;c;=d;a=\"3\""), "a", "^3$")
	f.Add([]byte("??%=%zz&%4=%"), []byte(";;="), "%4", "%")
	f.Fuzz(func(t *testing.T, uri, line []byte, name, expr string) {
		conditions := []NamedExpr{{name, expr}}
		patterns := []Pattern{{Queries: conditions, Cookies: conditions}, {Queries: conditions}, {Cookies: conditions}}
		want, wantErr := newReference(patterns)
		set, err := Compile(refs(patterns), fuzzLimits())
		if err != nil || wantErr != nil || name == "" {
			return
		}
		in := &Input{URI: uri, Fields: fieldList{{"Cookie", string(line)}, {"X", "a=b"}, {"cookie", string(line) + "x"}}}
		w := want.Match(in)
		if got := set.Match(in); got != w {
			t.Fatalf("%q, %q: rule %d, want %d", uri, line, got, w)
		}
		if got := matchInLanes(set, in); got != w {
			t.Fatalf("in lanes: %q, %q: rule %d, want %d", uri, line, got, w)
		}
	})
}
