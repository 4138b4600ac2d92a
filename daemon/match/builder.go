package match

import (
	"fmt"
	"regexp/syntax"
)

// builder grows an nfa, rule by rule in rising order. What it holds belongs to
// it, and serves again when it is reset: only hits go to the Set.
type builder struct {
	words *vocabulary
	lim   Limits
	spent *int // nodes of all builders of a table

	nodes    []node
	edges    []rawEdge
	first    []firstChild      // by node
	children map[uint64]uint32 // the others, by parent<<32 | element
	sets     []runeSet
	setOf    map[runeSet]int32
	ofForm   []int32 // by element: its set in sets, plus one; 0: not asked for yet
	hits     [][]int32
	hitAt    map[uint32]int32
	counts   [][3]uint32 // by node and part: how many edges
}

// rawEdge is an edge before the classes are known: kind, and for a set which.
type rawEdge struct {
	from, to uint32
	kind     int32 // rawSet, rawCut, or the on of an empty edge
	set      int32
}

// firstChild is a node's first child: most have no other, and need no map.
type firstChild struct {
	element element
	to      uint32 // 0: none, since node 0 is a root
}

const (
	rawCut = -1 - iota
	rawSet
)

func newBuilder() *builder {
	return &builder{
		children: map[uint64]uint32{},
		setOf:    map[runeSet]int32{},
		hitAt:    map[uint32]int32{},
	}
}

// reset makes it ready for another nfa, whose nodes it counts in spent too.
func (b *builder) reset(words *vocabulary, lim Limits, spent *int) {
	b.words, b.lim, b.spent = words, lim, spent
	b.nodes, b.edges, b.sets, b.hits = b.nodes[:0], b.edges[:0], b.sets[:0], nil
	b.first = b.first[:0]
	clear(b.ofForm)
	clear(b.children)
	clear(b.setOf)
	clear(b.hitAt)
}

func (b *builder) node(rule int32) uint32 {
	b.nodes = append(b.nodes, node{least: rule, accept: none, hit: -1})
	b.first = append(b.first, firstChild{})
	*b.spent++
	return uint32(len(b.nodes) - 1)
}

// root is a node that never dies within a text.
func (b *builder) root(rule int32) uint32 {
	n := b.node(rule)
	b.onSet(n, n, anyRune)
	return n
}

func (b *builder) empty(from, to uint32, on int32) {
	b.edges = append(b.edges, rawEdge{from: from, to: to, kind: on})
}

func (b *builder) onCut(from, to uint32) {
	b.edges = append(b.edges, rawEdge{from: from, to: to, kind: rawCut})
}

func (b *builder) onSet(from, to uint32, set runeSet) {
	b.onKnownSet(from, to, b.set(set))
}

func (b *builder) onKnownSet(from, to uint32, set int32) {
	b.edges = append(b.edges, rawEdge{from: from, to: to, kind: rawSet, set: set})
}

// setOfForm is the set of an element that has one.
func (b *builder) setOfForm(e element) int32 {
	if int(e) >= len(b.ofForm) {
		b.ofForm = append(b.ofForm, make([]int32, len(b.words.forms)-len(b.ofForm))...)
	}
	if b.ofForm[e] == 0 {
		b.ofForm[e] = b.set(b.words.forms[e].set) + 1
	}
	return b.ofForm[e] - 1
}

func (b *builder) set(set runeSet) int32 {
	i, ok := b.setOf[set]
	if !ok {
		i = int32(len(b.sets))
		b.setOf[set] = i
		b.sets = append(b.sets, set)
	}
	return i
}

// add grows x below the root and calls found with each node where it has been
// found. What can never win, because a lower rule is accepted on the way, is
// left out.
func (b *builder) add(root uint32, x *expression, rule int32, found func(uint32)) error {
	for _, sequence := range x.sequences {
		at := root
		for _, e := range sequence {
			if b.nodes[at].accept < rule {
				break
			}
			var err error
			if at, err = b.child(at, e, rule); err != nil {
				return err
			}
		}
		if b.nodes[at].accept > rule {
			found(at)
		}
		if *b.spent > b.lim.TableNodes {
			return fmt.Errorf("with it the table has more than %d nodes", b.lim.TableNodes)
		}
		if len(b.edges) > maxEdgesPerNode*b.lim.TableNodes {
			return fmt.Errorf("with it the table has more than %d edges", maxEdgesPerNode*b.lim.TableNodes)
		}
	}
	return nil
}

// maxEdgesPerNode is how many edges a table may have for each node of its limit.
const maxEdgesPerNode = 4

// child returns the node below at that an element leads to.
func (b *builder) child(at uint32, e element, rule int32) (uint32, error) {
	to, ok := b.known(at, e)
	if ok {
		return to, nil
	}
	to = b.node(rule)
	if first := &b.first[at]; first.to == 0 {
		*first = firstChild{e, to}
	} else {
		b.children[uint64(at)<<32|uint64(e)] = to
	}
	f := b.words.forms[e]
	switch f.op {
	case syntax.OpCharClass:
		b.onKnownSet(at, to, b.setOfForm(e))
	case syntax.OpPlus:
		b.onKnownSet(at, to, b.setOfForm(e))
		b.onKnownSet(to, to, b.setOfForm(e))
	case syntax.OpStar:
		b.empty(at, to, onNothing)
		b.onKnownSet(to, to, b.setOfForm(e))
	case syntax.OpQuest:
		b.onKnownSet(at, to, b.setOfForm(e))
		b.empty(at, to, onNothing)
	case syntax.OpBeginLine:
		b.empty(at, to, onBegin)
	case syntax.OpEndLine:
		b.empty(at, to, onEnd)
	default:
		return to, b.between(f.re, at, to, rule)
	}
	return to, nil
}

// known returns the child that an element has led to before.
func (b *builder) known(at uint32, e element) (to uint32, ok bool) {
	switch first := b.first[at]; {
	case first.to == 0:
		return 0, false
	case first.element == e:
		return first.to, true
	}
	to, ok = b.children[uint64(at)<<32|uint64(e)]
	return to, ok
}

// accept makes rule found at a node.
func (b *builder) accept(at uint32, rule int32) {
	b.nodes[at].accept = min(b.nodes[at].accept, rule)
}

// hit makes a node report that rule has been found there, which decides
// nothing yet. Rules found at one node are one hit.
func (b *builder) hit(at uint32, rule int32) {
	i, ok := b.hitAt[at]
	if !ok {
		i = int32(len(b.hits))
		b.hitAt[at] = i
		b.hits = append(b.hits, nil)
		leaf := b.node(rule)
		b.nodes[leaf].hit = i
		b.empty(at, leaf, onNothing)
	}
	b.hits[i] = append(b.hits[i], rule)
}
