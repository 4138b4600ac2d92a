package match

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// genExpr draws expressions from a small alphabet, so that they overlap.
func genExpr() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"/", "a", "b", "ab", "é", `\.`, ".", ".*", ".+", "[ab]", "[^a]", "[^/]+", "[a-z]*", "[0-9]+", "(a|b/)", "(a|ab)(b|)",
		"(/a)*", "(a+b?)+", "a{2,3}", "(/[ab]){1,2}", "^", "$", "(^|/)", "(/|$)", "\n", "\uFFFD", "x?", "()", "(a|b|.*)", "b+",
	})
	return rapid.Custom(func(t *rapid.T) string {
		expr := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		if rapid.IntRange(0, 5).Draw(t, "either") == 0 {
			expr += "|" + strings.Join(rapid.SliceOfN(piece, 0, 3).Draw(t, "or"), "")
		}
		if _, err := regexp.CompilePOSIX(expr); err != nil {
			return "a"
		}
		return expr
	})
}

func genText() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"/", "a", "b", "ab", "/a", "é", ".", "0", "7", "x", "\n", "\xff", "\xc3", "\xe2\x82", "A", "=", "?", "B", "K", "\u212A"})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 14).Draw(t, "text"), "")
	})
}

func genNamed(names ...string) *rapid.Generator[[]NamedExpr] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) NamedExpr {
		return NamedExpr{rapid.SampledFrom(names).Draw(t, "name"), rapid.SampledFrom([]string{"", "a", "^a", "b$", "^[0-9]+$", "a b", "é"}).Draw(t, "expr")}
	}), 0, 2)
}

func genPattern(conditions bool) *rapid.Generator[Pattern] {
	return rapid.Custom(func(t *rapid.T) Pattern {
		var p Pattern
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1:
			p.Path = genExpr().Draw(t, "path")
		case 2:
			p.Prefix = rapid.SampledFrom([]string{"/", "/a", "/ab/", "/A", "/a/b", "/é", "/x.", "/k"}).Draw(t, "prefix")
		default:
			p.Expr = genExpr().Draw(t, "expr")
		}
		p.IgnoreCase = rapid.IntRange(0, 2).Draw(t, "ignore case") == 0
		if !conditions {
			return p
		}
		maybe := func(label string) bool { return rapid.IntRange(0, 2).Draw(t, label) == 0 }
		if maybe("host") {
			p.Host = rapid.OneOf(rapid.SampledFrom([]string{"a", "^a$", `^B\.A$`, "[^A]$", `(^|\.)a`, ".*", "b.*a", "[A-C]b", "k"}), genExpr()).Draw(t, "host")
		}
		if maybe("method") {
			p.Method = rapid.SampledFrom([]string{"GET", "POST", "get"}).Draw(t, "method")
		}
		if maybe("source") {
			p.Source = netip.MustParsePrefix(rapid.SampledFrom([]string{
				"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "10.9.9.9/8"}).Draw(t, "source"))
		}
		if maybe("fields") {
			p.Headers = genNamed("X-A", "x-b", "X-B").Draw(t, "headers")
			p.Cookies = genNamed("a", "A", "b").Draw(t, "cookies")
			p.Queries = genNamed("a", "b", "é").Draw(t, "queries")
		}
		return p
	})
}

func genInput() *rapid.Generator[*Input] {
	return rapid.Custom(func(t *rapid.T) *Input {
		uri := genText().Draw(t, "uri")
		if rapid.Bool().Draw(t, "path") {
			uri = "/" + uri // as all begin that are no "*"
		}
		if rapid.Bool().Draw(t, "query") {
			uri += "?" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
				"a=", "b=", "a", "&", "a=a", "=", "a+b", "%61", "%C3%A9=", "%", "%zz", "#", "12", "b=%62", "é"}), 0, 8).Draw(t, "query"), "")
		}
		var fields fieldList
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			fields = append(fields, [2]string{
				rapid.SampledFrom([]string{"X-A", "x-b", "X-C", "Cookie", "cookie"}).Draw(t, "field"),
				strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a=", "b=", ";", " ", "A=", "a", "b", "12", "é", "\t", `"`}), 0, 8).Draw(t, "value"), ""),
			})
		}
		return &Input{
			URI:    []byte(uri),
			Host:   []byte(strings.ReplaceAll(rapid.OneOf(rapid.SampledFrom([]string{"", "a", "A", "b.a", "B.a", "x.b", "\u212A"}), genText()).Draw(t, "host"), "\n", "B")),
			Method: []byte(rapid.SampledFrom([]string{"GET", "POST", "get", ""}).Draw(t, "method")),
			Source: rapid.SampledFrom([]netip.Addr{{}, netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.1.9.9"),
				netip.MustParseAddr("::ffff:10.1.2.3"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}).Draw(t, "source"),
			Fields: fields,
		}
	})
}

func checkAgainstReference(t *rapid.T, conditions bool) {
	patterns := rapid.SliceOfN(genPattern(conditions), 0, 12).Draw(t, "patterns")
	want, err := newReference(patterns)
	if err != nil {
		t.Fatal(err)
	}
	lim := DefaultLimits()
	if rapid.Bool().Draw(t, "small cache") {
		lim.CacheBytes = 1
	}
	set, err := Compile(refs(patterns), lim)
	if err != nil {
		t.Fatal(err)
	}
	oneLine := slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Prefix != "" || p.IgnoreCase })
	for _, in := range rapid.SliceOfN(genInput(), 1, 6).Draw(t, "inputs") {
		if oneLine { // as every request's URI is
			in.URI = bytes.ReplaceAll(in.URI, []byte("\n"), []byte("/"))
		}
		w := want.Match(in)
		if got := set.Match(in); got != w {
			t.Fatalf("%q at %q: rule %d, want %d", in.URI, in.Host, got, w)
		}
		if got := matchInLanes(set, in); got != w {
			t.Fatalf("in lanes: %q at %q: rule %d, want %d", in.URI, in.Host, got, w)
		}
	}
}

func TestAnyTableMatchesAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkAgainstReference(t, false) })
}

func TestAnyConditionsHoldAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkAgainstReference(t, true) })
}

// Adding, dropping and moving rules and recompiling is compiling anew, whether
// the Set before is retired or not; one that is not goes on as it was.
func TestRecompileIsCompile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set, before, asBefore *Set
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			patterns := rapid.SliceOfN(genPattern(true), 0, 8).Draw(t, "patterns")
			var err error
			before = set
			if set == nil {
				set, err = Compile(refs(patterns), DefaultLimits())
			} else {
				set, err = set.Recompile(refs(patterns), DefaultLimits())
			}
			if err != nil {
				t.Fatal(err)
			}
			if before != nil && rapid.Bool().Draw(t, "retire") {
				before.Retire()
				before = nil
			}
			fresh, err := Compile(refs(patterns), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range rapid.SliceOfN(genInput(), 1, 4).Draw(t, "inputs") {
				if got, want := set.Match(in), fresh.Match(in); got != want {
					t.Fatalf("%q: rule %d, compiled anew %d", in.URI, got, want)
				}
				if before == nil {
					continue
				}
				if got, want := before.Match(in), asBefore.Match(in); got != want {
					t.Fatalf("%q: the Set before has changed: rule %d, was %d", in.URI, got, want)
				}
			}
			asBefore = fresh
		}
	})
}
