package match

import "math/bits"

// What an edge between bits is on: a symbol, or a set of them, or such a set
// without the newline.
func (m *laneMaker) onSet(set int32, without bool) uint32 {
	on := uint32(m.l.symbols) + 2*uint32(set)
	if without {
		on++
	}
	return on
}

// edgesFrom gives each edge that leads from a node on, by bits: what it is on
// and where it leads.
func (m *laneMaker) edgesFrom(at uint32, give func(on, to uint32)) {
	n, l := m.n, m.l
	d := &n.nodes[at]
	for _, e := range n.litEdges(d) {
		if class := uint16(e.on); l.anchors && n.endsLine(class) {
			to := m.closure.from(e.to, true, false)
			m.arrivals(to, e, give)
			m.arrivals(to, edge{on: int32(l.doubled(class))}, give)
		} else {
			m.arrivals(m.closure.from(e.to, class == n.cut(), false), e, give)
		}
	}
	for _, e := range n.setEdges(d) {
		to := m.closure.from(e.to, false, false)
		newline := m.closure.begins && n.has(e.on, n.newline)
		m.arrivals(to, edge{on: int32(m.onSet(e.on, newline))}, give)
		if newline {
			to = m.closure.from(e.to, true, false)
			m.arrivals(to, edge{on: int32(n.newline)}, give)
			m.arrivals(to, edge{on: int32(l.doubled(n.newline))}, give)
		}
	}
	for _, e := range n.emptyEdges(d) {
		if e.on == onEnd {
			m.edgesBehindEnd(at, false, give)
			m.edgesBehindEnd(at, true, give)
			break
		}
	}
}

// arrivals gives an edge to the bits of nodes.
func (m *laneMaker) arrivals(nodes []uint32, e edge, give func(on, to uint32)) {
	for _, at := range nodes {
		if place := m.l.places[at]; place != nowhere {
			give(uint32(e.on), place)
			if also, ok := m.l.accepts[at]; ok {
				give(uint32(e.on), also)
			}
		}
	}
}

// edgesBehindEnd gives the edges that a $ at a node opens on what ends a line,
// where one also begins or not.
func (m *laneMaker) edgesBehindEnd(at uint32, begin bool, give func(on, to uint32)) {
	n, l := m.n, m.l
	on := func(class uint16) int32 {
		if begin {
			return int32(l.doubled(class))
		}
		return int32(class)
	}
	behind := append([]uint32(nil), m.closure.from(at, begin, true)...)
	for _, v := range behind {
		if v == at {
			continue
		}
		d := &n.nodes[v]
		for _, class := range [...]uint16{n.newline, n.cut(), n.end()} {
			if place := l.acceptPlace(v); place != nowhere {
				give(uint32(on(class)), place)
			}
			if d.hit >= 0 {
				give(uint32(on(class)), l.places[v])
			}
		}
		for _, e := range n.litEdges(d) {
			if class := uint16(e.on); n.endsLine(class) {
				m.arrivals(m.closure.from(e.to, true, false), edge{on: on(class)}, give)
			}
		}
		for _, e := range n.setEdges(d) {
			if n.has(e.on, n.newline) {
				m.arrivals(m.closure.from(e.to, true, false), edge{on: on(n.newline)}, give)
			}
		}
	}
}

// eachSymbol calls yield with each symbol that an edge is on.
func (m *laneMaker) eachSymbol(on uint32, yield func(symbol int)) {
	l := m.l
	if int(on) < l.symbols {
		yield(int(on))
		return
	}
	set, without := int(on)-l.symbols, (int(on)-l.symbols)%2 == 1
	for i, word := range m.n.member[set/2*m.n.stride:][:m.n.stride] {
		for ; word != 0; word &= word - 1 {
			class := uint16(64*i + bits.TrailingZeros64(word))
			if class == m.n.newline && l.anchors {
				if without {
					continue
				}
				yield(l.doubled(class))
			}
			yield(int(class))
		}
	}
}
