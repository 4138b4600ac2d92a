package match

import (
	"net/netip"
	"testing"
)

// conditionsTable asks for everything that can be asked for.
func conditionsTable() []Pattern {
	return []Pattern{
		{Expr: "^/admin/", Source: netip.MustParsePrefix("10.0.0.0/8")},
		{Expr: "^/admin/", Method: "POST"},
		{Host: `^(www\.)?shop\.example$`, Expr: "^/c/[0-9]+"},
		{Expr: "^/beta/", Cookies: []NamedExpr{{"beta", "^(1|yes)$"}}},
		{Expr: "^/api/", Headers: []NamedExpr{{"Accept", "json"}}, Queries: []NamedExpr{{"v", "^2$"}}},
		{Expr: "^/api/", Queries: []NamedExpr{{"q", "a b"}}},
		{Expr: ".*"},
	}
}

type staticFields struct{ accept, cookie []byte }

func (f *staticFields) Header(name string, i int) ([]byte, bool) {
	switch {
	case i == 0 && name == "accept":
		return f.accept, true
	case i == 0 && name == "Cookie":
		return f.cookie, true
	}
	return nil, false
}

func TestEachConditionDecides(t *testing.T) {
	set := mustCompile(t, conditionsTable())
	json := &staticFields{accept: []byte("text/html, application/json")}
	for _, c := range []struct {
		why  string
		in   Input
		want int
	}{
		{"the source is in the network", Input{URI: []byte("/admin/"), Source: netip.MustParseAddr("10.255.0.1")}, 0},
		{"the source is outside", Input{URI: []byte("/admin/"), Source: netip.MustParseAddr("11.0.0.1")}, 6},
		{"the source is not known", Input{URI: []byte("/admin/")}, 6},
		{"the method is equal", Input{URI: []byte("/admin/"), Method: []byte("POST")}, 1},
		{"the method has another case", Input{URI: []byte("/admin/"), Method: []byte("post")}, 6},
		{"the method is longer", Input{URI: []byte("/admin/"), Method: []byte("POSTS")}, 6},
		{"the host is found", Input{URI: []byte("/c/1"), Host: []byte("SHOP.example")}, 2},
		{"the host has more behind it", Input{URI: []byte("/c/1"), Host: []byte("shop.example.net")}, 6},
		{"the host fits and the URI does not", Input{URI: []byte("/d/1"), Host: []byte("shop.example")}, 6},
		{"the host's text is in the URI", Input{URI: []byte("shop.example/c/1"), Host: []byte("x")}, 6},
		{"the cookie is there", Input{URI: []byte("/beta/"), Fields: &staticFields{cookie: []byte("x=y;beta=1")}}, 3},
		{"the cookie's name has another case", Input{URI: []byte("/beta/"), Fields: &staticFields{cookie: []byte("Beta=1")}}, 6},
		{"the cookie's value is another", Input{URI: []byte("/beta/"), Fields: &staticFields{cookie: []byte("beta=11")}}, 6},
		{"the cookie's value has quotes", Input{URI: []byte("/beta/"), Fields: &staticFields{cookie: []byte(`beta="1"`)}}, 6},
		{"one of two cookies fits", Input{URI: []byte("/beta/"), Fields: &staticFields{cookie: []byte("beta=0; beta=1")}}, 3},
		{"header and parameter are there", Input{URI: []byte("/api/?v=2"), Fields: json}, 4},
		{"the parameter is encoded", Input{URI: []byte("/api/?%76=%32"), Fields: json}, 4},
		{"the parameter is behind a #", Input{URI: []byte("/api/?#&v=2"), Fields: json}, 6},
		{"the parameter is not in the query", Input{URI: []byte("/api/&v=2"), Fields: json}, 6},
		{"the header is not there", Input{URI: []byte("/api/?v=2")}, 6},
		{"the parameter's blank is a plus", Input{URI: []byte("/api/?q=xa+bx")}, 5},
	} {
		if got := set.Match(&c.in); got != c.want {
			t.Errorf("%s: rule %d, want %d", c.why, got, c.want)
		}
	}
}

// A condition that several rules share is looked at once.
func TestAFieldIsReadOnceARequest(t *testing.T) {
	var patterns []Pattern
	for range 5 {
		patterns = append(patterns, Pattern{Headers: []NamedExpr{{"x-no", ""}, {"X-Yes", "b"}}},
			Pattern{Headers: []NamedExpr{{"x-yes", "no"}}})
	}
	set := mustCompile(t, patterns)
	counted := &countedFields{asked: map[string]int{}}
	if got := set.Match(&Input{Fields: counted}); got != -1 {
		t.Errorf("rule %d, want none", got)
	}
	if counted.asked["x-yes"] != 2 || counted.asked["x-no"] != 1 { // once more to see that there is no other
		t.Errorf("asked for %v", counted.asked)
	}
}

type countedFields struct{ asked map[string]int }

func (f *countedFields) Header(name string, i int) ([]byte, bool) {
	f.asked[name]++
	return []byte("abc"), name == "x-yes" && i == 0
}

// A request whose URI no rule with conditions matches is asked for nothing.
func TestFieldsAreNotReadWhenNothingDependsOnThem(t *testing.T) {
	set := mustCompile(t, []Pattern{
		{Expr: "^/a"}, {Expr: "^/a/b", Headers: []NamedExpr{{"x-yes", ""}}}, {Expr: "^/c", Headers: []NamedExpr{{"x-yes", ""}}}})
	counted := &countedFields{asked: map[string]int{}}
	for _, uri := range []string{"/a/b", "/d"} {
		set.Match(&Input{URI: []byte(uri), Fields: counted})
	}
	if len(counted.asked) != 0 {
		t.Errorf("asked for %v", counted.asked)
	}
}

func TestTheNarrowestNetworkIsNotTheOnlyOne(t *testing.T) {
	var patterns []Pattern
	for _, p := range []string{"10.1.2.0/24", "10.1.0.0/16", "::ffff:10.0.0.0/104", "2001:db8::/32", "0.0.0.0/0", "::/0"} {
		patterns = append(patterns, Pattern{Expr: "^/" + p + "$", Source: netip.MustParsePrefix(p)})
	}
	set := mustCompile(t, patterns)
	for _, c := range []struct {
		source string
		in     []int
	}{
		{"10.1.2.3", []int{0, 1, 2, 4}}, {"10.1.3.3", []int{1, 2, 4}}, {"::ffff:10.2.0.0", []int{2, 4}},
		{"192.0.2.1", []int{4}}, {"2001:db8::1%eth0", []int{3, 5}}, {"2001:db9::", []int{5}},
	} {
		holds := map[int]bool{}
		for _, i := range c.in {
			holds[i] = true
		}
		for i, p := range patterns {
			uri := p.Expr[1 : len(p.Expr)-1]
			want := -1
			if holds[i] {
				want = i
			}
			if got := set.Match(&Input{URI: []byte(uri), Source: netip.MustParseAddr(c.source)}); got != want {
				t.Errorf("%s in %s: rule %d, want %d", c.source, uri, got, want)
			}
		}
	}
}
