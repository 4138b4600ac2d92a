package match

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// hostile searches for the text that costs an automaton most.
type hostile struct {
	set       *Set
	automaton *automaton
	roots     []uint32
	host      bool     // a text is read behind a host
	ends      byte     // what ends a value, if texts are of many values
	pieces    []string // of the expressions and the texts that are known
	long      int
	r         *rand.Rand
}

// newHostile searches among URIs.
func newHostile(set *Set, uris []string, long int) *hostile {
	h := &hostile{set: set, automaton: set.automaton, roots: set.allRoots, host: set.byHost, long: long, r: rand.New(rand.NewPCG(21, 22))}
	for _, p := range set.patterns[:min(len(set.patterns), 2000)] {
		h.addPieces(p.URI())
	}
	for _, uri := range uris {
		h.pieces = append(h.pieces, uri[:min(len(uri), 40)])
	}
	h.pieces = append(h.pieces, "/", "a", "0", "-", "\n", "\xff", "é")
	return h
}

func (h *hostile) addPieces(expr string) {
	h.pieces = append(h.pieces, strings.FieldsFunc(expr, func(c rune) bool { return strings.ContainsRune(`.*+?^$()[]{}|\`, c) })...)
}

// words is what reading a text in lanes from its first byte on costs.
func (h *hostile) words(text string) (words int) {
	for more := true; more; {
		value := text
		if more = false; h.ends != 0 {
			value, text, more = strings.Cut(text, string(rune(h.ends)))
		}
		var w walk
		w.automaton = h.automaton
		w.need().start(h.automaton.nfa, h.roots)
		w.enterLanes(w.scratch.nodes, w.scratch.best, true)
		if h.host {
			w.read([]byte("h"))
			w.cut()
		}
		w.read([]byte(value))
		if h.ends != 0 {
			w.end()
		}
		words += w.scratch.runner.words
		giveScratch(w.scratch)
	}
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
func (h *hostile) check(t *testing.T, name, text string, times int) (perByte int) {
	t.Helper()
	text, words := h.climb(text, times)
	most, _ := h.set.Worst()
	// Setting out costs the nodes that are begun with, a hit is made once.
	once := len(h.automaton.nfa.nodes)
	if h.ends == 0 {
		for _, rules := range h.set.hits {
			once += 8 * len(rules)
		}
	}
	if words > most*(len(text)+2)+once {
		t.Errorf("%s: a text of %d bytes costs %d words, %d a byte were promised: %.200q", name, len(text), words, most, text)
	}
	return words / max(len(text), 1)
}

// No URI that a search finds costs more than the bound that is told when the
// table is compiled, and the tables of which it is told that they cost too
// much are those that are known.
func TestNoURIThatASearchFindsCostsMoreThanPromised(t *testing.T) {
	sizes := []int{10, 100, 1000, 10000}
	long, times := 4096, 12
	if testing.Short() {
		sizes, long, times = sizes[:3], 2048, 6
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

// The same goes for the values of headers, cookies and parameters that rules ask for,
// of which a request may have many.
func TestNoValueThatASearchFindsCostsMoreThanPromised(t *testing.T) {
	sizes := []int{10, 300}
	long, times := 2048, 10
	if testing.Short() {
		sizes, long, times = sizes[:1], 1024, 4
	}
	tables := deepTables()
	for _, n := range sizes {
		tables = append(tables, evilTables(n)...)
	}
	for _, table := range tables {
		asks := make([]Pattern, len(table.patterns))
		for i, p := range table.patterns {
			asks[i].Headers = []NamedExpr{{"X", p.Expr}}
			asks[i].Cookies = []NamedExpr{{"x", p.Expr}}
			asks[i].Queries = []NamedExpr{{"x", p.Expr}}
		}
		set := mustCompile(t, asks)
		for i, ends := range []byte{'\n', ';', '&'} {
			h := newHostile(set, []string{table.uri}, long)
			f := set.fields.named[i]
			h.automaton, h.roots, h.ends, h.host = f.automaton, []uint32{f.root}, ends, false
			for _, p := range table.patterns[:min(len(table.patterns), 1000)] {
				h.addPieces(p.Expr)
			}
			h.pieces = append(h.pieces, string(rune(ends)), "1"+string(rune(ends)))
			h.check(t, fmt.Sprintf("%s, as %s", table.title(), f.kind), table.uri, times)
		}
	}
}

// The tables that operators write keep it nearly all.
func TestNoURICostsARealTableMoreThanPromised(t *testing.T) {
	marked, count, times := 0, 0, 20
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
	rules, times := 1000, 20
	if testing.Short() {
		rules, times = 300, 8
	}
	for _, table := range append(deepTables(), evilTables(rules)...) {
		set := mustCompile(t, table.patterns)
		h := newHostile(set, []string{table.uri}, 8192)
		uri := table.uri
		for range times {
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

// That bound is one for all values of a request together.
func TestValuesThatLeadToNewStatesAreReadInLanesSoon(t *testing.T) {
	var patterns []Pattern
	for i := range 300 {
		patterns = append(patterns, Pattern{Cookies: []NamedExpr{{"c", fmt.Sprintf("%c.*%c%c.*%d", 'a'+i%26, 'a'+i/26%26, 'a'+i%7, i)}}})
	}
	set := mustCompile(t, patterns)
	a, r := set.fields.named[0].automaton, rand.New(rand.NewPCG(4, 5))
	var line strings.Builder
	for range 1000 {
		fmt.Fprintf(&line, "c=%s;", randomText(r, "abcdefghijklmnopqrstuvwxyz", 5))
	}
	visits := a.work.visits
	set.Match(&Input{URI: []byte("/"), Fields: oneField{"Cookie", []byte(line.String())}})
	visits = a.work.visits - visits
	if most := maxSpent + len(a.nfa.nodes) + len(a.nfa.edges); visits > most {
		t.Errorf("%d visits for the states of one request's cookies, want %d at most", visits, most)
	}
}

// A large table that is filled rule by rule is reckoned anew when a sixteenth has come,
// or a rule that is larger than all.
func TestALargeTableIsReckonedAnewOnlyWhenItHasChanged(t *testing.T) {
	patterns, _ := mixedTable(2000)
	before := mustCompile(t, patterns[:1600])
	before.Worst()
	for _, c := range []struct {
		what string
		with []Pattern
		want bool
	}{
		{"a rule more", patterns[:1601], true},
		{"a quarter more", patterns, false},
		{"a quarter less", patterns[:1200], false},
		{"a larger rule", append(patterns[:1600:1600], Pattern{Expr: "x.{1,250}y"}), false},
		{"a small table", patterns[:900], false},
	} {
		set := mustCompile(t, c.with)
		set.Inherit(before)
		if got := set.reckoned.words.Load() != 0; got != c.want {
			t.Errorf("%s: taken over %v, want %v", c.what, got, c.want)
		}
	}
}
