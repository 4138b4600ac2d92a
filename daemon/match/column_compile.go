package match

// columnCompiler gathers what the rules of one column ask.
type columnCompiler struct {
	column  // as far as it is known before all rules are
	builder *builder
	groups  map[group]*groupRoots
}

// group is what rules share that are begun together.
type group struct {
	method, network int
}

// groupRoots is where a group's rules grow from.
type groupRoots struct {
	first uint32            // the host's root, or the URI's when no rule asks for a host
	uris  map[string]uint32 // the URI's roots, by the host expression in front
}

func newColumnCompiler(b *builder) *columnCompiler {
	return &columnCompiler{column: column{least: none}, builder: b, groups: map[group]*groupRoots{}}
}

// prepare notes a rule that will come.
func (c *columnCompiler) prepare(rule int32, p *Pattern) {
	c.least = min(c.least, rule)
	c.byHost = c.byHost || p.Host != ""
}

// root returns the node that a rule's URI expression grows from.
func (c *columnCompiler) root(of *compiler, rule int32, p *Pattern) (uint32, error) {
	b, g := c.builder, group{method: of.set.methods[p.Method]}
	if p.Source.IsValid() {
		g.network = of.set.networks.numbers[plainPrefix(p.Source)]
	}
	roots := c.groups[g]
	if roots == nil {
		roots = &groupRoots{first: b.root(rule), uris: map[string]uint32{}}
		c.groups[g] = roots
	}
	if !c.byHost {
		return roots.first, nil
	}
	if uri, ok := roots.uris[p.Host]; ok {
		return uri, nil
	}
	uri := b.root(rule)
	roots.uris[p.Host] = uri
	if p.Host == "" {
		b.onCut(roots.first, uri)
		return uri, nil
	}
	host, err := of.words.parse(hostSource(p.Host), of.lim)
	if err == nil {
		// Once the host is found that is known up to the cut.
		known := b.root(rule)
		b.onCut(known, uri)
		err = b.add(roots.first, host, rule, func(at uint32) { b.empty(at, known, onNothing) })
	}
	if err != nil {
		return 0, &Error{int(rule), "host", p.Host, err.Error()}
	}
	return uri, nil
}

// finish makes the column.
func (c *columnCompiler) finish(of *compiler, column *column, cacheBytes int) error {
	n, err := c.builder.finish()
	if err != nil {
		return err
	}
	s := of.set
	l, err := s.words.workshop.lanesOf(n)
	if err != nil {
		return err
	}
	column.ofPath, column.byHost, column.least = c.ofPath, c.byHost, c.least
	column.hits = c.builder.hits
	column.automaton = newAutomaton(n, l, of.starts(), rootsOf(c.groups, s.networks), cacheBytes)
	for _, g := range c.groups {
		column.allRoots = append(column.allRoots, g.first)
	}
	if l.largestNodes >= s.largestNodes {
		s.largest, s.largestNodes = l.largest, l.largestNodes
	}
	return nil
}

// rootsOf returns the function that lists the nodes which a kind of start
// begins with: of any method and the request's, of all networks around its
// source and any.
func rootsOf(groups map[group]*groupRoots, networks *networks) func(start int, to []uint32) []uint32 {
	return func(start int, to []uint32) []uint32 {
		method, network := start, 0
		if networks != nil {
			method, network = start/len(networks.parents), start%len(networks.parents)
		}
		for {
			if roots := groups[group{0, network}]; roots != nil {
				to = append(to, roots.first)
			}
			if roots := groups[group{method, network}]; method != 0 && roots != nil {
				to = append(to, roots.first)
			}
			if network == 0 {
				return to
			}
			network = networks.parents[network]
		}
	}
}
