package match

import "fmt"

// Limits bound what a table may cost, so that no set of rules an operator
// hands in can exhaust the daemon. What is past them is refused by Compile.
type Limits struct {
	Rules      int // rules in a table
	ExprBytes  int // length of one expression
	ExprNodes  int // automaton nodes of one expression, counted repeats unrolled
	TableNodes int // automaton nodes of a whole table; about 48 bytes each, 120 while compiling
	Classes    int // classes of characters that a table tells apart

	Names int // headers, cookies and query parameters asked for

	// CacheBytes bounds the deterministic states that requests leave behind
	// for those after them (64 KiB, and as much for each of Names, is the
	// least). Past it answers stay right and get slower; while full ones are
	// replaced there may be twice as much.
	CacheBytes int
}

// DefaultLimits are wide enough for 10,000 rules of 200 characters that share
// nothing.
func DefaultLimits() Limits {
	return Limits{
		Rules:      1 << 16,
		ExprBytes:  255,
		ExprNodes:  2048,
		TableNodes: 1 << 21,
		Classes:    4096,
		Names:      256,
		CacheBytes: 32 << 20,
	}
}

// Error says which condition of which pattern was refused, and why.
type Error struct {
	Index  int    // of the pattern; -1: the table as a whole
	Field  string // "pattern", "path", "prefix", "host", "method", "header X", "cookie X", "query X", "source"
	Expr   string // as given
	Reason string
}

func (e *Error) Error() string {
	if e.Index < 0 {
		return e.Reason
	}
	return fmt.Sprintf("rule %d: %s %q: %s", e.Index, e.Field, e.Expr, e.Reason)
}
