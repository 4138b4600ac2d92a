package match

import "sync"

// fieldKind is where a named value stands in a request.
type fieldKind int

const (
	header fieldKind = iota
	cookie
	query
)

func (k fieldKind) String() string { return [...]string{"header", "cookie", "query"}[k] }

// fields decides the conditions on headers, cookies and query parameters.
// They are numbered; equal ones of different rules are one. All that are asked
// of one name are one automaton, which reads each of its values once a request
// and only when a rule depends on it.
type fields struct {
	named    []namedField
	ofCookie map[string]int // by name, in named
	ofQuery  map[string]int
	asked    []int   // by condition: in named
	asks     [][]int // by rule: its conditions
	spare    sync.Pool
}

type namedField struct {
	kind      fieldKind
	name      string
	automaton *automaton
	root      uint32
	hits      [][]int32 // by hit: conditions
}

// found is what is known of one request's fields.
type found struct {
	done  []bool  // by named: its values have been read
	holds []bool  // by condition
	held  []int32 // the conditions that hold
	spent int     // on states that were not known, by all values
	text  []byte  // decoded
	name  []byte
}

// forget makes it ready for another request.
func (known *found) forget() {
	clear(known.done)
	for _, condition := range known.held {
		known.holds[condition] = false
	}
	known.held, known.spent = known.held[:0], 0
}

// first returns the lowest rule of the hits, below best, whose conditions on
// fields hold, or else best.
func (f *fields) first(in *Input, hits [][]int32, made []int32, best int32) int32 {
	known, ok := f.spare.Get().(*found)
	if !ok {
		known = &found{done: make([]bool, len(f.named)), holds: make([]bool, len(f.asked))}
	}
	for _, hit := range made {
		for _, rule := range hits[hit] {
			if rule >= best {
				break
			}
			if f.hold(in, known, f.asks[rule]) {
				best = rule
				break
			}
		}
	}
	known.forget()
	f.spare.Put(known)
	return best
}

// hold tells whether all conditions hold.
func (f *fields) hold(in *Input, known *found, conditions []int) bool {
	for _, condition := range conditions {
		if named := f.asked[condition]; !known.done[named] {
			f.find(in, known, named)
		}
		if !known.holds[condition] {
			return false
		}
	}
	return true
}

// find reads the values of a name, or of all cookies or all query parameters.
func (f *fields) find(in *Input, known *found, named int) {
	n := &f.named[named]
	switch n.kind {
	case query:
		eachQuery(in.URI, known, func(name, value []byte) { f.read(known, f.ofQuery, name, value) })
		known.doneAll(f.ofQuery)
	case cookie:
		for i := 0; in.Fields != nil; i++ {
			line, ok := in.Fields.Header("Cookie", i)
			if !ok {
				break
			}
			eachCookie(line, func(name, value []byte) { f.read(known, f.ofCookie, name, value) })
		}
		known.doneAll(f.ofCookie)
	default:
		known.done[named] = true
		for i := 0; in.Fields != nil; i++ {
			value, ok := in.Fields.Header(n.name, i)
			if !ok {
				break
			}
			n.read(known, value)
		}
	}
}

func (f *fields) read(known *found, names map[string]int, name, value []byte) {
	if i, ok := names[string(name)]; ok {
		f.named[i].read(known, value)
	}
}

func (known *found) doneAll(names map[string]int) {
	for _, i := range names {
		known.done[i] = true
	}
}

// read notes the conditions that a value fulfils.
func (n *namedField) read(known *found, value []byte) {
	var w walk
	w.begin(n.automaton, 0)
	w.spent = known.spent
	w.read(value)
	w.end()
	known.spent = w.spent
	if w.scratch == nil {
		return
	}
	for _, hit := range w.scratch.hits.list {
		for _, condition := range n.hits[hit] {
			if !known.holds[condition] {
				known.holds[condition] = true
				known.held = append(known.held, condition)
			}
		}
	}
	giveScratch(w.scratch)
}
