package match

import "slices"

// workshop keeps what one table was compiled with for when it is compiled
// again: the builders, and the largest pieces of Sets that are retired. A table
// in motion would otherwise leave many times the memory that it keeps to the
// garbage collector, at each change and beside running traffic.
type workshop struct {
	builders []*builder
	taken    int
	retired  []*nfa
	lanes    []*lanes // retired
	maker    laneMaker
}

// roomy is how many times what a table needs a builder may hold before it is
// let go: large tables become small ones.
const roomy = 4

func (w *workshop) open() { w.taken = 0 }

// take returns a builder to be reset: of a table that resembles the one before,
// each automaton gets the one it had.
func (w *workshop) take() *builder {
	if w.taken == len(w.builders) {
		w.builders = append(w.builders, newBuilder())
	}
	w.taken++
	return w.builders[w.taken-1]
}

// lanesOf makes the lanes of an nfa, in memory of retired ones if there are any.
func (w *workshop) lanesOf(n *nfa) (*lanes, error) {
	l := &lanes{accepts: map[uint32]uint32{}}
	if last := len(w.lanes) - 1; last >= 0 && cap(w.lanes[last].places) <= roomy*len(n.nodes)+1024 {
		l, w.lanes = w.lanes[last], w.lanes[:last]
	}
	return l, w.maker.make(l, n)
}

// close lets go of what was not needed.
func (w *workshop) close() {
	clear(w.builders[w.taken:])
	w.builders = w.builders[:w.taken]
	for i, b := range w.builders {
		if cap(b.nodes) > roomy*len(b.nodes)+1024 {
			w.builders[i] = newBuilder()
		}
		b.hits = nil
	}
}

// maxRetired bounds what is kept: a table has one large automaton as a rule.
const maxRetired = 2

// retire takes in an automaton that nobody reads with any more.
func (w *workshop) retire(a *automaton) {
	giveScratch(a.work)
	if len(w.retired) < maxRetired {
		w.retired = append(w.retired, a.nfa)
		w.lanes = append(w.lanes, a.lanes)
	}
}

// room returns nodes and edges of those lengths, with anything in them: of a
// retired nfa if one fits, else with some to spare for the next.
func (w *workshop) room(nodes, edges int) ([]node, []edge) {
	for i, n := range w.retired {
		fits := nodes <= cap(n.nodes) && edges <= cap(n.edges)
		if fits && cap(n.nodes) <= roomy*nodes+1024 {
			w.retired = slices.Delete(w.retired, i, i+1)
			return n.nodes[:nodes], n.edges[:edges]
		}
	}
	w.retired, w.lanes = nil, nil
	return make([]node, nodes, nodes+nodes/16), make([]edge, edges, edges+edges/16)
}
