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
	f := &File{positions: make([]Position, 1)}
	declared := make(map[string]Position)
	for p.tok.kind != atEnd {
		b, err := p.virtual(declared)
		if err != nil {
			return nil, err
		}
		f.Virtuals = append(f.Virtuals, b.virtual)
		f.positions = append(f.positions, b.name.at)
		f.positions = append(f.positions, tokenPositions(b.servers)...)
		f.positions = append(f.positions, b.rules...)
	}
	return f, nil
}

// virtual reads one block, and the token after it.
func (p *parser) virtual(declared map[string]Position) (*block, error) {
	if !p.tok.is("virtual") {
		return nil, p.fail(p.tok, `"virtual"`)
	}
	if err := p.advance(inValue); err != nil {
		return nil, err
	}
	name := p.tok
	if err := p.checkName(name, declared); err != nil {
		return nil, err
	}
	if err := p.advance(inValue); err != nil {
		return nil, err
	}
	if p.tok.kind != open {
		return nil, p.fail(p.tok, `"{"`)
	}
	if err := p.advance(atKeyword); err != nil {
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

func (p *parser) checkName(name token, declared map[string]Position) error {
	const expected = "the name of a virtual service"
	if !name.hasText() {
		return p.fail(name, expected)
	}
	if err := proto.CheckName(name.text); err != nil {
		return p.failValue(name, expected, err)
	}
	if first, repeated := declared[name.text]; repeated {
		return p.fail(name, fmt.Sprintf("another name than that of line %d", first.Line))
	}
	declared[name.text] = name.at
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
