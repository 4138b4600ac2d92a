package match

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Tables of more rules than a column has rows, and repeats that lie along a cell
// and reach into the next, mean in lanes what their expressions do.
func TestWideAndDeepTablesMatchInLanesAsOneByOne(t *testing.T) {
	rules, times := 1100, 60
	if testing.Short() {
		rules, times = 600, 20
	}
	tables := append(evilTables(rules)[1:], deepTables()...)
	for i, expr := range []string{
		"^(ab?){0,40}c", "x[a-c]{3,600}y$", "(a|b){20}[^c]{20}c", "([a-z]{14}/){2}", "(a{13}b{14}){2,}$",
		"^[^/]{20,30}\n$", "(^|/)[0-9]{12,}($|z)", "((x|xy)(z|yz)?){15}",
	} {
		tables = append(tables, evilTable{name: expr, uri: "aaaabbbcxyz/0123", patterns: []Pattern{{Expr: fmt.Sprintf("q%dr", i)}, {Expr: expr}, {Expr: "c$"}}})
	}
	for _, table := range tables {
		want, err := newReference(table.patterns)
		if err != nil {
			t.Fatal(err)
		}
		set := mustCompile(t, table.patterns)
		h := newHostile(set, []string{table.uri}, 400)
		h.pieces = append(h.pieces, "aaaaaaaaaaaaa", "abababababababababab", "bbbbbbbbbbbbbb", "xyzxyzxyz", "00000", "c", "y", "\n")
		uri, found := table.uri[:min(len(table.uri), 100)], map[int]bool{}
		r := rand.New(rand.NewPCG(1, 9))
		for range times {
			in := &Input{URI: []byte(uri), Host: []byte("h"), Fields: oneField{"X", fmt.Appendf(nil, "v%d", r.IntN(len(table.patterns)))}}
			w := want.Match(in)
			if got := matchInLanes(set, in); got != w {
				t.Fatalf("%s: %q: rule %d, want %d", table.title(), uri, got, w)
			}
			found[w] = true
			if uri = h.changed(uri); len(uri) > 300 {
				uri = uri[200:]
			}
		}
		t.Logf("%s: %d different answers", table.title(), len(found))
	}
}

// All nodes that a text can be at have a bit of their own.
func TestNoTwoNodesShareABit(t *testing.T) {
	for _, table := range append(evilTables(1100), deepTables()...) {
		n := mustCompile(t, table.patterns).automaton
		places := map[uint32]uint32{}
		for at, place := range n.lanes.places {
			if place == nowhere {
				if n.nfa.lasts(uint32(at)) {
					t.Fatalf("%s: node %d has none", table.title(), at)
				}
				continue
			}
			if other, taken := places[place]; taken {
				t.Fatalf("%s: nodes %d and %d share bit %d", table.title(), other, at, place)
			}
			places[place] = uint32(at)
		}
	}
}
