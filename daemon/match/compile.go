package match

import (
	"fmt"
	"net/netip"
	"slices"
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
	for c := &s.column; c != nil; c = c.next {
		s.words.workshop.retire(c.automaton)
		c.automaton = nil
	}
	if s.fields != nil {
		for _, f := range s.fields.named {
			s.words.workshop.retire(f.automaton)
		}
	}
	s.fields = nil // a use would be a fault, not a wrong answer
}

func compile(patterns []*Pattern, lim Limits, words *vocabulary) (*Set, error) {
	nodes := new(int)
	words.workshop.open()
	defer words.workshop.close()
	defer clear(words.names)
	c := &compiler{
		set:    &Set{patterns: patterns, words: words, captures: make([]lazyCaptures, len(patterns))},
		lim:    lim,
		words:  words,
		uri:    newColumnCompiler(words.builder(lim, nodes)),
		fields: fieldsCompiler{words: words, lim: lim, nodes: nodes},
	}
	if len(patterns) > lim.Rules {
		return nil, &Error{Index: -1, Reason: fmt.Sprintf("the table has %d rules, the limit is %d", len(patterns), lim.Rules)}
	}
	if slices.ContainsFunc(patterns, func(p *Pattern) bool { return p.Path != "" }) {
		c.path = newColumnCompiler(words.builder(lim, nodes))
		c.path.ofPath = true
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
	set       *Set
	lim       Limits
	words     *vocabulary
	uri, path *columnCompiler // path: nil unless some rule asks of the path
	fields    fieldsCompiler
}

// columnOf is where a rule belongs.
func (c *compiler) columnOf(p *Pattern) *columnCompiler {
	if c.path != nil && p.Path+p.Prefix != "" {
		return c.path
	}
	return c.uri
}

// maxStarts bounds the kinds of start, which each have a word in each cache.
const maxStarts = 1 << 20

// prepare numbers what the rules ask for.
func (c *compiler) prepare() error {
	s := c.set
	var prefixes []netip.Prefix
	for i, p := range s.patterns {
		if p.Expr != "" && p.Path+p.Prefix != "" || p.Path != "" && p.Prefix != "" {
			return &Error{i, p.Keyword(), p.URI(), "a rule has no more than one of pattern, path and prefix"}
		}
		if err := p.checkPrefix(); err != nil {
			return &Error{i, "prefix", p.Prefix, err.Error()}
		}
		c.columnOf(p).prepare(int32(i), p)
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
	uri, err := c.words.parse(p.uri(), c.lim)
	if err != nil {
		return &Error{int(rule), p.Keyword(), p.URI(), err.Error()}
	}
	asksFields, err := c.fields.add(int(rule), p)
	if err != nil {
		return err
	}
	column := c.columnOf(p)
	root, err := column.root(c, rule, p)
	if err != nil {
		return err
	}
	b := column.builder
	err = b.add(root, uri, rule, func(at uint32) {
		if asksFields {
			b.hit(at, rule)
		} else {
			b.accept(at, rule)
		}
	})
	if err != nil {
		return &Error{int(rule), p.Keyword(), p.URI(), err.Error()}
	}
	return nil
}

// finish makes the automata. Those of fields share a quarter of the cache, the others
// the rest.
func (c *compiler) finish() (*Set, error) {
	s, cacheBytes := c.set, c.lim.CacheBytes
	if named := len(c.fields.named); named > 0 {
		cacheBytes -= cacheBytes / 4
	}
	columns := c.columns()
	var err error
	for i, made := range columns {
		column := &s.column
		if i > 0 {
			column = &made.column
			s.next = column
		}
		if err = made.finish(c, column, cacheBytes/len(columns)); err != nil {
			break
		}
	}
	if err == nil {
		s.fields, err = c.fields.finish(c.lim.CacheBytes - cacheBytes)
	}
	if err != nil {
		return nil, &Error{Index: -1, Reason: err.Error()}
	}
	return s, nil
}

// columns are those that are needed, that of the lowest rule first.
func (c *compiler) columns() []*columnCompiler {
	switch {
	case c.path == nil:
		return []*columnCompiler{c.uri}
	case c.uri.least == none:
		return []*columnCompiler{c.path}
	case c.path.least < c.uri.least:
		return []*columnCompiler{c.path, c.uri}
	}
	return []*columnCompiler{c.uri, c.path}
}
