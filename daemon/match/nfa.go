package match

import "math"

// nfa is the joint automaton of a table: all expressions, grown together where
// they begin alike. For the rules 0 "^/a/[0-9]+/x", 1 "^/a/[0-9]+/y", 2 "/b":
//
//	        any
//	       +--+
//	       v  |   ^       /     a     /     [0-9]      /     x
//	start (root) ---> () ---> () ---> () ---> () ---> ()  ---> () ---> accept 0
//	         |                               +--+      |   y
//	         |                              [0-9]      +-----> () ---> accept 1
//	         |    /       b
//	         +------> () ---> accept 2
//
// The root never leaves the set of live nodes: that is what finds expressions
// anywhere. A node knows the lowest rule that it can lead to (least), so that
// nodes which can only lose need not be followed.
//
// Where rules have a condition on the host, the text that is read is
// host, cut, URI: a second such picture stands in front, whose accepting nodes
// wait for the cut and go on to a root with only that host's rules.
type nfa struct {
	*classes
	nodes []node
	edges []edge

	begins bool // some edge is a ^
	ends   bool // some edge is a $
}

// node is a state of the automaton. Its edges stand together in one slice:
// first those on one class, by class, then those on a set, then the empty ones.
type node struct {
	first             uint32
	lits, sets, empty uint32

	least  int32 // the lowest rule that can be reached from here
	accept int32 // the rule that has been found here, or none
	hit    int32 // the number of the hit that has been made here, -1: none
}

// none is the rule after all rules.
const none = math.MaxInt32

// edge leads to a node on a class, a set, or a condition of the place.
type edge struct {
	on int32
	to uint32
}

// What an empty edge asks of the place.
const (
	onNothing = iota // nothing: it may always be taken
	onBegin          // ^: at the beginning of a line
	onEnd            // $: at the end of a line
)

// ends a line: $ holds before this class.
func (n *nfa) endsLine(class uint16) bool {
	return class == n.newline || int(class) > n.runes
}

// beginsLine tells whether ^ holds after this class.
func (n *nfa) beginsLine(class uint16) bool {
	return class == n.newline || class == n.cut()
}

func (n *nfa) litEdges(d *node) []edge { return n.edges[d.first:][:d.lits] }
func (n *nfa) setEdges(d *node) []edge { return n.edges[d.first+d.lits:][:d.sets] }
func (n *nfa) emptyEdges(d *node) []edge {
	return n.edges[d.first+d.lits+d.sets:][:d.empty]
}

// link tells whether all that a node does is to wait for one byte, and where
// it goes then.
func (n *nfa) link(at uint32) (b byte, class uint16, to uint32, ok bool) {
	d := &n.nodes[at]
	if d.lits != 1 || d.sets != 0 || d.empty != 0 || d.accept != none || d.hit >= 0 {
		return 0, 0, 0, false
	}
	e := n.edges[d.first]
	if n.single[e.on] < 0 {
		return 0, 0, 0, false
	}
	return byte(n.single[e.on]), uint16(e.on), e.to, true
}

// idles tells whether a node, reading class, stays and does nothing else.
func (n *nfa) idles(at uint32, class uint16) bool {
	if class == n.newline && (n.begins || n.ends) {
		return false
	}
	d := &n.nodes[at]
	for _, e := range n.emptyEdges(d) {
		if e.on == onNothing {
			return false // it brings others in again and again
		}
	}
	lits, stays := n.litEdges(d), false
	for i := findLit(lits, class); i < len(lits) && lits[i].on == int32(class); i++ {
		if lits[i].to != at {
			return false
		}
		stays = true
	}
	for _, e := range n.setEdges(d) {
		if n.has(e.on, class) {
			if e.to != at {
				return false
			}
			stays = true
		}
	}
	return stays
}

// findLit returns where the edges on class begin among lits.
func findLit(lits []edge, class uint16) int {
	lo, hi := 0, len(lits)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if lits[mid].on < int32(class) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// bytes is the memory the nfa takes, about.
func (n *nfa) bytes() int {
	return 28*len(n.nodes) + 8*len(n.edges) + 8*len(n.member) + 6*len(n.starts)
}
