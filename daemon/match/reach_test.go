package match

import (
	"fmt"
	"net/netip"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const plentyOfWork = 100_000_000

func patternsOf(exprs ...string) []*Pattern {
	patterns := make([]*Pattern, len(exprs))
	for i, expr := range exprs {
		patterns[i] = &Pattern{Expr: expr}
	}
	return patterns
}

func checkUnreached(t *testing.T, patterns []*Pattern, want string) {
	t.Helper()
	list, whole, err := FindUnreached(patterns, DefaultLimits(), plentyOfWork)
	if got := fmt.Sprint(list); err != nil || !whole || got != want {
		t.Errorf("of the rules %+v, unreached are %s (whole %v, %v), expected %s", deref(patterns), got, whole, err, want)
	}
}

func deref(patterns []*Pattern) (all []Pattern) {
	for _, p := range patterns {
		all = append(all, *p)
	}
	return all
}

func TestRulesThatNoRequestGetsToAreFound(t *testing.T) {
	for _, c := range []struct {
		exprs []string
		want  string
	}{
		{[]string{"/a/", "/b/"}, "[]"},
		{[]string{"/", "/b/"}, "[{1 [0]}]"},
		{[]string{"/b/", "/"}, "[]"},
		{[]string{"^/", ".*"}, "[]"}, // OPTIONS * gets to the second
		{[]string{".*", "^/.*"}, "[{1 [0]}]"},
		{[]string{"/images/.*", "/images/[0-9]+", "/images/$"}, "[{1 [0]} {2 [0]}]"},
		{[]string{"/a[0-9]", "/a[5-9]x"}, "[{1 [0]}]"},
		{[]string{"/a[0-4]", "/a[5-9]", "/a[0-9]x", "/a."}, "[{2 [0 1]}]"},
		{[]string{"^images/"}, "[{0 []}]"},
		{[]string{"a$b"}, "[{0 []}]"},
		{[]string{"/a b"}, "[{0 []}]"},
		{[]string{"x#y"}, "[{0 []}]"},
		{[]string{"/a", "^b"}, "[{1 []}]"},
		{[]string{"^/a", "/a"}, "[]"},
		{[]string{"/a", "^/a"}, "[{1 [0]}]"},
		{[]string{"a$", "ba$", "ba"}, "[{1 [0]}]"},
		{[]string{"\\.(jpg|png)$", "^/x/.*\\.jpg$", "^/x/.*\\.gif$"}, "[{1 [0]}]"},
		{[]string{"(a|b)c", "ac", "bc", "cc"}, "[{1 [0]} {2 [0]}]"},
		{[]string{"^\\*$", "^.$"}, "[]"},
	} {
		checkUnreached(t, patternsOf(c.exprs...), c.want)
	}
}

func TestConditionsBesideTheURICount(t *testing.T) {
	net := netip.MustParsePrefix
	header := func(name, expr string) []NamedExpr { return []NamedExpr{{name, expr}} }
	for _, c := range []struct {
		first, second Pattern
		unreached     bool
	}{
		{Pattern{Expr: "/"}, Pattern{Expr: "/a", Host: "x"}, true},
		{Pattern{Expr: "/", Host: "x"}, Pattern{Expr: "/a"}, false},
		{Pattern{Expr: "/", Host: "x"}, Pattern{Expr: "/a", Host: "X"}, true},
		{Pattern{Expr: "/", Host: "example"}, Pattern{Expr: "/a", Host: "^www\\.example\\.com$"}, true},
		{Pattern{Host: "^www\\."}, Pattern{Expr: "/a", Host: "www"}, false},
		{Pattern{Method: "GET"}, Pattern{Expr: "/a", Method: "GET"}, true},
		{Pattern{Method: "GET"}, Pattern{Expr: "/a", Method: "POST"}, false},
		{Pattern{Method: "GET"}, Pattern{Expr: "/a"}, false},
		{Pattern{Source: net("10.0.0.0/8")}, Pattern{Expr: "/a", Source: net("10.1.0.0/16")}, true},
		{Pattern{Source: net("10.1.0.0/16")}, Pattern{Expr: "/a", Source: net("10.0.0.0/8")}, false},
		{Pattern{Source: net("10.0.0.0/8")}, Pattern{Expr: "/a", Source: net("fd00::/8")}, false},
		{Pattern{Headers: header("X-A", "")}, Pattern{Headers: header("x-a", "b")}, true},
		{Pattern{Headers: header("X-A", "b")}, Pattern{Headers: header("x-a", "abc")}, true},
		{Pattern{Headers: header("X-A", "b")}, Pattern{Headers: header("x-a", "")}, false},
		{Pattern{Headers: header("X-A", "b")}, Pattern{Headers: header("X-A", "é")}, false},
		{Pattern{Headers: header("X-A", "é")}, Pattern{Headers: header("X-A", "café")}, false}, // it is, and is not found
		{Pattern{Cookies: header("c", "")}, Pattern{Cookies: header("C", "")}, false},
		{Pattern{Cookies: header("c", "")}, Pattern{Expr: "/a", Cookies: header("c", "1")}, true},
		{Pattern{Queries: header("q", "1")}, Pattern{Queries: header("q", "^1$")}, true},
		{Pattern{Queries: header("q", "1")}, Pattern{Expr: "/a"}, false},
	} {
		want := "[]"
		if c.unreached {
			want = "[{1 [0]}]"
		}
		checkUnreached(t, []*Pattern{&c.first, &c.second}, want)
	}
}

// A rule in front that takes the example by a condition of its own hides neither
// that the one behind it takes all, nor that none does.
func TestRulesOfOtherConditionsDoNotHideWhatIsUnreached(t *testing.T) {
	checkUnreached(t, []*Pattern{{Expr: "/a", Host: "x"}, {Expr: "/"}, {Expr: "/a", Host: "x|y"}}, "[{2 [1]}]")
	checkUnreached(t, []*Pattern{{Expr: "/a", Host: "x"}, {Expr: "/a", Host: "x|y"}}, "[]")
}

func TestUnreachedRulesAreThoseThatNoShortURIGetsTo(t *testing.T) {
	var uris [][]byte
	level := []string{"/"}
	for range 5 {
		var next []string
		for _, uri := range level {
			uris = append(uris, []byte(uri))
			for _, c := range "/abc" {
				next = append(next, uri+string(c))
			}
		}
		level = next
	}
	uris = append(uris, []byte("*"))
	piece := rapid.SampledFrom([]string{"a", "b", "/", ".", "[ab]", "[^a]", "a*", "(a|b)", "(a|/b)", "b?", "^", "$", ".*", "a+"})
	expr := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 3).Draw(t, "pieces"), "")
	}).Filter(func(s string) bool { _, err := syntax.Parse(s, syntax.POSIX); return err == nil })
	rapid.Check(t, func(t *rapid.T) {
		exprs := rapid.SliceOfN(expr, 1, 4).Draw(t, "rules")
		patterns := patternsOf(exprs...)
		list, whole, err := FindUnreached(patterns, DefaultLimits(), plentyOfWork)
		if err != nil || !whole {
			t.Fatalf("%q: whole %v, %v", exprs, whole, err)
		}
		set, err := Compile(patterns, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		reached := make([]string, len(exprs))
		for _, uri := range uris {
			if i := set.Match(&Input{URI: uri}); i >= 0 {
				reached[i] = string(uri)
			}
		}
		for i := range exprs {
			at := slices.IndexFunc(list, func(u Unreached) bool { return u.Rule == i })
			if (at >= 0) != (reached[i] == "") {
				t.Fatalf("%q: rule %d is said to be unreached: %v; %q gets to it", exprs, i, at >= 0, reached[i])
			}
		}
		for _, u := range list {
			for _, uri := range uris {
				alone := func(i int) bool {
					one, err := Compile(patterns[i:i+1], DefaultLimits())
					return err == nil && one.Match(&Input{URI: uri}) == 0
				}
				if len(u.By) <= 1 && len(uri) <= 3 && alone(u.Rule) && (len(u.By) == 0 || !alone(u.By[0])) {
					t.Fatalf("%q: rule %d is said to be hidden by %v, and %q is for it alone", exprs, u.Rule, u.By, uri)
				}
			}
		}
	})
}

func TestAnAnalysisThatTakesTooLongSaysSo(t *testing.T) {
	patterns := patternsOf("(a|b)*a(a|b){12}$", "(a|b)*aa(a|b){12}")
	list, whole, err := FindUnreached(patterns, DefaultLimits(), 1000)
	if whole || len(list) > 0 || err != nil {
		t.Errorf("found %v, whole %v, %v, expected that it stops", list, whole, err)
	}
}

// tenThousand are rules of a kind, all of which earlier ones hide or none.
func tenThousand(format string) (exprs []string) {
	for i := range 10_000 {
		exprs = append(exprs, fmt.Sprintf(format, i))
	}
	return exprs
}

func BenchmarkFindUnreached(b *testing.B) {
	for name, patterns := range map[string][]*Pattern{
		"none":     patternsOf(tenThousand("^/app%d/.*\\.php$")...),
		"literals": patternsOf(append([]string{"^/app"}, tenThousand("^/app%d/")...)...),
		"hidden":   patternsOf(append([]string{"^/app[0-9]+/"}, tenThousand("^/app%d/.*\\.php$")...)...),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				list, whole, err := FindUnreached(patterns, DefaultLimits(), DefaultReachWork)
				b.ReportMetric(float64(len(list)), "unreached")
				if err != nil || !whole {
					b.Fatalf("whole %v, %v", whole, err)
				}
			}
		})
	}
}
