package conf

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a file; both numbers start at 1, and a column is
// counted in bytes.
type Position struct {
	Line, Column int
}

// Error is one thing that is wrong with a configuration.
type Error struct {
	File         string
	Line, Column int
	Expected     string // what should stand there
	Found        string // what does
}

// Error is one line: file, line, column, what was expected, what was found.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: expected %s, found %s", e.File, e.Line, e.Column, e.Expected, e.Found)
}

// MostMistakes is how many are told of one file.
const MostMistakes = 20

// Mistakes are all that is wrong with a configuration, as far as it could be read,
// in the order of the file: MostMistakes, and one more when there are more.
type Mistakes []*Error

// Error is a line for each.
func (m Mistakes) Error() string {
	var text strings.Builder
	for i, mistake := range m {
		if i == MostMistakes {
			fmt.Fprintf(&text, "\n%s: more than %d mistakes, the rest is not looked at", mistake.File, MostMistakes)
			break
		}
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(mistake.Error())
	}
	return text.String()
}

// Unwrap gives them one by one.
func (m Mistakes) Unwrap() []error {
	list := make([]error, len(m))
	for i, mistake := range m {
		list[i] = mistake
	}
	return list
}

// inOrder sorts them by their places: what only a whole block tells is noted late.
func (m Mistakes) inOrder() Mistakes {
	slices.SortStableFunc(m, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return m
}

// quoted shows text that an operator wrote, cut so that the message stays a
// line that can be read.
func quoted(text string) string {
	const longest = 60
	if len(text) > longest {
		return strconv.Quote(text[:longest]) + "..."
	}
	return strconv.Quote(text)
}
