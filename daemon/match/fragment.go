package match

import (
	"fmt"
	"regexp/syntax"
)

// between adds re between a node and its child. Alternatives grow like
// sequences of their own, and so together with others that begin alike, up to
// where they join in the child.
func (b *builder) between(re *syntax.Regexp, at, to uint32, rule int32) error {
	switch re.Op {
	case syntax.OpAlternate:
	case syntax.OpQuest:
		b.empty(at, to, onNothing)
	default:
		return b.fragment(re, at, to, rule)
	}
	for _, sub := range re.Sub {
		last := at
		for _, e := range b.words.elements(flatten(nil, sub)) {
			var err error
			if last, err = b.child(last, e, rule); err != nil {
				return err
			}
		}
		b.empty(last, to, onNothing)
	}
	return nil
}

// fragment adds re between two nodes, by Thompson's construction: nothing it
// adds enters from or leaves to.
func (b *builder) fragment(re *syntax.Regexp, from, to uint32, rule int32) error {
	switch re.Op {
	case syntax.OpNoMatch:
		return nil
	case syntax.OpEmptyMatch:
		b.empty(from, to, onNothing)
		return nil
	case syntax.OpBeginLine:
		b.empty(from, to, onBegin)
		return nil
	case syntax.OpEndLine:
		b.empty(from, to, onEnd)
		return nil
	case syntax.OpCapture:
		return b.fragment(re.Sub[0], from, to, rule)
	case syntax.OpLiteral:
		for i, r := range re.Rune {
			next := to
			if i < len(re.Rune)-1 {
				next = b.node(rule)
			}
			b.onSet(from, next, literalSet(r, re.Flags))
			from = next
		}
		return nil
	case syntax.OpConcat:
		for i, sub := range re.Sub {
			next := to
			if i < len(re.Sub)-1 {
				next = b.node(rule)
			}
			if err := b.fragment(sub, from, next, rule); err != nil {
				return err
			}
			from = next
		}
		return nil
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if err := b.fragment(sub, from, to, rule); err != nil {
				return err
			}
		}
		return nil
	case syntax.OpQuest:
		b.empty(from, to, onNothing)
		return b.fragment(re.Sub[0], from, to, rule)
	case syntax.OpStar:
		loop := b.node(rule)
		b.empty(from, loop, onNothing)
		b.empty(loop, to, onNothing)
		return b.fragment(re.Sub[0], loop, loop, rule)
	case syntax.OpPlus:
		in, out := b.node(rule), b.node(rule)
		b.empty(from, in, onNothing)
		b.empty(out, in, onNothing)
		b.empty(out, to, onNothing)
		return b.fragment(re.Sub[0], in, out, rule)
	}
	if set, ok := setOf(re); ok {
		b.onSet(from, to, set)
		return nil
	}
	if re.Op == syntax.OpCharClass {
		return nil // an empty class: no character
	}
	return fmt.Errorf("%s is not part of POSIX extended expressions", re)
}
