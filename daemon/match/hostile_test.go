package match

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// hostile searches for the URI that costs a table most.
type hostile struct {
	set    *Set
	pieces []string // of the expressions and the URIs that are known
	long   int
	r      *rand.Rand
}

func newHostile(set *Set, uris []string, long int) *hostile {
	h := &hostile{set: set, long: long, r: rand.New(rand.NewPCG(21, 22))}
	for _, p := range set.patterns[:min(len(set.patterns), 2000)] {
		h.pieces = append(h.pieces, strings.FieldsFunc(p.Expr, func(c rune) bool { return strings.ContainsRune(`.*+?^$()[]{}|\`, c) })...)
	}
	for _, uri := range uris {
		h.pieces = append(h.pieces, uri[:min(len(uri), 40)])
	}
	h.pieces = append(h.pieces, "/", "a", "0", "-", "\n", "\xff", "é")
	return h
}

// words is what reading a URI in lanes from its first byte on costs.
func (h *hostile) words(uri string) int {
	var w walk
	w.automaton = h.set.automaton
	w.need().roots = w.automaton.roots(0, w.scratch.roots[:0])
	w.scratch.start(w.automaton.nfa, w.scratch.roots)
	w.enterLanes(w.scratch.nodes, w.scratch.best, true)
	if h.set.byHost {
		w.read([]byte("h"))
		w.cut()
	}
	w.read([]byte(uri))
	words := w.scratch.runner.words
	giveScratch(w.scratch)
	return words
}

// climb changes a URI so many times and keeps what costs more.
func (h *hostile) climb(uri string, times int) (dearest string, words int) {
	dearest = uri[:min(len(uri), h.long)]
	words = h.words(dearest)
	for range times {
		next := h.changed(dearest)
		if n := h.words(next); n > words {
			dearest, words = next, n
		}
	}
	return dearest, words
}

func (h *hostile) changed(uri string) string {
	at, to := h.r.IntN(len(uri)+1), h.r.IntN(len(uri)+1)
	at, to = min(at, to), max(at, to)
	piece := h.pieces[h.r.IntN(len(h.pieces))]
	switch h.r.IntN(5) {
	case 0: // put in
		uri = uri[:at] + piece + uri[at:]
	case 1: // put in the place of as much
		uri = uri[:at] + piece + uri[min(len(uri), at+len(piece)):]
	case 2: // again and again
		uri = uri[:at] + strings.Repeat(piece, 1+h.r.IntN(200)) + uri[at:]
	case 3: // leave out
		uri = uri[:at] + uri[to:]
	default: // a stretch once more
		uri = uri[:at] + uri[at:to] + uri[at:]
	}
	return uri[:min(len(uri), h.long)]
}

// check searches and compares what it finds with what Worst promises.
func (h *hostile) check(t *testing.T, name, uri string, times int) (perByte int) {
	t.Helper()
	uri, words := h.climb(uri, times)
	most, _ := h.set.Worst()
	hits := 0
	for _, rules := range h.set.hits {
		hits += len(rules)
	}
	// Setting out costs the nodes that are begun with, a hit is made once.
	if once := len(h.set.automaton.nfa.nodes) + 8*hits; words > most*(len(uri)+2)+once {
		t.Errorf("%s: a URI of %d bytes costs %d words, %d a byte were promised: %.200q", name, len(uri), words, most, uri)
	}
	return words / max(len(uri), 1)
}

// No URI that a search finds costs more than the bound that is told when the
// table is compiled, and the tables of which it is told that they cost too
// much are those that are known.
func TestNoURIThatASearchFindsCostsMoreThanPromised(t *testing.T) {
	sizes := []int{10, 100, 1000, 10000}
	long, times := 4096, 30
	if testing.Short() {
		sizes, long, times = sizes[:3], 2048, 10
	}
	tables := deepTables()
	for _, n := range sizes {
		tables = append(tables, evilTables(n)...)
	}
	for _, table := range tables {
		set := mustCompile(t, table.patterns)
		most, should := set.Worst()
		if most > should != table.marked {
			t.Errorf("%s: at most %d words a byte, it should be %d: marked %v, want %v", table.title(), most, should, most > should, table.marked)
		}
		perByte := newHostile(set, []string{table.uri}, long).check(t, table.title(), table.uri, times)
		if perByte > should && !table.marked {
			t.Errorf("%s: a URI costs %d words a byte, it should be %d at most", table.title(), perByte, should)
		}
		t.Logf("%s: %d words a byte, promised %d", table.title(), perByte, most)
	}
}

// The tables that operators write keep it nearly all.
func TestNoURICostsARealTableMoreThanPromised(t *testing.T) {
	marked, count, times := 0, 0, 40
	if testing.Short() {
		times = 5
	}
	for _, file := range readRouteTables(t) {
		for _, table := range file {
			var uris []string
			for _, r := range table.requests {
				uris = append(uris, string(r.in.URI))
			}
			set := mustCompile(t, table.patterns)
			most, should := set.Worst()
			if count++; most > should {
				marked++
			}
			h := newHostile(set, uris, 1024)
			if perByte := h.check(t, table.name, strings.Join(uris, ""), times); perByte > should && most <= should {
				t.Errorf("%s: a URI costs %d words a byte, it should be %d at most", table.name, perByte, should)
			}
		}
	}
	if marked > count/20 {
		t.Errorf("%d of %d tables may cost more than they should, want a twentieth at most", marked, count)
	}
	t.Logf("%d of %d tables may cost more than they should", marked, count)
}

// What a text spends on states that were not known is bounded too, however many
// it leads to: past that it is read in lanes.
func TestATextThatLeadsToNewStatesIsReadInLanesSoon(t *testing.T) {
	for _, table := range append(deepTables(), evilTables(1000)...) {
		set := mustCompile(t, table.patterns)
		h := newHostile(set, []string{table.uri}, 8192)
		uri := table.uri
		for range 20 {
			var w walk
			w.begin(set.automaton, 0)
			if set.byHost {
				w.read([]byte("h"))
				w.cut()
			}
			w.read([]byte(uri)[:min(len(uri), 8192)])
			last := stateCost + (2+sortCost)*len(set.automaton.nfa.nodes) + len(set.automaton.nfa.edges) // one state more
			if w.spent > maxSpent+last {
				t.Errorf("%s: %d visits are spent on states, want %d at most, and one state more", table.title(), w.spent, maxSpent)
			}
			if w.scratch != nil {
				giveScratch(w.scratch)
			}
			uri = h.changed(uri)
		}
	}
}
