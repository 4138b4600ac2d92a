package conf

import (
	"fmt"
	"strconv"
	"strings"

	"ktcpvs/proto"
)

// parser reads a file by recursive descent with one token of look-ahead.
type parser struct {
	lex     *lexer
	tok     token // at hand, not yet used
	resolve Resolver

	declared map[string]Position // where each virtual service is
}

// advance takes the next token; where says whether it may be a keyword.
func (p *parser) advance(where place) (err error) {
	p.tok, err = p.lex.next(where)
	return err
}

func (p *parser) fail(t token, expected string) error {
	return p.failAt(t.at, expected, t.String())
}

// failValue is for a token in its right place whose value will not do.
func (p *parser) failValue(t token, expected string, why error) error {
	return p.failAt(t.at, expected, fmt.Sprintf("%s (%v)", t, why))
}

func (p *parser) failAt(at Position, expected, found string) error {
	return &Error{File: p.lex.file, Line: at.Line, Column: at.Column, Expected: expected, Found: found}
}

func (p *parser) file() (*File, error) {
	if err := p.advance(atKeyword); err != nil {
		return nil, err
	}
	p.declared = make(map[string]Position)
	f := &File{}
	for p.tok.kind != atEnd {
		if err := p.section(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// section reads one block of whichever kind, and the token after it.
func (p *parser) section(f *File) error {
	switch {
	case p.tok.is("virtual"):
		b, err := p.virtual()
		if err != nil {
			return err
		}
		f.Virtuals = append(f.Virtuals, b.virtual)
		f.virtuals = append(f.virtuals, b.name.at)
		f.virtuals = append(f.virtuals, tokenPositions(b.servers)...)
		f.virtuals = append(f.virtuals, b.rules...)
		return nil
	case p.tok.is("knobs"):
		return p.knobs(f)
	case p.tok.is("modules"):
		return p.modules(f)
	}
	return p.fail(p.tok, oneOf("virtual", "knobs", "modules"))
}

// virtual reads the block of a virtual service, and the token after it.
func (p *parser) virtual() (*block, error) {
	if err := p.advance(inValue); err != nil {
		return nil, err
	}
	name := p.tok
	if err := p.checkName(name); err != nil {
		return nil, err
	}
	if err := p.opening(atKeyword); err != nil {
		return nil, err
	}
	b := newBlock(name)
	for p.tok.kind != closed {
		if err := p.statement(b); err != nil {
			return nil, err
		}
	}
	if err := p.finish(b); err != nil {
		return nil, err
	}
	return b, p.advance(atKeyword)
}

// opening reads the brace after the token at hand, and the token after it, which
// is a keyword or not.
func (p *parser) opening(where place) error {
	if err := p.advance(inValue); err != nil {
		return err
	}
	if p.tok.kind != open {
		return p.fail(p.tok, `"{"`)
	}
	return p.advance(where)
}

func (p *parser) checkName(name token) error {
	const expected = "the name of a virtual service"
	if !name.hasText() {
		return p.fail(name, expected)
	}
	if err := proto.CheckName(name.text); err != nil {
		return p.failValue(name, expected, err)
	}
	if first, repeated := p.declared[name.text]; repeated {
		return p.fail(name, fmt.Sprintf("another name than that of line %d", first.Line))
	}
	p.declared[name.text] = name.at
	return nil
}

// number reads the token at hand as a decimal number within bounds.
func (p *parser) number(least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(p.tok.text, 10, 64)
	if !p.tok.hasText() || err != nil || n < least || n > most {
		return 0, p.fail(p.tok, fmt.Sprintf("a number from %d to %d", least, most))
	}
	return n, nil
}

// text reads the token at hand as a value that check finds nothing wrong with.
func (p *parser) text(expected string, check func(string) error) (string, error) {
	if !p.tok.hasText() {
		return "", p.fail(p.tok, expected)
	}
	if err := check(p.tok.text); err != nil {
		return "", p.failValue(p.tok, expected, err)
	}
	return p.tok.text, nil
}

// oneOf writes words for a message: "a", "b" or "c".
func oneOf(words ...string) string {
	last := len(words) - 1
	return `"` + strings.Join(words[:last], `", "`) + `" or "` + words[last] + `"`
}
