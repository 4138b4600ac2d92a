package match

import (
	"encoding/binary"
	"slices"
)

// escape looks for a URI that p is found in and none of the other rules are; known
// is false when that took too long.
func (r *reach) escape(p *Pattern, others []int) (uri []byte, found, known bool) {
	if slices.ContainsFunc(others, func(i int) bool { return literalIn(p.Expr, r.patterns[i].Expr) }) {
		return nil, false, true
	}
	sources := make([]source, 0, len(others)+1)
	for _, i := range others {
		sources = append(sources, source{expr: r.patterns[i].Expr})
	}
	return r.walk(append(sources, source{expr: p.Expr}), uriText)
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
	_, found, known := r.walk([]source{b, a}, text)
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
	within
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
	case at == within:
		return within, c > ' ' && c < 0x7f && c != '#'
	case c == '*':
		return past, true
	}
	return within, c == '/'
}

// ends tells whether the text may end there.
func (k textKind) ends(at place) bool { return k != uriText || at != atStart }

// step is one set of nodes that a walk has come to, and how.
type step struct {
	nodes  []uint32
	best   int32
	begin  bool
	place  place
	from   int // the step before; -1: none
	symbol byte
}

// walk follows texts of a kind through the automaton of the sources until it has a
// text in which only the last is found, the shortest, or there is none.
func (r *reach) walk(sources []source, kind textKind) (text []byte, found, known bool) {
	n := r.grow(sources)
	if n == nil {
		return nil, false, false
	}
	last, t := int32(len(sources)-1), &r.threads
	t.start(n, []uint32{0})
	symbols, all := n.symbols(kind)
	if !all {
		return nil, false, false
	}
	seen := map[string]bool{}
	var steps []step
	var key []byte
	visit := func(from int, symbol byte, at place) {
		if t.best < last || t.best == none && len(t.nodes) == 0 {
			return
		}
		slices.Sort(t.nodes)
		key = append(key[:0], byte(at), byte(t.best), 0)
		if t.begin {
			key[2] = 1
		}
		for _, node := range t.nodes {
			key = binary.AppendUvarint(key, uint64(node))
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			steps = append(steps, step{slices.Clone(t.nodes), t.best, t.begin, at, from, symbol})
		}
	}
	visit(-1, 0, atStart)
	for i := 0; i < len(steps); i++ {
		s := steps[i]
		if kind.ends(s.place) {
			t.load(n, s.nodes, s.best, s.begin)
			if t.step(n.end()); t.best == last {
				return spell(steps, i), true, true
			}
		}
		for _, symbol := range symbols {
			next, ok := kind.takes(s.place, symbol)
			if !ok {
				continue
			}
			before := t.visits
			t.load(n, s.nodes, s.best, s.begin)
			t.step(n.ofByte[symbol])
			visit(i, symbol, next)
			r.left -= 1 + t.visits - before
		}
		if r.left <= 0 || len(steps) > maxReachStates {
			return nil, false, false
		}
	}
	return nil, false, true
}

// spell is the text that has led to a step.
func spell(steps []step, i int) (text []byte) {
	for ; steps[i].from >= 0; i = steps[i].from {
		text = append(text, steps[i].symbol)
	}
	slices.Reverse(text)
	return text
}

// grow makes the automaton of some expressions below node 0, nil when it can not.
func (r *reach) grow(sources []source) *nfa {
	spent := 0
	r.words.workshop.open()
	b := r.words.builder(r.lim, &spent)
	root := b.root(0)
	for i, src := range sources {
		x, err := r.words.parse(src, r.lim)
		if err != nil {
			return nil
		}
		if err := b.add(root, x, int32(i), func(at uint32) { b.accept(at, int32(i)) }); err != nil {
			return nil
		}
	}
	r.left -= spent
	n, err := b.finish()
	if err != nil {
		return nil
	}
	return n
}

// symbols has one character of each class that a text of the kind may have, and
// those that have a place of their own in it. It is not all where a text of any
// characters may have some of a class that is beyond ASCII.
func (n *nfa) symbols(kind textKind) (symbols []byte, all bool) {
	seen := make([]bool, n.width())
	if kind == uriText {
		symbols = append(symbols, '/', '*')
		if n.ofByte['/'] != n.ofByte['*'] {
			seen[n.ofByte['*']] = true
		}
		seen[n.ofByte['/']] = true
	}
	for _, set := range [...][2]byte{{'a', 'z'}, {'0', '9'}, {1, 0x7e}} {
		for c := set[0]; c <= set[1]; c++ {
			if _, ok := kind.takes(within, c); ok && !seen[n.ofByte[c]] {
				seen[n.ofByte[c]] = true
				symbols = append(symbols, c)
			}
		}
	}
	return symbols, kind != anyText || !slices.Contains(seen[1:1+n.runes], false)
}
