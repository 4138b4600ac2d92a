package table

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ktcpvs/daemon/match"
)

func TestTheNewestRuleIsTriedFirstAndDefaultsLast(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1),
		addRule("web", ".*", "10.0.0.1:80"),
		addRule("web", "/a", "10.0.0.1:80"),
		addRule("web", "^/.*", "10.0.0.1:80"),
		addRule("web", "/b", "10.0.0.1:80"))
	must(t, s, addRule("web", "/c", "10.0.0.1:80"))
	if got, want := exprs(s.Snapshot().Lookup("web")), []string{"/c", "/b", "/a", ".*", "^/.*"}; !reflect.DeepEqual(got, want) {
		t.Errorf("tried in the order %q, want %q", got, want)
	}
	must(t, s, delRule("web", ".*", "10.0.0.1:80"), delRule("web", "/b", "10.0.0.1:80"),
		addRule("web", "/b", "10.0.0.1:80"), addRule("web", ".*", "10.0.0.1:80"))
	if got, want := exprs(s.Snapshot().Lookup("web")), []string{"/b", "/c", "/a", "^/.*", ".*"}; !reflect.DeepEqual(got, want) {
		t.Errorf("tried in the order %q, want %q", got, want)
	}
}

func TestADefaultPatternWithAConditionIsAnOrdinaryRule(t *testing.T) {
	server := netip.MustParseAddrPort("10.0.0.1:80")
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addRule("web", ".*", "10.0.0.1:80"),
		addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: ".*", Method: "POST"}, Server: server}))
	rules := s.Snapshot().Lookup("web").Rules
	if len(rules) != 2 || rules[0].Pattern.Method != "POST" || rules[1].Pattern.Method != "" {
		t.Errorf("rules %+v %+v, want the one with a method first", rules[0].Pattern, rules[1].Pattern)
	}
}

func TestOnePatternIsOneRuleOfSeveralServers(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addServer("web", "10.0.0.2:80", 1), addServer("web", "10.0.0.3:80", 1),
		addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: "/a"}, Match: 2, Server: netip.MustParseAddrPort("10.0.0.1:80")}),
		addRule("web", "/b", "10.0.0.1:80"),
		addRule("web", "/a", "10.0.0.3:80"),
		addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: "/a"}, Match: 2, Server: netip.MustParseAddrPort("10.0.0.2:80")}))
	web := s.Snapshot().Lookup("web")
	if got, want := exprs(web), []string{"/b", "/a"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("rules %q, want %q", got, want)
	}
	if got, want := addrs(web.Rules[1].Servers), []string{"10.0.0.2:80", "10.0.0.3:80", "10.0.0.1:80"}; !reflect.DeepEqual(got, want) || web.Rules[1].Match != 2 {
		t.Errorf("rule /a has %v and match %d, want %v and 2", got, web.Rules[1].Match, want)
	}
	must(t, s, delRule("web", "/a", "10.0.0.3:80"))
	web = s.Snapshot().Lookup("web")
	if got, want := addrs(web.Rules[1].Servers), []string{"10.0.0.2:80", "10.0.0.1:80"}; !reflect.DeepEqual(got, want) {
		t.Errorf("rule /a has %v, want %v", got, want)
	}
	must(t, s, delRule("web", "/a", "10.0.0.1:80"), delRule("web", "/a", "10.0.0.2:80"))
	if got, want := exprs(s.Snapshot().Lookup("web")), []string{"/b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("rules %q, want %q", got, want)
	}
}

func TestPatternsAndConditionsCompareWhole(t *testing.T) {
	server := netip.MustParseAddrPort("10.0.0.1:80")
	patterns := []match.Pattern{
		{Expr: "/images"},
		{Expr: "/images/"}, // the original took a prefix for the same
		{Expr: "/images", Host: "a"},
		{Expr: "/images", Host: "b"},
		{Expr: "/images", Method: "a"},
		{Host: "a"},
		{Method: "a"},
		{Headers: []match.NamedExpr{{Name: "a"}}},
		{Cookies: []match.NamedExpr{{Name: "a"}}},
		{Queries: []match.NamedExpr{{Name: "a"}}},
		{Queries: []match.NamedExpr{{Name: "a", Expr: "b"}}},
		{Queries: []match.NamedExpr{{Name: "a"}, {Name: "b"}}},
		{Queries: []match.NamedExpr{{Name: `a""b`}}}, // tries to look like the one above
		{Source: netip.MustParsePrefix("10.0.0.0/8")},
		{Source: netip.MustParsePrefix("10.0.0.0/9")},
		{Path: "/images"},
		{Prefix: "/images"},
		{Expr: "/images", IgnoreCase: true},
		{Path: "/images", IgnoreCase: true},
		{Prefix: "/images", IgnoreCase: true},
		{Prefix: "/images", Host: "a"},
		{Path: "/images", Host: "a"},
	}
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	for i, p := range patterns {
		must(t, s, addRuleSpec("web", RuleSpec{Pattern: p, Server: server}))
		if n := len(s.Snapshot().Lookup("web").Rules); n != i+1 {
			t.Fatalf("%d rules after adding %+v, want %d", n, p, i+1)
		}
	}
	for _, p := range patterns {
		if err := apply(s, addRuleSpec("web", RuleSpec{Pattern: p, Server: server})); !errors.Is(err, ErrExists) {
			t.Errorf("adding %+v again: %v", p, err)
		}
	}
	for _, p := range patterns {
		must(t, s, func(tx *Tx) error { return tx.DelRule("web", RuleSpec{Pattern: p, Server: server}) })
	}
	if n := len(s.Snapshot().Lookup("web").Rules); n != 0 {
		t.Errorf("%d rules are left", n)
	}
}

func TestRulesAreRefusedInWords(t *testing.T) {
	server := netip.MustParseAddrPort("10.0.0.1:80")
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addServer("web", "10.0.0.2:80", 1),
		addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: `/a\.b`}, Match: 1, Server: server}))
	tests := []struct {
		want   error
		text   string
		change func(*Tx) error
	}{
		{ErrNoService, `service "ftp"`, addRule("ftp", "/a", "10.0.0.1:80")},
		{ErrNoService, `service "ftp"`, delRule("ftp", "/a", "10.0.0.1:80")},
		{ErrNoServer, `service "web" has no server 10.0.0.9:80`, addRule("web", "/a", "10.0.0.9:80")},
		{ErrNoServer, `service "web" has no server 10.0.0.9:80`, delRule("web", `/a\.b`, "10.0.0.9:80")},
		{ErrNoRule, `service "web" has no rule "/a"`, delRule("web", "/a", "10.0.0.1:80")},
		{ErrNoRule, `rule "/a\.b" does not use server 10.0.0.2:80`, delRule("web", `/a\.b`, "10.0.0.2:80")},
		{ErrExists, `rule "/a\.b" already uses server 10.0.0.1:80`, addRule("web", `/a\.b`, "10.0.0.1:80")},
		{ErrInvalid, `rule "/a\.b" has match 1, not 2: delete it first`, addRuleSpec("web",
			RuleSpec{Pattern: match.Pattern{Expr: `/a\.b`}, Match: 2, Server: netip.MustParseAddrPort("10.0.0.2:80")})},
		{ErrInvalid, `match is 11, expected 0 to 10`, addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: "x"}, Match: 11, Server: server})},
		{ErrInvalid, `match is -1, expected 0 to 10`, addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: "x"}, Match: -1, Server: server})},
		{ErrInvalid, `a rule needs a pattern or another condition`, addRuleSpec("web", RuleSpec{Server: server})},
		{ErrInvalid, `a rule has one of pattern, path and prefix at most, 2 are given`, addRuleSpec("web",
			RuleSpec{Pattern: match.Pattern{Expr: "x", Prefix: "/x"}, Server: server})},
		{ErrInvalid, `ignoring case needs a pattern, a path or a prefix`, addRuleSpec("web",
			RuleSpec{Pattern: match.Pattern{Host: "x", IgnoreCase: true}, Server: server})},
		{ErrInvalid, `rule prefix "x/": a path begins with "/"`, addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Prefix: "x/"}, Server: server})},
		{ErrInvalid, `rule prefix "/x?": no path has what is at byte 2`, addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Prefix: "/x?"}, Server: server})},
		{ErrInvalid, "rule \"a\nb\": a control character, or not UTF-8, at byte 1", addRule("web", "a\nb", "10.0.0.1:80")},
		{ErrInvalid, `rule header  "x": a header, cookie or query without a name`, addRuleSpec("web",
			RuleSpec{Pattern: match.Pattern{Headers: []match.NamedExpr{{Expr: "x"}}}, Server: server})},
	}
	for _, test := range tests {
		refused(t, s, test.want, test.text, test.change)
	}
	longest := strings.Repeat("a", 255)
	must(t, s, addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: longest}, Match: 10, Server: server}))
	refused(t, s, ErrInvalid, `rule "`+longest+`b": 256 bytes, expected 255 at most`, addRule("web", longest+"b", "10.0.0.1:80"))
}

func TestARuleThatDoesNotCompileIsNamed(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addRule("web", "/ok", "10.0.0.1:80"))
	before := s.Snapshot()
	err := apply(s, addRule("web", "/good", "10.0.0.1:80"), addRule("web", "/(bad", "10.0.0.1:80"))
	var rule *RuleError
	if !errors.As(err, &rule) || rule.Service != "web" || rule.Pattern.Expr != "/(bad" {
		t.Fatalf("refused with %v, want a RuleError for /(bad", err)
	}
	if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), `service "web": pattern "/(bad": `) {
		t.Errorf("refused with %q", err)
	}
	if s.Snapshot() != before {
		t.Error("a table that does not compile was published")
	}
}

func TestMoreRulesThanAllowedIsALimit(t *testing.T) {
	limits := match.DefaultLimits()
	limits.Rules = 2
	s := NewStore(testSchedulers, 1, limits)
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addRule("web", "/a", "10.0.0.1:80"), addRule("web", "/b", "10.0.0.1:80"))
	before := s.Snapshot()
	if err := apply(s, addRule("web", "/c", "10.0.0.1:80")); !errors.Is(err, ErrLimit) || !strings.HasPrefix(err.Error(), `service "web": `) {
		t.Errorf("a third rule of two: %v", err)
	}
	if s.Snapshot() != before {
		t.Error("a table past its limits was published")
	}
}

func TestARulesPatternIsItsOwn(t *testing.T) {
	headers := []match.NamedExpr{{Name: "A", Expr: "x"}}
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addRuleSpec("web", RuleSpec{
		Pattern: match.Pattern{Headers: headers}, Server: netip.MustParseAddrPort("10.0.0.1:80"),
	}))
	headers[0].Name = "B"
	if got := s.Snapshot().Lookup("web").Rules[0].Pattern.Headers[0].Name; got != "A" {
		t.Errorf("the rule asks for header %s now", got)
	}
}

func TestDefaultsOfThePathAreTriedLast(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	for _, p := range []match.Pattern{{Prefix: "/"}, {Path: ".*", IgnoreCase: true}, {Prefix: "/", Host: "h"}, {Prefix: "/a"}, {Path: "^/.*"}} {
		must(t, s, addRuleSpec("web", RuleSpec{Pattern: p, Server: netip.MustParseAddrPort("10.0.0.1:80")}))
	}
	var order []string
	for _, r := range s.Snapshot().Lookup("web").Rules {
		order = append(order, r.String())
	}
	const want = `prefix "/a", prefix "/" host "h", prefix "/", path ".*" i, path "^/.*"`
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("they are tried as %s, want %s", got, want)
	}
}

func TestARuleIsDescribedAsTheConfigurationWritesIt(t *testing.T) {
	p := match.Pattern{
		Expr: `^/a\.b`, Host: "h", Method: "GET",
		Headers: []match.NamedExpr{{Name: "X", Expr: "1"}},
		Cookies: []match.NamedExpr{{Name: "c", Expr: ""}},
		Queries: []match.NamedExpr{{Name: "q", Expr: "2"}},
		Source:  netip.MustParsePrefix("10.0.0.0/8"),
	}
	const want = `pattern "^/a\.b" host "h" method "GET" header X "1" cookie c "" query q "2" source 10.0.0.0/8`
	if got := describe(&p); got != want {
		t.Errorf("described as %s, want %s", got, want)
	}
}

func TestRulesHaveNumbersByWhichTheyArePlacedAndMoved(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addRule("web", "/a", "10.0.0.1:80"), addRule("web", "/b", "10.0.0.1:80"),
		addRule("web", ".*", "10.0.0.1:80"))
	server := netip.MustParseAddrPort("10.0.0.1:80")
	add := func(expr string, number int) func(*Tx) error {
		return addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: expr}, Server: server, Number: number})
	}
	move := func(expr string, number int) func(*Tx) error {
		return func(tx *Tx) error { return tx.MoveRule("web", &match.Pattern{Expr: expr}, number) }
	}
	was := s.Snapshot().Lookup("web").Rules[1] // /a
	for _, step := range []struct {
		change func(*Tx) error
		want   string
	}{
		{add("/c", 1), "/c /b /a .*"},
		{add("/d", 4), "/c /b /a /d .*"},
		{add("/e", 2), "/c /e /b /a /d .*"},
		{move("/a", 1), "/a /c /e /b /d .*"},
		{move("/a", 5), "/c /e /b /d /a .*"},
		{move("/b", 2), "/c /b /e /d /a .*"},
		{move("/b", 2), "/c /b /e /d /a .*"},
		{add("^/.*", 6), "/c /b /e /d /a ^/.* .*"},
		{move("^/.*", 7), "/c /b /e /d /a .* ^/.*"},
	} {
		must(t, s, step.change)
		if got := strings.Join(exprs(s.Snapshot().Lookup("web")), " "); got != step.want {
			t.Errorf("the rules are %s, expected %s", got, step.want)
		}
	}
	if now := s.Snapshot().Lookup("web").Rules[4]; now != was {
		t.Errorf("the rule that was moved is %+v, expected the same as before, %+v", now, was)
	}
	const why = "default patterns are tried after all others"
	refused(t, s, ErrInvalid, `rule "/x" cannot be number 7, expected 1 to 6: `+why, add("/x", 7))
	refused(t, s, ErrInvalid, `rule "/a" cannot be number 6, expected 1 to 5: `+why, move("/a", 6))
	refused(t, s, ErrInvalid, `rule "/a" cannot be number 0, expected 1 to 5: `+why, move("/a", 0))
	refused(t, s, ErrInvalid, `rule ".*" cannot be number 5, expected 6 to 7: `+why, move(".*", 5))
	refused(t, s, ErrNoRule, `service "web" has no rule "/x"`, move("/x", 1))
	refused(t, s, ErrNoService, `service "no"`, func(tx *Tx) error { return tx.MoveRule("no", &match.Pattern{Expr: "/x"}, 1) })
	refused(t, s, ErrInvalid, `rule "/a" is there already: move it to number 1, and add the server without`, add2("/a", "10.0.0.2:80", s, t))
}

// add2 adds a server, and then it to a rule with a number.
func add2(expr, addr string, s *Store, t *testing.T) func(*Tx) error {
	must(t, s, addServer("web", addr, 1))
	return addRuleSpec("web", RuleSpec{Pattern: match.Pattern{Expr: expr}, Server: netip.MustParseAddrPort(addr), Number: 1})
}

func TestARuleCountsWhatItDecidesAndKeepsTheCountWhileItIsThere(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addServer("web", "10.0.0.2:80", 1),
		addRule("web", "/a", "10.0.0.1:80"), addRule("web", ".*", "10.0.0.1:80"))
	ask := func(loop int, now int64, uri string) {
		s.Snapshot().Lookup("web").Choose(loop, now, &match.Input{URI: []byte(uri)})
	}
	ask(0, 100, "/a")
	ask(1, 102, "/a")
	ask(1, 101, "/x")
	svc := s.Snapshot().Lookup("web")
	if svc.Keep(0, 103, &match.Input{URI: []byte("/x")}, svc.Servers[1].Live) == nil || svc.Keep(0, 104, &match.Input{URI: []byte("/x")}, svc.Servers[0].Live) != nil {
		t.Error("a rule keeps a server that is not its, or not one that is")
	}
	counts := func() (list []string) {
		for _, rule := range s.Snapshot().Lookup("web").Rules {
			n, last := rule.Hits.Sum()
			list = append(list, fmt.Sprint(rule.Pattern.Expr, " ", n, " ", last))
		}
		return list
	}
	want := []string{"/a 2 102", ".* 2 103"}
	if got := counts(); !slices.Equal(got, want) {
		t.Errorf("counted %v, expected %v", got, want)
	}
	// Another server, another order, another scheduler: the same rules.
	must(t, s, addRule("web", "/a", "10.0.0.2:80"), addRule("web", "/b", "10.0.0.2:80"),
		func(tx *Tx) error { return tx.MoveRule("web", &match.Pattern{Expr: "/a"}, 1) }, setService(ServiceSpec{Name: "web", Scheduler: "http"}))
	if got, want := counts(), slices.Insert(want, 1, "/b 0 0"); !slices.Equal(got, want) {
		t.Errorf("after changes %v are counted, expected %v", got, want)
	}
	s.Snapshot().Lookup("web").Rules[0].Hits.Zero()
	if got, want := counts(), []string{"/a 0 102", "/b 0 0", ".* 2 103"}; !slices.Equal(got, want) {
		t.Errorf("after zeroing %v are counted, expected %v", got, want)
	}
}
