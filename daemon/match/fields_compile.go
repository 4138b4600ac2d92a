package match

import (
	"fmt"
	"strings"
)

// fieldsCompiler gathers the conditions on fields of a table's rules.
type fieldsCompiler struct {
	words *vocabulary
	lim   Limits
	nodes *int

	named      []*namedCompiler
	numbers    map[fieldKey]int // in named
	conditions []int            // by condition: in named
	asks       [][]int          // by rule, up to the last that asks
}

type fieldKey struct {
	kind fieldKind
	name string
}

// namedCompiler gathers the expressions for one name.
type namedCompiler struct {
	fieldKey
	builder    *builder
	root       uint32
	conditions map[string]int // by expression
}

// add takes in one rule's conditions and tells whether there are any.
func (c *fieldsCompiler) add(rule int, p *Pattern) (bool, error) {
	var asks []int
	for kind, exprs := range [...][]NamedExpr{header: p.Headers, cookie: p.Cookies, query: p.Queries} {
		for _, e := range exprs {
			condition, err := c.condition(fieldKind(kind), e)
			if err != nil {
				return false, &Error{rule, strings.TrimSpace(fieldKind(kind).String() + " " + e.Name), e.Expr, err.Error()}
			}
			asks = append(asks, condition)
		}
	}
	if asks == nil {
		return false, nil
	}
	for len(c.asks) < rule {
		c.asks = append(c.asks, nil)
	}
	c.asks = append(c.asks, asks)
	return true, nil
}

// condition numbers a condition.
func (c *fieldsCompiler) condition(kind fieldKind, e NamedExpr) (int, error) {
	if e.Name == "" {
		return 0, fmt.Errorf("it has no name")
	}
	key := fieldKey{kind, e.Name}
	if kind == header {
		key.name = strings.ToLower(e.Name)
	}
	i, ok := c.numbers[key]
	if !ok {
		if i = len(c.named); i >= c.lim.Names {
			return 0, fmt.Errorf("the table asks for more than %d names", c.lim.Names)
		}
		if c.numbers == nil {
			c.numbers = map[fieldKey]int{}
		}
		c.numbers[key] = i
		n := &namedCompiler{fieldKey: key, builder: c.words.builder(c.lim, c.nodes), conditions: map[string]int{}}
		n.root = n.builder.root(0)
		c.named = append(c.named, n)
	}
	n := c.named[i]
	if condition, ok := n.conditions[e.Expr]; ok {
		return condition, nil
	}
	x, err := c.words.parse(source{expr: e.Expr}, c.lim)
	if err != nil {
		return 0, err
	}
	condition := len(c.conditions)
	err = n.builder.add(n.root, x, int32(condition), func(at uint32) { n.builder.hit(at, int32(condition)) })
	if err != nil {
		return 0, err
	}
	n.conditions[e.Expr] = condition
	c.conditions = append(c.conditions, i)
	return condition, nil
}

// finish makes the automata, which share so many bytes for their caches; nil
// when there is nothing to decide.
func (c *fieldsCompiler) finish(cacheBytes int) (*fields, error) {
	if len(c.named) == 0 {
		return nil, nil
	}
	f := &fields{ofCookie: map[string]int{}, ofQuery: map[string]int{}, asked: c.conditions, asks: c.asks}
	for i, n := range c.named {
		automaton, err := n.builder.finish()
		if err != nil {
			return nil, err
		}
		lanes, err := c.words.workshop.lanesOf(automaton)
		if err != nil {
			return nil, err
		}
		root := n.root
		f.named = append(f.named, namedField{
			kind: n.kind,
			name: n.name,
			root: root,
			hits: n.builder.hits,
			automaton: newAutomaton(automaton, lanes, 1, func(_ int, to []uint32) []uint32 { return append(to, root) },
				cacheBytes/len(c.named)),
		})
		switch n.kind {
		case cookie:
			f.ofCookie[n.name] = i
		case query:
			f.ofQuery[n.name] = i
		}
	}
	return f, nil
}
