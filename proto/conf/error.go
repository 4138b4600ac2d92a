package conf

import (
	"fmt"
	"strconv"
)

// Position is a place in a file; both numbers start at 1, and a column is
// counted in bytes.
type Position struct {
	Line, Column int
}

// Error is the first thing that is wrong with a configuration.
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

// quoted shows text that an operator wrote, cut so that the message stays a
// line that can be read.
func quoted(text string) string {
	const longest = 60
	if len(text) > longest {
		return strconv.Quote(text[:longest]) + "..."
	}
	return strconv.Quote(text)
}
