package match

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// mixedTable has n rules of four usual kinds, and for each a URI that it is
// the first to match.
func mixedTable(n int) (patterns []Pattern, uris [][]byte) {
	for i := range n {
		var expr, uri string
		switch i % 4 {
		case 0:
			expr, uri = fmt.Sprintf(`^/api/v1/res%d/[0-9]+/.*`, i), fmt.Sprintf("/api/v1/res%d/4711/parts", i)
		case 1:
			expr, uri = fmt.Sprintf(`/users/[0-9]+/orders%d/.*`, i), fmt.Sprintf("/users/1234/orders%d/today", i)
		case 2:
			expr, uri = fmt.Sprintf(`^/(en|de|fr)/cat%d/[^/]+\.html$`, i), fmt.Sprintf("/de/cat%d/shoes.html", i)
		case 3:
			expr, uri = fmt.Sprintf(`^/static/app%d/.*\.(js|css)$`, i), fmt.Sprintf("/static/app%d/lib/main.js", i)
		}
		patterns = append(patterns, Pattern{Expr: expr})
		uris = append(uris, []byte(uri))
	}
	return patterns, uris
}

// shuffled returns inputs for the URIs, evenly and in no order.
func shuffled(uris [][]byte) []Input {
	r := rand.New(rand.NewPCG(1, 2))
	inputs := make([]Input, 0, max(4096, len(uris)))
	for len(inputs) < cap(inputs) {
		for _, i := range r.Perm(len(uris)) {
			if len(inputs) < cap(inputs) {
				inputs = append(inputs, Input{URI: uris[i]})
			}
		}
	}
	return inputs
}

// refs are patterns as Compile takes them.
func refs(patterns []Pattern) []*Pattern {
	list := make([]*Pattern, len(patterns))
	for i := range patterns {
		list[i] = &patterns[i]
	}
	return list
}

func mustCompile(t testing.TB, patterns []Pattern) *Set {
	t.Helper()
	set, err := Compile(refs(patterns), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func BenchmarkMatchPlain(b *testing.B) {
	set := mustCompile(b, []Pattern{{Expr: "/images/.*"}, {Expr: "/html/.*"}, {Expr: ".*"}})
	for _, uri := range []string{"/images/logo/a12.png", "/html/index/main.html", "/cgi-bin/search?q=ab"} {
		b.Run(uri[1:5], func(b *testing.B) {
			in := &Input{URI: []byte(uri)}
			b.ReportAllocs()
			for b.Loop() {
				set.Match(in)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000, 10000} {
		patterns, uris := mixedTable(n)
		inputs := shuffled(uris)
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
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
			size := set.Size()
			b.ReportMetric(float64(size.Bytes)/float64(n), "B/rule")
			b.ReportMetric(float64(size.States)/float64(n), "states/rule")
		})
	}
}

// BenchmarkOneByOne is what every rule by itself costs.
func BenchmarkOneByOne(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000, 10000} {
		patterns, uris := mixedTable(n)
		inputs := shuffled(uris)
		var each []*regexp.Regexp
		for _, p := range patterns {
			each = append(each, regexp.MustCompilePOSIX(p.Expr))
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				for _, re := range each {
					if re.Match(inputs[i].URI) {
						break
					}
				}
				if i++; i == len(inputs) {
					i = 0
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	patterns, _ := mixedTable(10000)
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			mustCompile(b, patterns)
		}
	})
	b.Run("one more", func(b *testing.B) {
		set := mustCompile(b, patterns)
		patterns := append([]Pattern{{Expr: "^/new/[0-9]+/.*"}}, patterns...)
		for b.Loop() {
			if _, err := set.Recompile(refs(patterns), DefaultLimits()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMatchConditions routes by what is not the URI: 10,000 rules with a
// host, a source or a header each.
func BenchmarkMatchConditions(b *testing.B) {
	const n = 10000
	for _, c := range []struct {
		name string
		rule func(i int) (Pattern, Input)
	}{
		{"host", func(i int) (Pattern, Input) {
			return Pattern{Expr: "^/", Host: fmt.Sprintf(`^(www\.)?site%d\.example$`, i)},
				Input{URI: []byte("/index.html"), Host: fmt.Appendf(nil, "www.site%d.example", i)}
		}},
		{"source", func(i int) (Pattern, Input) {
			addr := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0})
			return Pattern{Expr: "^/", Source: netip.PrefixFrom(addr, 24)}, Input{URI: []byte("/index.html"), Source: addr.Next()}
		}},
		{"header", func(i int) (Pattern, Input) {
			return Pattern{Expr: fmt.Sprintf("^/t%d/", i/4), Headers: []NamedExpr{{"X-Tenant", fmt.Sprintf("^tenant%d$", i)}}},
				Input{URI: fmt.Appendf(nil, "/t%d/index.html", i/4), Fields: oneField{"X-Tenant", fmt.Appendf(nil, "tenant%d", i)}}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var patterns []Pattern
			var inputs []Input
			for i := range n {
				p, in := c.rule(i)
				patterns, inputs = append(patterns, p), append(inputs, in)
			}
			set := mustCompile(b, patterns)
			rand.New(rand.NewPCG(5, 6)).Shuffle(n, func(i, j int) { inputs[i], inputs[j] = inputs[j], inputs[i] })
			for i := range inputs {
				if set.Match(&inputs[i]) < 0 {
					b.Fatalf("%d is not matched", i)
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				set.Match(&inputs[i])
				if i++; i == n {
					i = 0
				}
			}
			b.ReportMetric(float64(set.Size().Bytes)/n, "B/rule")
		})
	}
}

// oneField is a request with one header field.
type oneField struct {
	name  string
	value []byte
}

func (f oneField) Header(name string, i int) ([]byte, bool) {
	if i > 0 || !strings.EqualFold(name, f.name) {
		return nil, false
	}
	return f.value, true
}

func BenchmarkGroup(b *testing.B) {
	const expr = "/users/([^/]+)/.*"
	uri := []byte("/users/4711/orders/today.html")
	set := mustCompile(b, []Pattern{{Expr: expr}})
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			set.Group(0, 1, uri)
		}
	})
	b.Run("regexp", func(b *testing.B) {
		re := regexp.MustCompilePOSIX(expr)
		b.ReportAllocs()
		for b.Loop() {
			re.FindSubmatchIndex(uri)
		}
	})
}
