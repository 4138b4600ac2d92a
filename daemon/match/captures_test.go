package match

import (
	"regexp"
	"testing"
)

func FuzzGroup(f *testing.F) {
	f.Add("/users/([^/]+)/.*", []byte("/x/users/42/orders"))
	f.Add("^(a|ab)(c|bcd)(d*)$", []byte("abcd"))
	f.Add("(a*)(ab)*(b*)", []byte("abbab"))
	f.Add("((a)|(b))*", []byte("xabba"))
	f.Add("(.)(\uFFFD?)$", []byte("a\xff\xe2\x82"))
	f.Fuzz(func(t *testing.T, expr string, text []byte) {
		re, err := regexp.CompilePOSIX(expr)
		if err != nil || len(expr) > 255 || len(text) > 400 {
			return
		}
		set, err := Compile(refs([]Pattern{{Expr: expr}}), DefaultLimits())
		if err != nil {
			return
		}
		want := re.FindSubmatchIndex(text)
		for g := range re.NumSubexp() + 2 {
			lo, hi, ok := set.Group(0, g, text)
			wantOK := 2*g < len(want) && want[2*g] >= 0
			if ok != wantOK || ok && (lo != want[2*g] || hi != want[2*g+1]) {
				t.Fatalf("group %d of %q in %q: %d %d %v, want %v", g, expr, text, lo, hi, ok, want)
			}
		}
	})
}

func TestGroupIsFalseWhereThereIsNone(t *testing.T) {
	set := mustCompile(t, []Pattern{{Expr: "/users/([^/]+)/(x)?"}, {Expr: ""}})
	for _, c := range []struct {
		index, group int
		uri          string
	}{{-1, 0, "/users/a/"}, {2, 0, "/users/a/"}, {0, -1, "/users/a/"}, {0, 3, "/users/a/"}, {0, 1, "/elsewhere"}, {0, 2, "/users/a/"}} {
		if lo, hi, ok := set.Group(c.index, c.group, []byte(c.uri)); ok {
			t.Errorf("group %d of rule %d in %q: %d..%d", c.group, c.index, c.uri, lo, hi)
		}
	}
	if lo, hi, ok := set.Group(1, 0, []byte("/x")); lo != 0 || hi != 0 || !ok {
		t.Errorf("a rule that asks nothing: %d, %d, %v", lo, hi, ok)
	}
}
