package match

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// hostileURIs are what scanners and broken clients send.
func hostileURIs() []string {
	return []string{
		"", "*", "?", "#", "//", "/..//..//..//etc/passwd", "/%2e%2e/%2e%2e/", "/\x00", "/a\x00b.php",
		"/\n", "\n/\n", "/x\n/index.html", "/index.html\n", "/\r\n", "/\xff\xfe", "/\xc3", "/\xe2\x82", "/\xe2\x82\xac",
		"/\xed\xa0\x80", "/\xf0\x9f\x98\x80", "/wiki/\xc3\x84pfel", "/\ufffd", "/" + strings.Repeat("a", 750),
		strings.Repeat("/", 375), "/?" + strings.Repeat("a=b&", 100), "/" + strings.Repeat("../", 100),
		"/api/v3/users/" + strings.Repeat("9", 250) + "/orders", strings.Repeat("/users/1/orders", 60),
		"/c/" + strings.Repeat("-page=1&sort=", 60), strings.Repeat(".jpg", 62) + "x", strings.Repeat("\xff", 125),
		"/wp-content/uploads/2024/07/" + strings.Repeat("-1x1", 62), "http://example.com/index.html", "example.com:443",
	}
}

// comparison is a table compiled in every way, and its meaning.
type comparison struct {
	name       string
	want       *reference
	set        *Set // by itself
	recompiled *Set // from the table before
	cramped    *Set // with room for no more than a few states
}

func newComparison(t *testing.T, name string, patterns []Pattern, before *Set) *comparison {
	t.Helper()
	c := &comparison{name: name, set: mustCompile(t, patterns)}
	var err error
	if c.want, err = newReference(patterns); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if c.recompiled, err = before.Recompile(refs(patterns), DefaultLimits()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lim := DefaultLimits()
	lim.CacheBytes = 1
	if c.cramped, err = Compile(refs(patterns), lim); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// rule returns the rule that a request belongs to, on which all must agree.
func (c *comparison) rule(t *testing.T, in *Input) int {
	t.Helper()
	want := c.want.Match(in)
	for _, got := range []struct {
		way  string
		rule int
	}{{"compiled", c.set.Match(in)}, {"recompiled", c.recompiled.Match(in)}, {"with a tiny cache", c.cramped.Match(in)}, {"in lanes", matchInLanes(c.set, in)}} {
		if got.rule != want {
			t.Errorf("%s: %s: %.200q: rule %d, want %d", c.name, got.way, in.URI, got.rule, want)
		}
	}
	return want
}

// sameGroups compares the groups of the rule's expression, as servers' URIs
// may be made of them.
func (c *comparison) sameGroups(t *testing.T, rule int, uri []byte) {
	t.Helper()
	want := c.want.uris[rule].FindSubmatchIndex(uri)
	for g := range len(want) / 2 {
		lo, hi, ok := c.set.Group(rule, g, uri)
		if ok != (want[2*g] >= 0) || ok && (lo != want[2*g] || hi != want[2*g+1]) {
			t.Errorf("%s: rule %d, group %d in %.200q: %d..%d %v, want %d..%d", c.name, rule, g, uri, lo, hi, ok, want[2*g], want[2*g+1])
		}
	}
}

// A table's own requests must tell its rules apart: else it tests nothing.
func TestRealTablesMatchAsOneByOne(t *testing.T) {
	hostile := hostileURIs()
	var before *Set
	count := 0
	for _, file := range readRouteTables(t) {
		for _, table := range file {
			count++
			c := newComparison(t, table.name, table.patterns, before)
			before = c.recompiled
			hit, missed := map[int]bool{}, false
			for _, r := range table.requests {
				rule := c.rule(t, &r.in)
				if r.answer != unsaid && r.answer != rule {
					t.Errorf("%s: %.200q: rule %d, its author says %d", r.at, r.in.URI, rule, r.answer)
				}
				if rule < 0 || table.patterns[rule].Default() {
					missed = true
				} else {
					hit[rule] = true
				}
				if rule >= 0 {
					c.sameGroups(t, rule, r.in.URI)
				}
			}
			if len(hit) < 3 || !missed {
				t.Errorf("%s: its requests find %d rules, want 3 at least, and some find none but the default: %v", table.name, len(hit), missed)
			}
			for i, uri := range hostile {
				if !testing.Short() || (i+count)%12 == 0 {
					c.rule(t, &Input{URI: []byte(uri)})
				}
			}
		}
	}
	if count < 300 {
		t.Errorf("%d route tables, want 300", count)
	}
}

// The rules of many sites together, on the requests of all and on such as are
// made of theirs.
func TestRealTablesTogetherMatchAsOneByOne(t *testing.T) {
	var before *Set
	for _, file := range readRouteTables(t) {
		var all []Pattern
		var inputs []Input
		var uris []string
		for _, table := range file {
			all = append(all, table.patterns...)
			for _, r := range table.requests {
				inputs = append(inputs, r.in)
				uris = append(uris, string(r.in.URI))
			}
		}
		for _, uri := range mutated(uris, 40) {
			inputs = append(inputs, Input{URI: []byte(uri)})
		}
		all = defaultsLast(all)
		c := newComparison(t, "all like "+file[0].name, all, before)
		before = c.recompiled
		for i := range inputs {
			if !testing.Short() || i%12 == 0 {
				c.rule(t, &inputs[i])
			}
		}
	}
}

// mutated returns n URIs made of pieces of others.
func mutated(uris []string, n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func() string { return uris[r.IntN(len(uris))] }
	made := make([]string, n)
	for i := range made {
		a, b := pick(), pick()
		switch r.IntN(4) {
		case 0:
			a = a[:r.IntN(len(a)+1)] + b[r.IntN(len(b)+1):]
		case 1:
			a += b
		case 2:
			at := r.IntN(len(a) + 1)
			a = a[:at] + string([]byte{"/?&=.-0aZ\n\xff\xc3 %"[r.IntN(14)]}) + a[at:]
		default:
			a = strings.ReplaceAll(a, string(a[r.IntN(len(a))]), b[:r.IntN(len(b)+1)])
		}
		made[i] = a
	}
	return made
}
