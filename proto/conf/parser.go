package conf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/spelling"
)

// parser reads a file by recursive descent with one token of look-ahead. A mistake
// is noted, and then it reads on: a method that gives an error could not tell what
// comes next, and its caller goes to where something begins anew.
type parser struct {
	lex     *lexer
	tok     token // at hand, not yet used
	resolve Resolver

	declared map[string]Position // where each virtual service is
	listens  map[netip.AddrPort]string

	mistakes   Mistakes
	unresolved map[string]bool // names that were complained of
}

// advance takes the next token; where says whether it may be a keyword. What is no
// token at all is passed over, with what follows it on its line.
func (p *parser) advance(where place) (err error) {
	if p.tok, err = p.lex.next(where); err != nil {
		p.tok = token{kind: broken, at: p.lex.at(p.lex.pos)}
		p.lex.skipBroken()
	}
	return err
}

func (p *parser) fail(t token, expected string) error {
	return p.failAt(t.at, expected, t.String())
}

// failKeyword is for a word that is none of those that may stand there.
func (p *parser) failKeyword(t token, words []string) error {
	found := t.String()
	if t.kind == word {
		found += spelling.DidYouMean(t.text, words)
	}
	return p.failAt(t.at, oneOf(words...), found)
}

// failValue is for a token in its right place whose value will not do.
func (p *parser) failValue(t token, expected string, why error) error {
	return p.failAt(t.at, expected, fmt.Sprintf("%s (%v)", t, why))
}

func (p *parser) failAt(at Position, expected, found string) error {
	return &Error{File: p.lex.file, Line: at.Line, Column: at.Column, Expected: expected, Found: found}
}

// file reads all of it, over whatever is wrong, and then gives the file or the
// mistakes.
func (p *parser) file() (*File, error) {
	p.declared, p.listens = make(map[string]Position), make(map[netip.AddrPort]string)
	f := &File{}
	p.skip()
	for p.tok.kind != atEnd && !p.full() {
		if err := p.section(f); err != nil {
			p.record(err)
			p.nextSection()
		}
	}
	if len(p.mistakes) > 0 {
		return nil, p.mistakes.inOrder()
	}
	return f, nil
}

// section reads one block of whichever kind, and the token after it.
func (p *parser) section(f *File) error {
	switch {
	case p.tok.is("knobs"):
		return p.knobs(f)
	case p.tok.is("modules"):
		return p.modules(f)
	case !p.tok.is("virtual"):
		err := p.failKeyword(p.tok, sectionKeywords)
		if !p.startsVirtual() {
			p.record(err)
			p.skip()
			p.nextSection()
			return nil
		}
		p.record(err)
	}
	b, err := p.virtual()
	if err != nil {
		return err
	}
	f.Virtuals = append(f.Virtuals, b.virtual)
	f.virtuals = append(f.virtuals, b.name.at)
	f.virtuals = append(f.virtuals, tokenPositions(b.servers)...)
	f.virtuals = append(f.virtuals, b.rules...)
	return nil
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
	if name.kind != open {
		if err := p.advance(inValue); err != nil {
			return nil, err
		}
	}
	if p.tok.kind == open {
		p.skip()
	} else if err := p.wrongPlace(p.fail(p.tok, `"{"`)); err != nil {
		return nil, err
	}
	b := newBlock(name)
	for p.tok.kind != closed {
		err := p.statement(b)
		switch {
		case p.full() || err != nil && p.endsBlock():
			return b, err
		case err != nil:
			p.record(err)
			b.unsure = true
			p.nextStatement()
		}
	}
	p.finish(b)
	p.skip()
	return b, nil
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

// checkName reads the token at hand as the name of a new virtual service. One that
// is left out is noted where its block begins.
func (p *parser) checkName(name token) error {
	const expected = "the name of a virtual service"
	if !name.hasText() {
		err := p.fail(name, expected)
		if name.kind != open {
			return err
		}
		p.record(err)
		return nil
	}
	if err := proto.CheckName(name.text); err != nil {
		p.record(p.failValue(name, expected, err))
		return nil
	}
	if first, repeated := p.declared[name.text]; repeated {
		p.record(p.fail(name, fmt.Sprintf("another name than that of line %d", first.Line)))
		return nil
	}
	p.declared[name.text] = name.at
	return nil
}

// number reads the token at hand as a decimal number within bounds.
func (p *parser) number(least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(p.tok.text, 10, 64)
	if p.tok.hasText() && err == nil && n >= least && n <= most {
		return n, nil
	}
	return 0, p.wrong(p.fail(p.tok, fmt.Sprintf("a number from %d to %d", least, most)))
}

// text reads the token at hand as a value that check finds nothing wrong with; it
// is empty when something was, which then is noted.
func (p *parser) text(expected string, check func(string) error) (string, error) {
	if !p.tok.hasText() {
		return "", p.fail(p.tok, expected)
	}
	if err := check(p.tok.text); err != nil {
		return "", p.wrong(p.failValue(p.tok, expected, err))
	}
	return p.tok.text, nil
}

// oneOf writes words for a message: "a", "b" or "c".
func oneOf(words ...string) string {
	last := len(words) - 1
	return `"` + strings.Join(words[:last], `", "`) + `" or "` + words[last] + `"`
}
