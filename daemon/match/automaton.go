package match

import (
	"slices"
	"sync"
	"sync/atomic"
)

// automaton reads texts with an nfa, and remembers in a cache the
// deterministic states that texts have led to. A state is a set of live nodes
// together with the lowest rule accepted so far; nodes that lead to higher
// rules only are not in it, and once none are left the state is final.
//
// For the rules 0 "/images/.*" and 1 "/html/.*", once "/html/" has been found
// only the first is still followed:
//
//	table{root} --/--> table{root,/} --h--> run{root,/h} --"tml/"--> table{root | 1} --/--> ...
//	                        |
//	                        +--i--> run{root,/i} --"mages/"--> final{ | 0}
//
// A run stands for a whole chain of states that wait for one text, the first
// step off which leads to where its state without the chain would be. It is
// what makes the states of thousands of rules few and small.
//
// When the cache is full it is left as it is until as many states have been
// missed as it holds, and then begun anew: filling it is paid for by then,
// however the texts are chosen.
type automaton struct {
	nfa        *nfa
	lanes      *lanes
	roots      func(start int, to []uint32) []uint32 // the nodes that a kind of start begins with
	starts     int
	cacheBytes int

	cache atomic.Pointer[cache]
	build sync.Mutex // held to add to the cache
	work  *scratch   // of its holder
}

func newAutomaton(n *nfa, l *lanes, starts int, roots func(int, []uint32) []uint32, cacheBytes int) *automaton {
	a := &automaton{nfa: n, lanes: l, roots: roots, starts: starts, cacheBytes: cacheBytes, work: takeScratch()}
	a.cache.Store(newCache(cacheBytes, starts))
	return a
}

// enter returns the state that a kind of start begins in, 0 when it can not be
// had now.
func (a *automaton) enter(c *cache, start int) uint32 {
	if !a.build.TryLock() {
		return 0
	}
	defer a.build.Unlock()
	if id := atomic.LoadUint32(&c.starts[start]); id != 0 || a.closed(c) {
		return id
	}
	a.work.roots = a.roots(start, a.work.roots[:0])
	a.work.start(a.nfa, a.work.roots)
	id := a.intern(c)
	atomic.StoreUint32(&c.starts[start], id)
	return id
}

// extend returns the state that a slot of a state leads to, 0 when it can not
// be had now: another goroutine is adding to the cache, or it is full. And it
// tells what that has cost.
func (a *automaton) extend(c *cache, id, slot uint32) (next uint32, cost int) {
	if !a.build.TryLock() {
		return 0, 0
	}
	defer a.build.Unlock()
	s := c.state(id)
	if next := s.next(slot); next != 0 || a.closed(c) {
		return next, 0
	}
	t := &a.work.threads
	visits := t.visits
	t.load(a.nfa, s.nodes(), s.best(), s.meta()&metaBegin != 0)
	switch {
	case s.kind() == kindTable:
		t.step(uint16(slot))
	case slot == runElse:
		place := int(*s.slot(runPlace))
		t.nodes = slices.Delete(t.nodes, place, place+1)
	default: // runAfter: the nodes beside the chain stay as they are up to its last byte
		chain := &t.nodes[*s.slot(runPlace)]
		_, class, to, _ := a.nfa.link(*chain)
		for range s.meta()>>metaRunShift - 1 {
			*chain = to
			_, class, to, _ = a.nfa.link(*chain)
		}
		t.step(class)
	}
	cost = stateCost + t.visits - visits + sortCost*len(t.nodes)
	if next = a.intern(c); next != 0 {
		s.store(slot, next)
	}
	return next, cost
}

// What making a state costs beside the visits of a step: by itself, and for
// each live node.
const (
	stateCost = 64
	sortCost  = 8
)

// closed tells whether a cache takes nothing more in, and if it has done so for
// long enough puts another in its place, for the requests to come.
func (a *automaton) closed(c *cache) bool {
	if !c.full {
		return false
	}
	if c.missed++; c.missed > len(c.ids) && a.cache.Load() == c {
		a.cache.Store(newCache(a.cacheBytes, a.starts))
	}
	return true
}

// intern makes a state of the nodes in work, 0 when there is no room for it.
func (a *automaton) intern(c *cache) uint32 {
	t := &a.work.threads
	if len(t.nodes) > maxStateNodes {
		return 0
	}
	slices.Sort(t.nodes)
	var meta uint32
	if t.waitsForEnd() {
		meta |= metaEnd
		if t.begin {
			meta |= metaBegin
		}
	}
	if t.hasHit() {
		meta |= metaHit
	}
	return c.intern(t.nodes, t.best, meta, a.nfa.width(), func() blueprint { return a.plan(t, meta) })
}

// plan decides what kind of state a set of nodes becomes.
func (a *automaton) plan(t *threads, meta uint32) blueprint {
	if !a.lives(t) && meta&metaEnd == 0 {
		return blueprint{kind: kindFinal, meta: meta | uint32(kindFinal)}
	}
	if meta&(metaEnd|metaHit) == 0 {
		if place, text := a.chain(t); len(text) > 0 {
			meta |= uint32(kindRun) | uint32(len(text))<<metaRunShift
			return blueprint{kind: kindRun, meta: meta, place: place, text: text}
		}
	}
	// A state at the beginning of a line is left by any character, if only for
	// itself without the beginning.
	if b, ok := a.onlyExit(t.nodes); ok && meta&metaBegin == 0 {
		meta |= metaSeek | uint32(b)<<metaSeekShift
	}
	return blueprint{kind: kindTable, meta: meta | uint32(kindTable)}
}

// lives tells whether any node can still go anywhere.
func (a *automaton) lives(t *threads) bool {
	return slices.ContainsFunc(t.nodes, func(at uint32) bool {
		d := &a.nfa.nodes[at]
		return d.lits|d.sets != 0
	})
}

// maxStateNodes bounds the live nodes of a state: more are dearer to sort than
// to read on with.
const maxStateNodes = 1 << 10

// Bounds that keep the search for runs and seeks cheap beside a step.
const (
	maxRunNodes  = 8
	maxRunText   = 1 << 10
	maxSeekNodes = 2
)

// chain finds the text of a run: one node waits for it, and all others idle
// while it is read, its last byte excepted.
func (a *automaton) chain(t *threads) (place int, text []byte) {
	if len(t.nodes) > maxRunNodes {
		return 0, nil
	}
	place = slices.IndexFunc(t.nodes, func(at uint32) bool {
		_, _, _, ok := a.nfa.link(at)
		return ok
	})
	if place < 0 {
		return 0, nil
	}
	at := t.nodes[place]
	for len(text) < maxRunText {
		b, class, to, ok := a.nfa.link(at)
		if !ok || a.nfa.nodes[at].least >= t.best {
			break
		}
		text = append(text, b)
		at = to
		if !a.allIdle(t.nodes, place, class) {
			break
		}
	}
	return place, text
}

// allIdle tells whether all nodes but the one at place idle on class.
func (a *automaton) allIdle(nodes []uint32, place int, class uint16) bool {
	for i, at := range nodes {
		if i != place && !a.nfa.idles(at, class) {
			return false
		}
	}
	return true
}

// noByte is looked for where no byte of ASCII leads away; it is in no URI.
const noByte = 0xff

// onlyExit finds the one byte of ASCII that a state does not idle on, if all
// characters beyond ASCII leave it as it is too. It must be one that URIs do
// not have: looking for others does not pay over the short ways between them.
func (a *automaton) onlyExit(nodes []uint32) (byte, bool) {
	if len(nodes) > maxSeekNodes {
		return 0, false
	}
	exit, found := byte(noByte), false
	for class := 1; class <= a.nfa.runes; class++ {
		if a.allIdle(nodes, -1, uint16(class)) {
			continue
		}
		b := a.nfa.single[class]
		if found || b < 0 || b > ' ' {
			return 0, false
		}
		exit, found = byte(b), true
	}
	return exit, true
}
