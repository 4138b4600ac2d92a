package match

import (
	"fmt"
	"net/netip"
)

// Compile makes a Set of patterns; their order is the order they are tried in.
// The error is an *Error, and nothing is kept of what was refused.
//
// The patterns are the Set's to keep, and nobody's to change.
//
// Time and memory are in proportion to the nodes of the expressions, which lim
// bounds.
func Compile(patterns []*Pattern, lim Limits) (*Set, error) {
	return compile(patterns, lim, newVocabulary())
}

// Recompile is Compile for a table that resembles the one s (which may be nil)
// was made of: what the two share is not parsed again, and hardly more memory is
// taken than the new Set keeps. s goes on as it was. Of s and all Sets that come
// from it by Recompile, only one may be recompiled at a time.
func (s *Set) Recompile(patterns []*Pattern, lim Limits) (*Set, error) {
	if s == nil {
		return Compile(patterns, lim)
	}
	return compile(patterns, lim, s.words.renewed(len(patterns)))
}

// Retire gives the memory of s to the next of its line that is recompiled. By
// then nobody may be using s, and nobody may afterwards.
func (s *Set) Retire() {
	s.words.workshop.retire(s.automaton)
	if s.fields != nil {
		for _, f := range s.fields.named {
			s.words.workshop.retire(f.automaton)
		}
	}
	s.automaton, s.fields = nil, nil // a use would be a fault, not a wrong answer
}

func compile(patterns []*Pattern, lim Limits, words *vocabulary) (*Set, error) {
	nodes := new(int)
	words.workshop.open()
	defer words.workshop.close()
	defer clear(words.names)
	c := &compiler{
		set:     &Set{patterns: patterns, words: words, captures: make([]lazyCaptures, len(patterns))},
		lim:     lim,
		words:   words,
		builder: words.builder(lim, nodes),
		groups:  map[group]*groupRoots{},
		fields:  fieldsCompiler{words: words, lim: lim, nodes: nodes},
	}
	if len(patterns) > lim.Rules {
		return nil, &Error{Index: -1, Reason: fmt.Sprintf("the table has %d rules, the limit is %d", len(patterns), lim.Rules)}
	}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	for i, p := range patterns {
		if err := c.add(int32(i), p); err != nil {
			return nil, err
		}
	}
	return c.finish()
}

// compiler is one compilation.
type compiler struct {
	set     *Set
	lim     Limits
	words   *vocabulary
	builder *builder
	groups  map[group]*groupRoots
	fields  fieldsCompiler
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

// maxStarts bounds the kinds of start, which each have a word in each cache.
const maxStarts = 1 << 20

// prepare numbers what the rules ask for.
func (c *compiler) prepare() error {
	s := c.set
	var prefixes []netip.Prefix
	for i, p := range s.patterns {
		s.byHost = s.byHost || p.Host != ""
		if p.Method != "" {
			if s.methods == nil {
				s.methods = map[string]int{}
			}
			if _, ok := s.methods[p.Method]; !ok {
				s.methods[p.Method] = len(s.methods) + 1
			}
		}
		if p.Source != (netip.Prefix{}) {
			if !p.Source.IsValid() {
				return &Error{i, "source", p.Source.String(), "it is no network"}
			}
			prefixes = append(prefixes, plainPrefix(p.Source))
		}
	}
	if prefixes != nil {
		s.networks = newNetworks(prefixes)
	}
	if n := c.starts(); n > maxStarts {
		return &Error{Index: -1, Reason: fmt.Sprintf("the table asks for %d methods and %d networks, too many together",
			len(s.methods), len(s.networks.parents)-1)}
	}
	return nil
}

// starts is the number of kinds of start.
func (c *compiler) starts() int {
	n := len(c.set.methods) + 1
	if c.set.networks != nil {
		n *= len(c.set.networks.parents)
	}
	return n
}

// add takes in one rule.
func (c *compiler) add(rule int32, p *Pattern) error {
	uri, err := c.words.parse(source{expr: p.Expr}, c.lim)
	if err != nil {
		return &Error{int(rule), "pattern", p.Expr, err.Error()}
	}
	asksFields, err := c.fields.add(int(rule), p)
	if err != nil {
		return err
	}
	root, err := c.root(rule, p)
	if err != nil {
		return err
	}
	b := c.builder
	err = b.add(root, uri, rule, func(at uint32) {
		if asksFields {
			b.hit(at, rule)
		} else {
			b.accept(at, rule)
		}
	})
	if err != nil {
		return &Error{int(rule), "pattern", p.Expr, err.Error()}
	}
	return nil
}

// root returns the node that a rule's URI expression grows from.
func (c *compiler) root(rule int32, p *Pattern) (uint32, error) {
	b, g := c.builder, group{method: c.set.methods[p.Method]}
	if p.Source.IsValid() {
		g.network = c.set.networks.numbers[plainPrefix(p.Source)]
	}
	roots := c.groups[g]
	if roots == nil {
		roots = &groupRoots{first: b.root(rule), uris: map[string]uint32{}}
		c.groups[g] = roots
	}
	if !c.set.byHost {
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
	host, err := c.words.parse(source{expr: p.Host, fold: true}, c.lim)
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

// finish makes the automata. Those of fields share a quarter of the cache.
func (c *compiler) finish() (*Set, error) {
	s, cacheBytes := c.set, c.lim.CacheBytes
	if named := len(c.fields.named); named > 0 {
		cacheBytes -= cacheBytes / 4
	}
	n, err := c.builder.finish()
	var l *lanes
	if err == nil {
		l, err = s.words.workshop.lanesOf(n)
	}
	if err == nil {
		s.hits = c.builder.hits
		s.automaton = newAutomaton(n, l, c.starts(), c.rootsOf(), cacheBytes)
		s.fields, err = c.fields.finish(c.lim.CacheBytes - cacheBytes)
	}
	if err != nil {
		return nil, &Error{Index: -1, Reason: err.Error()}
	}
	s.largest, s.largestNodes = l.largest, l.largestNodes
	s.allRoots = c.allRoots()
	return s, nil
}

// allRoots are the nodes that any kind of start begins with.
func (c *compiler) allRoots() (roots []uint32) {
	for _, g := range c.groups {
		roots = append(roots, g.first)
	}
	return roots
}

// rootsOf returns the function that lists the nodes which a kind of start
// begins with: of any method and the request's, of all networks around its
// source and any.
func (c *compiler) rootsOf() func(start int, to []uint32) []uint32 {
	groups, networks := c.groups, c.set.networks
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
