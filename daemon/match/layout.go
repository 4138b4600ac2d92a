package match

import (
	"cmp"
	"slices"
)

// finish divides the characters into classes, now that all sets are known, and
// lays the edges out by node: those on one class, those on a set, the empty.
func (b *builder) finish() (*nfa, error) {
	c, err := newClasses(b.sets, b.lim.Classes)
	if err != nil {
		return nil, err
	}
	n := &nfa{classes: c}
	n.nodes, n.edges = b.words.workshop.room(len(b.nodes), len(b.edges))
	copy(n.nodes, b.nodes)
	only := make([]int32, len(b.sets)) // the one class of a set, -1: it has more
	for set := range only {
		only[set] = c.onlyClass(int32(set))
	}
	const lits, sets, empty = 0, 1, 2
	sort := func(e rawEdge) (part int, on int32) {
		switch {
		case e.kind == rawCut:
			return lits, int32(c.cut())
		case e.kind != rawSet:
			return empty, e.kind
		case only[e.set] >= 0:
			return lits, only[e.set]
		}
		return sets, e.set
	}

	b.counts = slices.Grow(b.counts[:0], len(n.nodes))[:len(n.nodes)]
	counts := b.counts // by node and part; then where its next edge goes
	clear(counts)
	for _, e := range b.edges {
		part, _ := sort(e)
		counts[e.from][part]++
		n.begins = n.begins || e.kind == onBegin
		n.ends = n.ends || e.kind == onEnd
	}
	first := uint32(0)
	for i := range n.nodes {
		d, k := &n.nodes[i], &counts[i]
		d.first, d.lits, d.sets, d.empty = first, k[lits], k[sets], k[empty]
		*k = [3]uint32{first, first + d.lits, first + d.lits + d.sets}
		first += d.lits + d.sets + d.empty
	}
	for _, e := range b.edges {
		part, on := sort(e)
		place := &counts[e.from][part]
		n.edges[*place] = edge{on: on, to: e.to}
		*place++
	}
	for i := range n.nodes {
		if d := &n.nodes[i]; d.lits > 1 {
			slices.SortFunc(n.litEdges(d), func(x, y edge) int {
				return cmp.Or(cmp.Compare(x.on, y.on), cmp.Compare(x.to, y.to))
			})
		}
	}
	return n, nil
}
