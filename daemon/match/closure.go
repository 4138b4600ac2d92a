package match

// closure finds all that a node leads to by empty edges.
type closure struct {
	n      *nfa
	onward []uint32 // by node: the first that is more than one empty edge
	seen   []uint32 // by node: the round it was last seen in
	round  uint32
	stack  []uint32
	nodes  []uint32 // what was found
	begins bool     // some ^ was met
}

// open sets out for another nfa. Counted repeats end in chains of empty edges
// as long as themselves: these are walked once.
func (c *closure) open(n *nfa) {
	c.n = n
	c.seen = resized(c.seen, len(n.nodes))
	clear(c.seen)
	c.onward = resized(c.onward, len(n.nodes))
	c.round = 0
	for i := range n.nodes {
		c.onward[i] = uint32(i)
		d := &n.nodes[i]
		if d.lits|d.sets == 0 && d.empty == 1 && d.accept == none && d.hit < 0 && n.emptyEdges(d)[0].on == onNothing {
			c.onward[i] = n.emptyEdges(d)[0].to
		}
	}
	for i := range c.onward {
		c.shorten(uint32(i))
	}
}

// shorten follows a chain of empty edges, and has all on it lead to its end.
func (c *closure) shorten(at uint32) {
	end, steps := at, 0
	for ; c.onward[end] != end && steps < len(c.onward); steps++ {
		end = c.onward[end]
	}
	for ; steps > 0 && at != end; steps-- {
		at, c.onward[at] = c.onward[at], end
	}
}

// from finds all nodes reached from at, at too, where a line begins (begin) or
// ends (end).
func (c *closure) from(at uint32, begin, end bool) []uint32 {
	c.nodes, c.stack, c.begins = c.nodes[:0], append(c.stack[:0], c.onward[at]), false
	c.round++
	for len(c.stack) > 0 {
		at := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		if c.seen[at] == c.round {
			continue
		}
		c.seen[at] = c.round
		c.nodes = append(c.nodes, at)
		for _, e := range c.n.emptyEdges(&c.n.nodes[at]) {
			c.begins = c.begins || e.on == onBegin
			if e.on == onNothing || e.on == onBegin && begin || e.on == onEnd && end {
				c.stack = append(c.stack, c.onward[e.to])
			}
		}
	}
	return c.nodes
}
