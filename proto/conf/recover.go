package conf

// How the parser goes on after a mistake.

var sectionKeywords = []string{"virtual", "knobs", "modules"}

// record notes a mistake, unless there are enough or it is at the place of the one
// before.
func (p *parser) record(err error) {
	mistake, ok := err.(*Error)
	if n := len(p.mistakes); !ok || p.full() || n > 0 && p.mistakes[n-1].Line == mistake.Line && p.mistakes[n-1].Column == mistake.Column {
		return
	}
	p.mistakes = append(p.mistakes, mistake)
}

// full tells that no more mistakes are looked for: one more than are told.
func (p *parser) full() bool { return len(p.mistakes) > MostMistakes }

// wrong is for a value that will not do: it is noted, and what follows is read on.
// When there is none, or a statement begins with it, the error is given back.
func (p *parser) wrong(err error) error {
	if !p.tok.hasText() || p.startsStatement() {
		return err
	}
	p.record(err)
	return nil
}

// wrongPlace is for something left out before the token at hand, which is noted
// when a statement begins there, and given back when not.
func (p *parser) wrongPlace(err error) error {
	if !p.startsStatement() {
		return err
	}
	p.record(err)
	return nil
}

// skip takes the next token where a keyword may stand, and notes what is none.
func (p *parser) skip() {
	if err := p.advance(atKeyword); err != nil {
		p.record(err)
	}
}

// nextSection goes to the keyword of the next block, or to the end.
func (p *parser) nextSection() {
	for p.tok.kind != atEnd && !p.startsSection() && !p.full() {
		p.skip()
	}
}

// nextStatement goes to the next statement of a block, or to where it ends.
func (p *parser) nextStatement() {
	depth := 0 // of braces that are left out, as in an expression without quotes
	for !p.endsBlock() && !p.full() {
		switch {
		case p.tok.kind == open:
			depth++
		case p.tok.kind == closed && depth == 0:
			return
		case p.tok.kind == closed:
			depth--
		case depth == 0 && p.startsStatement():
			return
		}
		p.skip()
	}
}

// nextClause goes to the next keyword of a rule, and tells whether there is one.
func (p *parser) nextClause() bool {
	depth := 0 // of braces, as in nextStatement
	for !p.tok.isRuleKeyword() {
		switch {
		case p.tok.kind == open:
			depth++
		case p.tok.kind == closed && depth > 0:
			depth--
		case p.tok.kind == closed || p.endsBlock() || p.startsStatement() || p.full():
			return false
		}
		if err := p.advance(inValue); err != nil {
			p.record(err)
			return false
		}
	}
	return true
}

// startsSection tells whether a block of whichever kind begins with the token at
// hand.
func (p *parser) startsSection() bool {
	return p.tok.is("virtual") || p.tok.is("knobs") || p.tok.is("modules")
}

// startsVirtual tells whether what follows the word at hand is what follows
// "virtual".
func (p *parser) startsVirtual() bool {
	if p.tok.kind != word {
		return false
	}
	ahead := *p.lex
	name, err := ahead.next(inValue)
	if err != nil || !name.hasText() {
		return false
	}
	brace, err := ahead.next(inValue)
	return err == nil && brace.kind == open
}

// endsBlock tells whether a block ends here that was not closed.
func (p *parser) endsBlock() bool { return p.tok.kind == atEnd || p.startsSection() }

// startsStatement tells whether a statement begins with the token at hand: a
// keyword, or the first word of a line, and then "=".
func (p *parser) startsStatement() bool {
	if p.tok.kind != word || !p.tok.first && findSetting(p.tok) == nil {
		return false
	}
	ahead := *p.lex
	next, err := ahead.next(atKeyword)
	return err == nil && next.kind == equals
}
