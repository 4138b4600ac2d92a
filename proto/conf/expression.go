package conf

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"ktcpvs/proto"
)

// CheckExpression says what is wrong with an extended regular expression, if
// anything is: its length, its characters, or its syntax. Of what only other kinds
// of expressions have it says what to write.
func CheckExpression(expression string) error {
	if err := proto.CheckPattern(expression); err != nil {
		return err
	}
	_, err := syntax.Parse(expression, syntax.POSIX)
	if err == nil {
		return nil
	}
	if what, at, instead := foreign(expression); what != "" {
		return fmt.Errorf(`"%s" at byte %d is not part of POSIX extended expressions: %s`, what, at, instead)
	}
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("%s: %s", bad.Code, quoted(bad.Expr))
	}
	return err
}

// foreignEscapes are those of Perl's expressions, and what to write for them.
var foreignEscapes = map[byte]string{
	'd': "[0-9]", 'w': "[A-Za-z0-9_]", 's': "[[:space:]]", 'h': "[[:blank:]]",
	'D': "[^0-9]", 'W': "[^A-Za-z0-9_]", 'S': "[^[:space:]]",
	'A': "^", 'Z': "$", 'z': "$",
}

const (
	apart  = "give what is to be left out a rule of its own, which is added later and so tried first"
	plain  = "write ( ), as groups have numbers only"
	behind = "write what stands before it, too"
)

// foreignGroups are the openings that only Perl's expressions have. The first that
// fits counts.
var foreignGroups = []struct{ opening, instead string }{
	{"(?!", apart},
	{"(?<!", apart},
	{"(?=", "ask for it in another condition, as host or query"},
	{"(?<=", behind},
	{"(?i", "of pattern and path, put i behind the expression (--ignore-case); elsewhere write [Aa] for a letter whose case does not count; of host it never does"},
	{"(?:", plain},
	{"(?P<", plain},
	{"(?<", plain},
	{"(?", plain},
}

// foreign finds the first piece of an expression that other kinds have and these
// lack, where it is, and what to use.
func foreign(expression string) (what string, at int, instead string) {
	inside := 0 // the end of the bracket expression at hand
	for i := 0; i < len(expression); i++ {
		rest := expression[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			if instead := escapeInstead(rest[1], i < inside); instead != "" {
				return rest[:2], i, instead
			}
			i++
		case i < inside:
		case rest[0] == '[':
			inside = i + bracketed(rest)
		case strings.HasPrefix(rest, "(?"):
			for _, g := range foreignGroups {
				if strings.HasPrefix(rest, g.opening) {
					return g.opening, i, g.instead
				}
			}
		}
	}
	return "", 0, ""
}

// escapeInstead is what to use for a backslash with c, "" where it may stand.
func escapeInstead(c byte, inBracket bool) string {
	write, known := foreignEscapes[c]
	switch {
	case known && inBracket && strings.HasPrefix(write, "[") && !strings.HasPrefix(write, "[^"):
		return "write " + write[1:len(write)-1] + " in the brackets"
	case known && !inBracket:
		return "write " + write
	case c == 'b' || c == 'B':
		return "write the characters that may stand beside the word, as in (^|[^a-z])word"
	case '1' <= c && c <= '9':
		return "nothing refers back to a group"
	case 'a' <= c && c <= 'z' && !strings.ContainsRune("afnrtvx", rune(c)), 'A' <= c && c <= 'Z':
		return "write the characters themselves"
	}
	return ""
}

// bracketed is the length of the bracket expression that text begins with: in it a
// first "]" means itself, and a class like [:alpha:] has brackets of its own.
func bracketed(text string) int {
	i := 1
	if strings.HasPrefix(text[i:], "^") {
		i++
	}
	if strings.HasPrefix(text[i:], "]") {
		i++
	}
	for i < len(text) {
		switch {
		case text[i] == ']':
			return i + 1
		case text[i] == '\\':
			i++
		case strings.HasPrefix(text[i:], "[:"):
			if end := strings.Index(text[i:], ":]"); end > 0 {
				i += end + 1
			}
		}
		i++
	}
	return len(text)
}
