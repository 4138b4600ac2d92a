package match

// Set is a compiled table of rules. It never changes, and any number of
// goroutines may use it at once.
//
// A request is read as one text by one automaton: where some rule asks for it
// the host, then the URI. Where rules ask of the path it is read by an automaton of
// theirs (see column). Method and source choose the nodes it begins
// with. What headers, cookies and query parameters must be is looked at last,
// and only for the rules of which all else holds.
type Set struct {
	patterns []*Pattern
	words    *vocabulary
	column   // that of the lowest rule

	methods  map[string]int // numbered from 1; 0 is any other
	networks *networks      // nil: no rule asks for the source
	fields   *fields        // nil: no rule asks for fields

	largest      int32 // the rule of the most nodes
	largestNodes int
	reckoned     reckoned

	captures []lazyCaptures
}

// Match returns the index of the first pattern that holds for the request, -1
// when none does. Once the states that such requests lead to are known it
// allocates nothing and takes no lock.
//
// Cost: one look into a table a byte of the URI (and of the host, where some
// rule asks for it), and one more a byte of the path (and the host) where some rules ask
// of the path and others of the URI; at worst, in states not known, what Worst tells.
// Then, for the rules of which only fields are left to decide, the bytes of those fields.
func (s *Set) Match(in *Input) int {
	if s.next != nil || s.ofPath {
		return s.matchColumns(in)
	}
	var w walk
	w.begin(s.automaton, s.start(in))
	if s.byHost {
		var lower [256]byte // longer hosts cost an allocation
		w.read(appendLower(lower[:0], in.Host))
		w.cut()
	}
	w.read(in.URI)
	best := w.end()
	if w.scratch != nil {
		best = s.lowest(&s.column, in, &w, best)
	}
	if best == none {
		return -1
	}
	return int(best)
}

// matchColumns is Match of any columns.
func (s *Set) matchColumns(in *Input) int {
	best, start := int32(none), s.start(in)
	for c := &s.column; c != nil && c.least < best; c = c.next {
		text := in.URI
		if c.ofPath {
			if text = pathOf(text); text == nil {
				continue
			}
		}
		var w walk
		w.begin(c.automaton, start)
		if c.byHost {
			var lower [256]byte
			w.read(appendLower(lower[:0], in.Host))
			w.cut()
		}
		w.read(text)
		if best = min(best, w.end()); w.scratch != nil {
			best = s.lowest(c, in, &w, best)
		}
	}
	if best == none {
		return -1
	}
	return int(best)
}

// lowest is best, or what is lower of the rules whose fields are left to decide. It
// gives the scratch back.
func (s *Set) lowest(c *column, in *Input, w *walk, best int32) int32 {
	if len(w.scratch.hits.list) > 0 {
		best = s.fields.first(in, c.hits, w.scratch.hits.list, best)
	}
	giveScratch(w.scratch)
	return best
}

// start numbers the kinds of start by method and source.
func (s *Set) start(in *Input) int {
	start := 0
	if s.methods != nil {
		start = s.methods[string(in.Method)]
	}
	if s.networks != nil {
		start = start*len(s.networks.parents) + s.networks.find(in.Source)
	}
	return start
}

// Size tells what a Set holds at the moment.
type Size struct {
	Rules  int
	Nodes  int // of all its automata
	States int // known
	Bytes  int // of the automata and the known states, about
}

// Size may be called while requests are matched.
func (s *Set) Size() Size {
	size := Size{Rules: len(s.patterns)}
	for c := &s.column; c != nil; c = c.next {
		c.automaton.addSize(&size)
	}
	if s.fields != nil {
		for _, f := range s.fields.named {
			f.automaton.addSize(&size)
		}
	}
	return size
}

func (a *automaton) addSize(size *Size) {
	a.build.Lock()
	defer a.build.Unlock()
	c := a.cache.Load()
	size.Nodes += len(a.nfa.nodes)
	size.States += len(c.ids)
	size.Bytes += c.bytes() + a.nfa.bytes() + a.lanes.bytes()
}
