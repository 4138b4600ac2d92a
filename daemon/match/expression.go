package match

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"regexp/syntax"
)

// expression is a parsed expression as the automaton takes it in: sequences of
// elements, any one of which found is the expression found. The elements are
// numbers in a vocabulary, so that two expressions that begin alike have equal
// numbers in front.
type expression struct {
	sequences [][]element
	nodes     int
}

// element is a number in a vocabulary.
type element int32

// form is what an element stands for, by op:
//
//	OpCharClass               one character of set
//	OpStar, OpPlus, OpQuest   as many characters of set
//	OpBeginLine, OpEndLine    a place
//	opFragment                whatever re says
type form struct {
	op  syntax.Op
	set runeSet
	re  *syntax.Regexp
}

// opFragment marks a form that only its syntax tree tells.
const opFragment = syntax.OpConcat

// vocabulary numbers the elements of all expressions of a line of Sets.
type vocabulary struct {
	numbers map[string]element
	forms   []form
	plain   ['\x7f' + 1]element // the literals of ASCII, plus one; 0: not numbered yet
	parsed  map[source]*expression
	names   map[*syntax.Regexp][]byte // of the trees of the table being compiled

	workshop workshop
}

// source is an expression as written.
type source struct {
	expr   string
	fold   bool // found regardless of case
	low    bool // and in a text without capitals of ASCII
	prefix bool // no expression: text that a line begins with
}

// hostSource is what a rule asks of a host, whose case never counts.
func hostSource(expr string) source { return source{expr: expr, fold: true, low: true} }

// tree is what the source means. The error's text is the reason for refusing it.
func (src source) tree() (*syntax.Regexp, error) {
	flags := syntax.POSIX
	if src.fold {
		flags |= syntax.FoldCase
	}
	if src.prefix {
		text := &syntax.Regexp{Op: syntax.OpLiteral, Flags: flags, Rune: []rune(src.expr)}
		return &syntax.Regexp{Op: syntax.OpConcat, Flags: flags, Sub: []*syntax.Regexp{{Op: syntax.OpBeginLine, Flags: flags}, text}}, nil
	}
	re, err := syntax.Parse(src.expr, flags)
	if e, ok := err.(*syntax.Error); ok {
		return nil, fmt.Errorf("%s: `%s`", e.Code, e.Expr)
	}
	return re, err
}

func newVocabulary() *vocabulary {
	return &vocabulary{numbers: map[string]element{}, parsed: map[source]*expression{}, names: map[*syntax.Regexp][]byte{}}
}

// parse reads an expression, or finds it read already. The error's text is the
// reason for refusing it.
func (v *vocabulary) parse(src source, lim Limits) (*expression, error) {
	if len(src.expr) > lim.ExprBytes {
		return nil, fmt.Errorf("it has %d bytes, the limit is %d", len(src.expr), lim.ExprBytes)
	}
	if x := v.parsed[src]; x != nil {
		return x, x.fits(lim)
	}
	re, err := src.tree()
	if err != nil {
		return nil, err
	}
	x := &expression{nodes: unrolled(re)}
	if err := x.fits(lim); err != nil {
		return nil, err
	}
	clear(v.names) // its trees are others than those before
	re = re.Simplify()
	if src.low {
		re = lowered(re)
	}
	parts := trimmed(re)
	if len(parts) == 1 && parts[0].Op == syntax.OpAlternate {
		for _, sub := range parts[0].Sub {
			x.sequences = append(x.sequences, v.elements(flatten(nil, sub)))
		}
	} else {
		x.sequences = [][]element{v.elements(parts)}
	}
	v.parsed[src] = x
	return x, nil
}

func (x *expression) fits(lim Limits) error {
	if x.nodes > lim.ExprNodes {
		return fmt.Errorf("it unrolls to %d nodes, the limit is %d", x.nodes, lim.ExprNodes)
	}
	return nil
}

// unrolled bounds the nodes that re becomes, without unrolling it.
func unrolled(re *syntax.Regexp) int {
	n := 1
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpConcat, syntax.OpCapture, syntax.OpRepeat:
		n = 0
	}
	for _, sub := range re.Sub {
		n = min(n+unrolled(sub), math.MaxInt32)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(re.Min, re.Max, 1), math.MaxInt32)
	}
	return n
}

// elements numbers the parts of a concatenation.
func (v *vocabulary) elements(parts []*syntax.Regexp) []element {
	elements := make([]element, 0, len(parts))
	for _, re := range parts {
		if re.Op == syntax.OpLiteral {
			for _, r := range re.Rune {
				elements = append(elements, v.literal(r, re.Flags))
			}
			continue
		}
		elements = append(elements, v.number(formOf(re)))
	}
	return elements
}

func (v *vocabulary) literal(r rune, flags syntax.Flags) element {
	if r > '\x7f' || flags&syntax.FoldCase != 0 {
		return v.number(form{op: syntax.OpCharClass, set: literalSet(r, flags)})
	}
	if v.plain[r] == 0 {
		v.plain[r] = v.number(form{op: syntax.OpCharClass, set: newRuneSet(r, r)}) + 1
	}
	return v.plain[r] - 1
}

func formOf(re *syntax.Regexp) form {
	if set, ok := setOf(re); ok {
		return form{op: syntax.OpCharClass, set: set}
	}
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine:
		return form{op: re.Op}
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		if set, ok := setOf(re.Sub[0]); ok {
			return form{op: re.Op, set: set}
		}
	}
	return form{op: opFragment, re: re}
}

func (v *vocabulary) number(f form) element {
	key := string(rune(f.op)) + string(f.set)
	if f.re != nil {
		key += string(v.nameOf(f.re))
	}
	e, ok := v.numbers[key]
	if !ok {
		e = element(len(v.forms))
		v.numbers[key] = e
		v.forms = append(v.forms, f)
	}
	return e
}

// nameOf is what tells simplified trees of different meanings apart: short ones
// whole, longer ones by their sum. Their String would do that too, but tries the
// cases of each character of a class: two milliseconds for every [^/].
//
// (ab){0,900} is nine hundred trees, each in the one before, so a tree's name is
// made of its parts' names and kept.
func (v *vocabulary) nameOf(re *syntax.Regexp) []byte {
	if name, ok := v.names[re]; ok {
		return name
	}
	name := []byte{byte(re.Op), byte(re.Flags & syntax.FoldCase)}
	name = binary.AppendUvarint(name, uint64(len(re.Sub)))
	name = binary.AppendUvarint(name, uint64(len(re.Rune)))
	for _, r := range re.Rune {
		name = binary.AppendUvarint(name, uint64(r))
	}
	for _, sub := range re.Sub {
		part := v.nameOf(sub)
		name = binary.AppendUvarint(name, uint64(len(part)))
		name = append(name, part...)
	}
	if len(name) > sha256.Size {
		sum := sha256.Sum256(name)
		name = sum[:]
	}
	v.names[re] = name
	return name
}

// renewed returns v for another table of about so many rules: v itself, or an
// empty one once most of v must be of rules long gone.
func (v *vocabulary) renewed(rules int) *vocabulary {
	if len(v.parsed) > 4*rules+1024 {
		return newVocabulary()
	}
	return v
}

// builder returns an empty builder.
func (v *vocabulary) builder(lim Limits, spent *int) *builder {
	b := v.workshop.take()
	b.reset(v, lim, spent)
	return b
}
