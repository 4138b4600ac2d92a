package match

import (
	"encoding/binary"
	"slices"
)

// escape looks for a URI that p is found in and none of the other rules are; known
// is false when that took too long.
func (r *reach) escape(p *Pattern, others []int) (uri []byte, found, known bool) {
	asked := make([]asked, 0, len(others)+1)
	for _, i := range others {
		if impliedLiterally(p, r.patterns[i]) {
			return nil, false, true
		}
		asked = append(asked, askedBy(r.patterns[i]))
	}
	return r.walk(append(asked, askedBy(p)), uriText)
}

// asked is a source, and whether the path is what it is looked for in.
type asked struct {
	source
	ofPath bool
}

// askedBy is what a rule asks of the URI. A prefix is one of both: a URI begins with
// its path, and a prefix goes no further.
func askedBy(p *Pattern) asked { return asked{p.uri(), p.Path != ""} }

// impliedLiterally tells of plain texts that q is found wherever p is.
func impliedLiterally(p, q *Pattern) bool {
	a, b := askedBy(p), askedBy(q)
	return (a.ofPath == b.ofPath || a.prefix || b.prefix) && literalIn(a.source, b.source)
}

// finds tells whether b is found in every text that a is found in.
func (r *reach) finds(a, b source, text textKind) bool {
	if a == b || b.expr == "" {
		return true
	}
	key := [2]source{a, b}
	if is, ok := r.implied[key]; ok {
		return is
	}
	_, found, known := r.walk([]asked{{source: b}, {source: a}}, text)
	r.implied[key] = known && !found
	return known && !found
}

// textKind is what kind of text is read.
type textKind int

const (
	uriText  textKind = iota // "/" and what may follow in a request's target, or "*"
	hostText                 // visible ASCII without capitals
	anyText
)

// place is where in a text a walk is.
type place uint8

const (
	atStart place = iota
	within        // of a URI, in its path
	inQuery
	past // of what nothing may follow
)

// takes tells whether c may come next, and where that leads.
func (k textKind) takes(at place, c byte) (next place, ok bool) {
	switch {
	case at == past:
		return past, false
	case k == anyText:
		return within, true
	case k == hostText:
		return within, c > ' ' && c < 0x7f && !('A' <= c && c <= 'Z')
	case at == within && c == '?':
		return inQuery, true
	case at != atStart:
		return at, c > ' ' && c < 0x7f && c != '#'
	case c == '*':
		return past, true
	}
	return within, c == '/'
}

// ends tells whether the text may end there.
func (k textKind) ends(at place) bool { return k != uriText || at != atStart }

// step is one set of nodes that a walk has come to, and how.
type step struct {
	read   [2]reading // of the text, and of the path
	place  place
	from   int // the step before; -1: none
	symbol byte
}

// reading is where one automaton is.
type reading struct {
	nodes []uint32
	best  int32
	begin bool
}

// walker follows texts through two automata at once: that of what is asked of the
// whole text, and that of what is asked of its path.
type walker struct {
	*reach
	kind    textKind
	of      [2]*nfa // the second is nil where nothing is asked of the path
	last    int32   // the source that alone is to be found
	path    reading // where a path begins
	symbols []byte
	steps   []step
	seen    map[string]bool
	key     []byte
}

// walk follows texts of a kind through the automata of the sources until it has a
// text in which only the last is found, the shortest, or there is none.
func (r *reach) walk(sources []asked, kind textKind) (text []byte, found, known bool) {
	w := &walker{reach: r, kind: kind, last: int32(len(sources) - 1), seen: map[string]bool{}}
	if !w.grow(sources) {
		return nil, false, false
	}
	var all bool
	if w.symbols, all = w.alphabet(); !all {
		return nil, false, false
	}
	w.visit(w.begin())
	for i := 0; i < len(w.steps); i++ {
		if w.kind.ends(w.steps[i].place) && w.ended(w.steps[i]) {
			return spell(w.steps, i), true, true
		}
		for _, symbol := range w.symbols {
			if place, ok := kind.takes(w.steps[i].place, symbol); ok {
				w.visit(w.next(i, symbol, place))
			}
		}
		if r.left <= 0 || len(w.steps) > maxReachStates {
			return nil, false, false
		}
	}
	return nil, false, true
}

// begin is where all texts begin. Of the path nothing is said yet: "*" has none.
func (w *walker) begin() step {
	w.threads.start(w.of[0], []uint32{0})
	s := step{read: [2]reading{taken(&w.threads), {best: none}}, place: atStart, from: -1}
	if w.of[1] != nil {
		w.threads.start(w.of[1], []uint32{0})
		w.path = taken(&w.threads)
	}
	return s
}

// next is where a symbol leads from a step.
func (w *walker) next(from int, symbol byte, to place) step {
	s, next := w.steps[from], step{place: to, from: from, symbol: symbol}
	next.read[0] = w.advance(0, s.read[0], w.of[0].ofByte[symbol])
	next.read[1] = s.read[1]
	if n := w.of[1]; n != nil {
		switch {
		case s.place == atStart && to == within:
			next.read[1] = w.advance(1, w.path, n.ofByte[symbol])
		case to == inQuery && s.place != inQuery:
			next.read[1] = w.advance(1, s.read[1], n.end())
			next.read[1].nodes = nil
		case to == within:
			next.read[1] = w.advance(1, s.read[1], n.ofByte[symbol])
		}
	} else if to == inQuery {
		next.place = within // there is no difference
	}
	w.left--
	return next
}

// advance reads a class.
func (w *walker) advance(i int, from reading, class uint16) reading {
	t := &w.threads
	before := t.visits
	t.load(w.of[i], from.nodes, from.best, from.begin)
	t.step(class)
	w.left -= t.visits - before
	return taken(t)
}

func taken(t *threads) reading { return reading{slices.Clone(t.nodes), t.best, t.begin} }

// visit takes a step in if it is new, and can lead to the last source alone.
func (w *walker) visit(s step) {
	best := min(s.read[0].best, s.read[1].best)
	if best < w.last || best == none && len(s.read[0].nodes)+len(s.read[1].nodes) == 0 {
		return
	}
	key := append(w.key[:0], byte(s.place))
	for i := range s.read {
		read := &s.read[i]
		slices.Sort(read.nodes)
		begins := byte(0)
		if read.begin {
			begins = 1
		}
		key = append(key, byte(read.best), begins)
		key = binary.AppendUvarint(key, uint64(len(read.nodes)))
		for _, node := range read.nodes {
			key = binary.AppendUvarint(key, uint64(node))
		}
	}
	if w.key = key; !w.seen[string(key)] {
		w.seen[string(key)] = true
		w.steps = append(w.steps, s)
	}
}

// ended tells whether only the last source is found if the text ends at a step.
func (w *walker) ended(s step) bool {
	best := w.advance(0, s.read[0], w.of[0].end()).best
	if w.of[1] != nil && s.place == within {
		best = min(best, w.advance(1, s.read[1], w.of[1].end()).best)
	}
	return min(best, s.read[1].best) == w.last
}

// spell is the text that has led to a step.
func spell(steps []step, i int) (text []byte) {
	for ; steps[i].from >= 0; i = steps[i].from {
		text = append(text, steps[i].symbol)
	}
	slices.Reverse(text)
	return text
}

// grow makes the automata of some sources, each below its node 0, and tells whether it
// can.
func (w *walker) grow(sources []asked) bool {
	spent := 0
	w.words.workshop.open()
	var builders [2]*builder
	for i, src := range sources {
		of := 0
		if src.ofPath {
			of = 1
		}
		x, err := w.words.parse(src.source, w.lim)
		if err != nil {
			return false
		}
		for k := range of + 1 { // that of the text is there always
			if builders[k] == nil {
				builders[k] = w.words.builder(w.lim, &spent)
				builders[k].root(0)
			}
		}
		b := builders[of]
		if err := b.add(0, x, int32(i), func(at uint32) { b.accept(at, int32(i)) }); err != nil {
			return false
		}
	}
	w.left -= spent
	for i, b := range builders {
		if b == nil {
			continue
		}
		var err error
		if w.of[i], err = b.finish(); err != nil {
			return false
		}
	}
	return true
}

// alphabet has one character of each class that a text of the kind may have, and
// those that have a place of their own in it. It is not all where a text of any
// characters may have some of a class that is beyond ASCII.
func (w *walker) alphabet() (symbols []byte, all bool) {
	n, path := w.of[0], w.of[0]
	if w.of[1] != nil {
		path = w.of[1]
	}
	seen := map[[2]uint16]bool{}
	add := func(c byte) {
		if class := [2]uint16{n.ofByte[c], path.ofByte[c]}; !seen[class] {
			seen[class] = true
			symbols = append(symbols, c)
		}
	}
	if w.kind == uriText {
		symbols = append(symbols, '/', '*', '?')
		for _, c := range symbols {
			seen[[2]uint16{n.ofByte[c], path.ofByte[c]}] = true
		}
	}
	for _, set := range [...][2]byte{{'a', 'z'}, {'0', '9'}, {1, 0x7e}} {
		for c := set[0]; c <= set[1]; c++ {
			if _, ok := w.kind.takes(within, c); ok {
				add(c)
			}
		}
	}
	return symbols, w.kind != anyText || len(seen) == n.runes
}
