package match

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unicode/utf8"
)

// walk is one reading of a text: from state to state where there are states,
// and in lanes from the first one that can not be had to the end. It lives on
// the stack.
//
// A byte costs one look into a table where the state is known (before that, at
// most maxRunNodes runs that do not go on with it), a step of the live nodes
// and the making of one state where it is not, and a step in lanes once the
// states that were made have cost maxSpent.
type walk struct {
	automaton *automaton
	cache     *cache
	id        uint32
	inLanes   bool     // the live nodes are in scratch, and id means nothing
	spent     int      // on states that were not known, and on hits
	scratch   *scratch // nil as long as nobody needed it
}

// maxSpent bounds what one text may spend on making states, in visits: texts
// that lead to new states all the time are read in lanes then, which costs
// them less. It is enough for 200 ordinary states.
const maxSpent = 1 << 14

// begin sets out with a kind of start.
func (w *walk) begin(a *automaton, start int) {
	w.automaton, w.cache = a, a.cache.Load()
	if w.id = atomic.LoadUint32(&w.cache.starts[start]); w.id != 0 {
		return
	}
	if w.id = a.enter(w.cache, start); w.id == 0 {
		s := w.need()
		s.roots = a.roots(start, s.roots[:0])
		s.start(a.nfa, s.roots)
		s.hits.collect(a.nfa, s.nodes)
		w.enterLanes(s.nodes, s.best, s.begin)
	}
}

// enterLanes goes on in lanes, from nodes.
func (w *walk) enterLanes(nodes []uint32, best int32, begin bool) {
	w.need().runner.load(w.automaton.lanes, nodes, best, begin)
	w.inLanes = true
}

// read reads a piece of text that ends where a character ends.
func (w *walk) read(text []byte) {
	if w.inLanes {
		w.readInLanes(text)
		return
	}
	ofByte := &w.automaton.nfa.ofByte
	id, i := w.id, 0
enter:
	for {
		s := w.cache.state(id)
		if id&special != 0 {
			meta := s.meta()
			if meta&metaHit != 0 {
				if w.collect(s); w.spent > maxSpent {
					w.leave(id, text[i:])
					return
				}
			}
			switch kind(meta) & metaKind {
			case kindFinal:
				break enter
			case kindRun:
				n := int(meta >> metaRunShift)
				same := s.common(text[i:], n)
				slot := uint32(runAfter)
				if same < n {
					if i+same == len(text) {
						break enter
					}
					slot = runElse
				}
				next := w.next(id, slot)
				if next == 0 {
					w.leave(id, text[i:])
					return
				}
				id, i = next, i+same
				continue
			}
			if meta&metaSeek != 0 {
				skip := bytes.IndexByte(text[i:], byte(meta>>metaSeekShift))
				if skip < 0 {
					break enter
				}
				i += skip
			}
		}

		words, at := s.words, s.at
		for ; i < len(text); i++ {
			next := atomic.LoadUint32(&words[at+uint32(ofByte[text[i]])])
			if next-1 < chunkWords-1 {
				at = next
				continue
			}
			if next != 0 { // special, or in another chunk
				id = next
				i++
				continue enter
			}
			class, width := ofByte[text[i]], 1
			if text[i] >= utf8.RuneSelf {
				class, width = w.automaton.nfa.decode(text[i:])
			}
			id = s.base | at
			if next = w.next(id, uint32(class)); next == 0 {
				w.leave(id, text[i:])
				return
			}
			id = next
			i += width
			continue enter
		}
		if at != s.at {
			id = s.base | at
		}
		break
	}
	w.id = id
}

// next returns what a slot leads to, known or found now; 0: it can not be had.
func (w *walk) next(id, slot uint32) uint32 {
	if next := w.cache.state(id).next(slot); next != 0 {
		return next
	}
	if w.spent > maxSpent {
		return 0
	}
	next, cost := w.automaton.extend(w.cache, id, slot)
	w.spent += cost
	return next
}

// common returns how many bytes of text, at most n, a run's text begins with.
func (s state) common(text []byte, n int) int {
	i := 0
	words := s.words[(s.at+runText)&chunkMask:]
	for n = min(n, len(text)); i+4 <= n; i += 4 {
		if binary.LittleEndian.Uint32(text[i:]) != words[i/4] {
			break
		}
	}
	for ; i < n; i++ {
		if byte(words[i/4]>>(8*(i%4))) != text[i] {
			return i
		}
	}
	return n
}

// leave goes on in lanes, from the state that text stands behind.
func (w *walk) leave(id uint32, text []byte) {
	st := w.cache.state(id)
	w.enterLanes(st.nodes(), st.best(), st.meta()&metaBegin != 0)
	w.readInLanes(text)
}

func (w *walk) readInLanes(text []byte) {
	n, s := w.automaton.nfa, w.scratch
	for len(text) > 0 {
		class, width := n.ofByte[text[0]], 1
		if text[0] >= utf8.RuneSelf {
			class, width = n.decode(text)
		}
		if !s.runner.step(class, &s.hits) {
			return
		}
		text = text[width:]
	}
}

// cut reads the mark between two parts of the text.
func (w *walk) cut() { w.mark(w.automaton.nfa.cut()) }

// mark reads a class that is no character.
func (w *walk) mark(class uint16) {
	for !w.inLanes {
		s := w.cache.state(w.id)
		slot := uint32(class)
		switch s.kind() {
		case kindFinal:
			return
		case kindRun:
			slot = runElse // what waits for a text dies
		}
		next := w.next(w.id, slot)
		if next == 0 {
			w.leave(w.id, nil)
			break
		}
		w.id = next
		if slot == uint32(class) {
			return
		}
	}
	w.scratch.runner.step(class, &w.scratch.hits)
}

// end ends the text and returns the lowest rule accepted, or none. The hits
// are in scratch then, which is the caller's to give back.
func (w *walk) end() int32 {
	if w.inLanes || w.cache.state(w.id).meta()&metaEnd != 0 {
		w.mark(w.automaton.nfa.end())
		if !w.inLanes {
			if s := w.cache.state(w.id); s.meta()&metaHit != 0 {
				w.collect(s)
			}
		}
	}
	if w.inLanes {
		return w.scratch.runner.best
	}
	return w.cache.state(w.id).best()
}

// collect notes the hits made on getting to a state.
func (w *walk) collect(s state) {
	nodes := s.nodes()
	w.spent += len(nodes) >> 3
	w.need().hits.collect(w.automaton.nfa, nodes)
}

func (w *walk) need() *scratch {
	if w.scratch == nil {
		w.scratch = takeScratch()
	}
	return w.scratch
}
