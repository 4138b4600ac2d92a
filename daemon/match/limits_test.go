package match

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWhatIsPastALimitIsRefusedWithTheReason(t *testing.T) {
	var chinese []Pattern
	for i := range 5000 {
		chinese = append(chinese, Pattern{Expr: string(rune(0x4e00 + 2*i))})
	}
	var names []NamedExpr
	for i := range 300 {
		names = append(names, NamedExpr{Name: fmt.Sprint("x-", i)})
	}
	for _, c := range []struct {
		name     string
		patterns []Pattern
		lim      func(*Limits)
		want     Error // Reason: a part of it
	}{
		{"a long expression", []Pattern{{}, {Expr: strings.Repeat("a", 256)}}, nil, Error{1, "pattern", strings.Repeat("a", 256), "256 bytes, the limit is 255"}},
		{"a syntax error", []Pattern{{Expr: "a(b"}}, nil, Error{0, "pattern", "a(b", "missing closing ): `a(b`"}},
		{"Perl's syntax", []Pattern{{Expr: `a\b`}}, nil, Error{0, "pattern", `a\b`, "invalid escape sequence: `\\b`"}},
		{"nested repeats", []Pattern{{Expr: "(a{1000}){1000}"}}, nil, Error{0, "pattern", "(a{1000}){1000}", "invalid repeat count"}},
		{"a sum of repeats", []Pattern{{Expr: "a{900}b{900}c{900}"}}, nil, Error{0, "pattern", "a{900}b{900}c{900}", "unrolls to 2700 nodes, the limit is 2048"}},
		{"a host's syntax", []Pattern{{Host: "["}}, nil, Error{0, "host", "[", "missing closing ]"}},
		{"a header's syntax", []Pattern{{Headers: []NamedExpr{{"Accept", "*"}}}}, nil, Error{0, "header Accept", "*", "missing argument to repetition operator"}},
		{"a cookie without a name", []Pattern{{Cookies: []NamedExpr{{"", "x"}}}}, nil, Error{0, "cookie", "x", "no name"}},
		{"too many names", []Pattern{{Queries: names}}, nil, Error{0, "query x-256", "", "more than 256 names"}},
		{"too many rules", []Pattern{{}, {}, {}}, func(l *Limits) { l.Rules = 2 }, Error{-1, "", "", "3 rules, the limit is 2"}},
		{"too many nodes", []Pattern{{Expr: "abc"}, {Expr: "xbcdefghij"}}, func(l *Limits) { l.TableNodes = 8 }, Error{1, "pattern", "xbcdefghij", "more than 8 nodes"}},
		{"too many nodes of headers", []Pattern{{Headers: []NamedExpr{{"a", "abcdefghij"}}}}, func(l *Limits) { l.TableNodes = 8 }, Error{0, "header a", "abcdefghij", "more than 8 nodes"}},
		{"too many characters", chinese, nil, Error{-1, "", "", "more than 4096 ranges of characters"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lim := DefaultLimits()
			if c.lim != nil {
				c.lim(&lim)
			}
			set, err := Compile(refs(c.patterns), lim)
			var e *Error
			if set != nil || !errors.As(err, &e) {
				t.Fatalf("got %v, %v", set, err)
			}
			if e.Index != c.want.Index || e.Field != c.want.Field || e.Expr != c.want.Expr || !strings.Contains(e.Reason, c.want.Reason) {
				t.Errorf("got %+v, want %+v", *e, c.want)
			}
			if e.Index >= 0 && !strings.Contains(e.Error(), fmt.Sprintf("rule %d: %s", e.Index, e.Field)) {
				t.Errorf("the text does not say where: %s", e)
			}
		})
	}
}

// A table that was refused leaves the Set it was to replace as it was.
func TestARefusedTableChangesNothing(t *testing.T) {
	set := mustCompile(t, []Pattern{{Expr: "/a"}, {Expr: ".*"}})
	if _, err := set.Recompile(refs([]Pattern{{Expr: "/b"}, {Expr: "("}}), DefaultLimits()); err == nil {
		t.Fatal("not refused")
	}
	if got := set.Match(&Input{URI: []byte("/a")}); got != 0 {
		t.Errorf("rule %d, want 0", got)
	}
	again, err := set.Recompile(refs([]Pattern{{Expr: "/b"}, {Expr: "/a"}}), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Match(&Input{URI: []byte("/a")}); got != 1 {
		t.Errorf("rule %d, want 1", got)
	}
}

func TestOnlyTheDefaultsAreDefault(t *testing.T) {
	for expr, want := range map[string]bool{".*": true, "^/.*": true, "": false, "/.*": false, "^.*": false, ".*$": false, "^/.*$": false} {
		if got := (&Pattern{Expr: expr}).Default(); got != want {
			t.Errorf("%q: %v", expr, got)
		}
	}
}
