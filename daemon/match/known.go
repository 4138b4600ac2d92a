package match

import (
	"cmp"
	"slices"
)

// known are the nodes of which it is known what was read just before they became
// live: "abc" before the last node of "x.*abc". Of all of these only those are live
// that end alike, which are few where thousands of rules differ in a number.
type known struct {
	nodes  []knownNode
	others []cell // the bits of all other nodes

	from []uint32 // by node: the one that leads to it
	on   []int32  // and the class by which, or severalEdges, or emptyEdge

	most [][]int // by symbol that is read and class before it: what they cost at most
}

// knownNode is a bit, and the classes that are read before it: the last one lowest,
// how many they are on top.
type knownNode struct {
	text  uint64
	place uint32
}

// What stands in known.on for a node that more than one edge leads to, that an empty
// edge leads to, and that none does.
const (
	severalEdges = -1 - iota
	emptyEdge
	noEdge
)

// How many classes before a node are looked at, and how many edges.
const (
	maxKnown     = 4
	maxKnownBack = 16

	classBits = 14
)

// find finds the nodes of l that are known.
func (k *known) find(l *lanes) {
	n := l.nfa
	k.from, k.on = resized(k.from, len(n.nodes)), resized(k.on, len(n.nodes))
	for i := range k.on {
		k.on[i] = noEdge
	}
	for at := range n.nodes {
		d := &n.nodes[at]
		for i, e := range n.edges[d.first:][:d.lits+d.sets+d.empty] {
			on := int32(severalEdges)
			switch {
			case k.on[e.to] != noEdge:
			case i < int(d.lits):
				on = e.on
			case i >= int(d.lits+d.sets) && e.on == onNothing:
				on = emptyEdge
			}
			k.from[e.to], k.on[e.to] = uint32(at), on
		}
	}
	k.nodes = k.nodes[:0]
	k.others = resized(k.others, len(l.marks))
	clear(k.others)
	for place, at := range l.nodes {
		if at == nowhere {
			continue
		}
		if text := k.before(at); text != 0 {
			k.nodes = append(k.nodes, knownNode{text, uint32(place)})
		} else {
			k.others[place/cellBits].add(uint32(place % cellBits))
		}
	}
	slices.SortFunc(k.nodes, func(x, y knownNode) int {
		return cmp.Or(cmp.Compare(x.text, y.text), cmp.Compare(x.place, y.place))
	})
	k.most = slices.Grow(k.most[:0], l.symbols)[:l.symbols]
	clear(k.most)
}

// before is what is read before a node becomes live; 0: it may be anything.
func (k *known) before(at uint32) (text uint64) {
	count := uint64(0)
	for range maxKnownBack {
		on := k.on[at]
		if on < emptyEdge || on == severalEdges || count == maxKnown {
			break
		}
		if on >= 0 {
			text |= uint64(on) << (classBits * count)
			count++
		}
		at = k.from[at]
	}
	if count == 0 {
		return 0
	}
	return count<<(classBits*maxKnown) | text
}

// cost is what the known nodes cost at most when symbol is read behind a class: of
// each length of known texts, one.
func (k *known) cost(b *bounder, symbol int, class uint16) int {
	if k.most[symbol] == nil {
		k.most[symbol] = k.costs(b, symbol)
	}
	return k.most[symbol][class]
}

func (k *known) costs(b *bounder, symbol int) []int {
	type pair struct {
		last uint64 // the two classes that were read last
		most [maxKnown + 1]int
	}
	// Texts of one class go with any pair that ends in it.
	single := make([]int, b.l.nfa.width())
	pairs := map[uint64]*pair{}
	for i := 0; i < len(k.nodes); {
		text, words := k.nodes[i].text, 0
		for i < len(k.nodes) && k.nodes[i].text == text {
			c, some := k.nodes[i].place/cellBits, 0
			for ; i < len(k.nodes) && k.nodes[i].text == text && k.nodes[i].place/cellBits == c; i++ {
				some += b.ofBit(k.nodes[i].place, symbol)
			}
			words += min(some, int(b.atMost[int(c)*b.l.symbols+symbol]))
		}
		count, last := text>>(classBits*maxKnown), text&(1<<(2*classBits)-1)
		if count == 1 {
			class := last & (1<<classBits - 1)
			single[class] = max(single[class], words)
			continue
		}
		p := pairs[last]
		if p == nil {
			p = &pair{last: last}
			pairs[last] = p
		}
		p.most[count] = max(p.most[count], words)
	}
	most := slices.Clone(single)
	for _, p := range pairs {
		class := p.last & (1<<classBits - 1)
		words := single[class]
		for _, n := range p.most {
			words += n
		}
		most[class] = max(most[class], words)
	}
	return most
}
