package match

import "slices"

// threads is the set of an nfa's nodes that are live at one place of a text,
// and steps from place to place. It is how a deterministic state is worked out.
//
// One step costs at most one visit of each node and of each edge, two where a
// line ends, whatever the expressions and the text are.
type threads struct {
	nfa   *nfa
	nodes []uint32 // live, each once; only those that do something later
	best  int32    // the lowest rule accepted so far, or none
	begin bool     // a line begins here

	next   []uint32
	stack  []uint32
	seen   []uint32 // by node: the round it was last seen in
	round  uint32
	visits int // nodes and edges looked at so far: what the bound is about
}

// start sets out from nodes at the beginning of a text.
func (t *threads) start(n *nfa, roots []uint32) {
	t.nfa, t.best, t.begin = n, none, true
	t.open()
	for _, root := range roots {
		t.reach(root, false)
	}
	t.close()
}

// load takes over a set that close has left.
func (t *threads) load(n *nfa, nodes []uint32, best int32, begin bool) {
	t.nfa, t.best, t.begin = n, best, begin
	t.nodes = append(t.nodes[:0], nodes...)
}

// step reads one character of a class, or the cut, or the end.
func (t *threads) step(class uint16) {
	n := t.nfa
	ends := n.ends && n.endsLine(class)
	if ends {
		t.open()
		for _, at := range t.nodes {
			t.reach(at, true)
		}
		t.close()
	}
	t.begin = n.beginsLine(class)
	t.open()
	for _, at := range t.nodes {
		d := &n.nodes[at]
		if d.least >= t.best {
			continue
		}
		t.visits += 1 + int(d.sets)
		lits := n.litEdges(d)
		for i := findLit(lits, class); i < len(lits) && lits[i].on == int32(class); i++ {
			t.reach(lits[i].to, false)
		}
		for _, e := range n.setEdges(d) {
			if n.has(e.on, class) {
				t.reach(e.to, false)
			}
		}
		if ends && d.hit >= 0 {
			t.reach(at, false) // made at the end of the line: reported behind it
		}
	}
	t.close()
}

func (t *threads) open() {
	t.next = t.next[:0]
	if len(t.seen) < len(t.nfa.nodes) {
		t.seen = make([]uint32, len(t.nfa.nodes))
		t.round = 0
	}
	if t.round++; t.round == 0 {
		clear(t.seen)
		t.round = 1
	}
}

// reach adds a node and all that its empty edges lead to.
func (t *threads) reach(at uint32, end bool) {
	n := t.nfa
	t.stack = append(t.stack[:0], at)
	for len(t.stack) > 0 {
		at := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		d := &n.nodes[at]
		if t.seen[at] == t.round || d.least >= t.best {
			continue
		}
		t.seen[at] = t.round
		t.best = min(t.best, d.accept)
		t.visits += 1 + int(d.empty)
		live := d.lits|d.sets != 0 || d.hit >= 0
		for _, e := range n.emptyEdges(d) {
			switch {
			case e.on == onNothing, e.on == onBegin && t.begin, e.on == onEnd && end:
				t.stack = append(t.stack, e.to)
			}
			live = live || e.on == onEnd
		}
		if live {
			t.next = append(t.next, at)
		}
	}
}

// close makes what was reached the live set, without what can only lose.
func (t *threads) close() {
	t.nodes, t.next = t.next, t.nodes
	if t.best == none {
		return
	}
	t.nodes = slices.DeleteFunc(t.nodes, func(at uint32) bool {
		return t.nfa.nodes[at].least >= t.best
	})
}

// waitsForEnd tells whether a $ may hold here, if the line ends here.
func (t *threads) waitsForEnd() bool {
	if !t.nfa.ends {
		return false
	}
	for _, at := range t.nodes {
		for _, e := range t.nfa.emptyEdges(&t.nfa.nodes[at]) {
			if e.on == onEnd {
				return true
			}
		}
	}
	return false
}

// hasHit tells whether a hit was made here.
func (t *threads) hasHit() bool {
	for _, at := range t.nodes {
		if t.nfa.nodes[at].hit >= 0 {
			return true
		}
	}
	return false
}
