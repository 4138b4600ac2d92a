package conf

import "strings"

// kind is what a token is.
type kind uint8

const (
	atEnd  kind = iota // the end of the file
	word               // a bare token
	quote              // a token in double quotes, its text without them
	open               // {
	closed             // }
	equals             // =, where a keyword may stand before it
	broken             // what is no token
)

// token is one piece of a file and where it begins.
type token struct {
	kind kind
	text string
	at   Position

	first bool // of its line
}

// is reports whether the token is that keyword; a quoted one never is.
func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.text, keyword)
}

// hasText reports whether the token can be a value.
func (t token) hasText() bool { return t.kind == word || t.kind == quote }

// String shows the token as a message's "found".
func (t token) String() string {
	switch t.kind {
	case atEnd:
		return "the end of the file"
	case broken:
		return "what can not be read"
	case open, closed, equals:
		return `"` + t.text + `"`
	default:
		return quoted(t.text)
	}
}

// place says how "=" is read: a token after a keyword, part of a value (an
// expression may hold one) elsewhere.
type place bool

const (
	inValue   place = false
	atKeyword place = true
)

// lexer cuts a file into tokens. Every byte is looked at a bounded number of
// times.
type lexer struct {
	file      string
	src       string
	pos       int
	line      int
	lineStart int
}

func newLexer(file, src string) *lexer {
	return &lexer{file: file, src: src, line: 1}
}

// at is the position of an offset in the line at hand.
func (l *lexer) at(offset int) Position {
	return Position{Line: l.line, Column: offset - l.lineStart + 1}
}

func (l *lexer) fail(offset int, expected, found string) error {
	at := l.at(offset)
	return &Error{File: l.file, Line: at.Line, Column: at.Column, Expected: expected, Found: found}
}

// next returns the next token, one of kind atEnd when there is none left, or
// an *Error: a control byte, a quote that does not close on its line, or a
// quote that touches another token.
func (l *lexer) next(where place) (token, error) {
	before := l.pos
	l.skip()
	start, first := l.pos, l.lineStart >= before
	if start == len(l.src) {
		return token{kind: atEnd, at: l.at(start)}, nil
	}
	single := func(k kind) (token, error) {
		l.pos++
		return token{kind: k, text: l.src[start:l.pos], at: l.at(start)}, nil
	}
	switch c := l.src[start]; {
	case c == '{':
		return single(open)
	case c == '}':
		return single(closed)
	case c == '=' && where == atKeyword:
		return single(equals)
	case c == '"':
		return l.quote(start)
	default:
		t, err := l.word(start, where)
		t.first = first
		return t, err
	}
}

// skipBroken goes past what is no token: to the end of the line, or to a brace that
// closes on it, so that its block is not taken for one without an end.
func (l *lexer) skipBroken() {
	inQuote := false
	for ; l.pos < len(l.src) && l.src[l.pos] != '\n'; l.pos++ {
		switch l.src[l.pos] {
		case '"':
			inQuote = !inQuote
		case '}':
			if !inQuote {
				return
			}
		}
	}
}

// skip passes over white space and comments. A carriage return is white
// space, so that files with CR LF read like others.
func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case '\n':
			l.pos++
			l.line++
			l.lineStart = l.pos
		case ' ', '\t', '\r', '\v', '\f':
			l.pos++
		case '#':
			if end := strings.IndexByte(l.src[l.pos:], '\n'); end >= 0 {
				l.pos += end
			} else {
				l.pos = len(l.src)
			}
		default:
			return
		}
	}
}

func (l *lexer) word(start int, where place) (token, error) {
	for ; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if isSpace(c) || c == '#' || c == '{' || c == '}' || c == '=' && where == atKeyword {
			break
		}
		if c == '"' {
			return token{}, l.fail(l.pos, "white space before a quote", "a quote inside "+quoted(l.src[start:l.pos]))
		}
		if isControl(c) {
			return token{}, l.fail(l.pos, "text", controlName(c))
		}
	}
	return token{kind: word, text: l.src[start:l.pos], at: l.at(start)}, nil
}

// quote reads a token whose opening quote is at start.
func (l *lexer) quote(start int) (token, error) {
	var unescaped []byte // nil while the token is as it stands in the file
	plain := start + 1   // what is not yet in unescaped begins here
	for i := start + 1; i < len(l.src); {
		switch c := l.src[i]; {
		case c == '\\':
			run := i
			for i < len(l.src) && l.src[i] == '\\' {
				i++
			}
			if i == len(l.src) || l.src[i] != '"' {
				continue
			}
			unescaped = append(unescaped, l.src[plain:run+(i-run)/2]...)
			plain = i
			if (i-run)%2 == 1 {
				i++
			}
		case c == '"':
			text := l.src[plain:i]
			if unescaped != nil {
				text = string(append(unescaped, text...))
			}
			l.pos = i + 1
			if l.pos < len(l.src) && isControl(l.src[l.pos]) && !isSpace(l.src[l.pos]) {
				return token{}, l.fail(l.pos, "text", controlName(l.src[l.pos]))
			}
			if l.pos < len(l.src) && !endsQuote(l.src[l.pos]) {
				return token{}, l.fail(l.pos, "white space after a quote", quoted(l.src[l.pos:l.pos+1]))
			}
			return token{kind: quote, text: text, at: l.at(start)}, nil
		case c == '\n' || c == '\r':
			return token{}, l.fail(start, `a closing " on the same line`, "the end of the line")
		case isControl(c):
			return token{}, l.fail(i, "text", controlName(c))
		default:
			i++
		}
	}
	return token{}, l.fail(start, `a closing " on the same line`, "the end of the file")
}

func endsQuote(c byte) bool {
	return isSpace(c) || c == '#' || c == '{' || c == '}'
}

func isSpace(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r'
}

// isControl reports a byte that no token may hold; a tab may stand in quotes.
func isControl(c byte) bool {
	return c < ' ' && c != '\t' || c == 0x7f
}

func controlName(c byte) string {
	if c == 0 {
		return "a NUL byte"
	}
	return "the control byte " + quoted(string(rune(c)))
}
