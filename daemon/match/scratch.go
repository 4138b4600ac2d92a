package match

import "sync"

// scratch is what reading one text may need beyond a few words on the stack.
// It is kept for the next text.
type scratch struct {
	threads
	runner runner
	roots  []uint32
	hits   hits
}

// hits are the hits of one text, each once.
type hits struct {
	list []int32
	seen []uint64 // a bit for each hit there is
}

func (h *hits) add(hit int32) {
	i := int(hit >> 6)
	if i >= len(h.seen) {
		h.seen = append(h.seen, make([]uint64, i+1-len(h.seen))...)
	}
	if h.seen[i]>>(hit&63)&1 == 0 {
		h.seen[i] |= 1 << (hit & 63)
		h.list = append(h.list, hit)
	}
}

func (h *hits) reset() {
	for _, hit := range h.list {
		h.seen[hit>>6] = 0
	}
	h.list = h.list[:0]
}

// collect notes the hits made at the nodes.
func (h *hits) collect(n *nfa, nodes []uint32) {
	for _, at := range nodes {
		if hit := n.nodes[at].hit; hit >= 0 {
			h.add(hit)
		}
	}
}

// scratches are shared by all automata, which come and go with the table: what
// a scratch holds is as large as the largest it was used for.
var scratches sync.Pool // of *scratch

func takeScratch() *scratch {
	if s, ok := scratches.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

func giveScratch(s *scratch) {
	s.hits.reset()
	s.nfa, s.visits = nil, 0
	s.runner.forget()
	scratches.Put(s)
}
