package match

import (
	"fmt"
	"regexp/syntax"
)

// builder grows an nfa, rule by rule in rising order.
type builder struct {
	words *vocabulary
	lim   Limits
	spent *int // nodes of all builders of a table

	nodes    []node
	edges    []rawEdge
	children map[uint64]uint32 // by parent<<32 | element
	sets     []runeSet
	setOf    map[runeSet]int32
	hits     [][]int32
	hitAt    map[uint32]int32
}

// rawEdge is an edge before the classes are known: kind, and for a set which.
type rawEdge struct {
	from, to uint32
	kind     int32 // rawSet, rawCut, or the on of an empty edge
	set      int32
}

const (
	rawCut = -1 - iota
	rawSet
)

// newBuilder makes one that counts its nodes in spent too.
func newBuilder(words *vocabulary, lim Limits, spent *int) *builder {
	return &builder{
		words:    words,
		lim:      lim,
		spent:    spent,
		children: map[uint64]uint32{},
		setOf:    map[runeSet]int32{},
		hitAt:    map[uint32]int32{},
	}
}

func (b *builder) node(rule int32) uint32 {
	b.nodes = append(b.nodes, node{least: rule, accept: none, hit: -1})
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
	b.edges = append(b.edges, rawEdge{from: from, to: to, kind: rawSet, set: b.set(set)})
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
	key := uint64(at)<<32 | uint64(e)
	if to, ok := b.children[key]; ok {
		return to, nil
	}
	to := b.node(rule)
	b.children[key] = to
	f := b.words.forms[e]
	switch f.op {
	case syntax.OpCharClass:
		b.onSet(at, to, f.set)
	case syntax.OpPlus:
		b.onSet(at, to, f.set)
		b.onSet(to, to, f.set)
	case syntax.OpStar:
		b.empty(at, to, onNothing)
		b.onSet(to, to, f.set)
	case syntax.OpQuest:
		b.onSet(at, to, f.set)
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

// between adds re between a node and its child. Alternatives grow like
// sequences of their own, and so together with others that begin alike, up to
// where they join in the child.
func (b *builder) between(re *syntax.Regexp, at, to uint32, rule int32) error {
	switch re.Op {
	case syntax.OpAlternate:
	case syntax.OpQuest:
		b.empty(at, to, onNothing)
	default:
		return b.fragment(re, at, to, rule)
	}
	for _, sub := range re.Sub {
		last := at
		for _, e := range b.words.elements(flatten(nil, sub)) {
			var err error
			if last, err = b.child(last, e, rule); err != nil {
				return err
			}
		}
		b.empty(last, to, onNothing)
	}
	return nil
}

// fragment adds re between two nodes, by Thompson's construction: nothing it
// adds enters from or leaves to.
func (b *builder) fragment(re *syntax.Regexp, from, to uint32, rule int32) error {
	switch re.Op {
	case syntax.OpNoMatch:
		return nil
	case syntax.OpEmptyMatch:
		b.empty(from, to, onNothing)
		return nil
	case syntax.OpBeginLine:
		b.empty(from, to, onBegin)
		return nil
	case syntax.OpEndLine:
		b.empty(from, to, onEnd)
		return nil
	case syntax.OpCapture:
		return b.fragment(re.Sub[0], from, to, rule)
	case syntax.OpLiteral:
		for i, r := range re.Rune {
			next := to
			if i < len(re.Rune)-1 {
				next = b.node(rule)
			}
			b.onSet(from, next, literalSet(r, re.Flags))
			from = next
		}
		return nil
	case syntax.OpConcat:
		for i, sub := range re.Sub {
			next := to
			if i < len(re.Sub)-1 {
				next = b.node(rule)
			}
			if err := b.fragment(sub, from, next, rule); err != nil {
				return err
			}
			from = next
		}
		return nil
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if err := b.fragment(sub, from, to, rule); err != nil {
				return err
			}
		}
		return nil
	case syntax.OpQuest:
		b.empty(from, to, onNothing)
		return b.fragment(re.Sub[0], from, to, rule)
	case syntax.OpStar:
		loop := b.node(rule)
		b.empty(from, loop, onNothing)
		b.empty(loop, to, onNothing)
		return b.fragment(re.Sub[0], loop, loop, rule)
	case syntax.OpPlus:
		in, out := b.node(rule), b.node(rule)
		b.empty(from, in, onNothing)
		b.empty(out, in, onNothing)
		b.empty(out, to, onNothing)
		return b.fragment(re.Sub[0], in, out, rule)
	}
	if set, ok := setOf(re); ok {
		b.onSet(from, to, set)
		return nil
	}
	if re.Op == syntax.OpCharClass {
		return nil // an empty class: no character
	}
	return fmt.Errorf("%s is not part of POSIX extended expressions", re)
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
