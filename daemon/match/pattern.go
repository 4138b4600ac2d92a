package match

import "net/netip"

// Pattern is what a rule asks of a request. A zero field asks nothing; all
// that are given must hold.
type Pattern struct {
	// Expr is a POSIX extended regular expression, as regexp.CompilePOSIX
	// reads it, that must be found anywhere in the request's URI.
	Expr string

	// Host is an expression that must be found in the request's host. Host
	// names have no case (RFC 9110, section 4.2.3): it is found regardless.
	Host string

	// Method is a token that the request's method must equal, case and all
	// (RFC 9110, section 9.1).
	Method string

	// Headers, Cookies and Queries must each be in the request with a value
	// in which the expression is found. Where a name comes several times, one
	// such value is enough.
	Headers []NamedExpr
	Cookies []NamedExpr
	Queries []NamedExpr

	// Source is the network that the client's address must be in.
	Source netip.Prefix
}

// NamedExpr asks for a header (in any case), a cookie or a query parameter
// (both in just this case) by name. An empty Expr asks only that it is there.
type NamedExpr struct {
	Name string
	Expr string
}

// Default reports whether expr is one of the two patterns that every ordinary
// URI matches and that a table therefore tries last.
func Default(expr string) bool { return expr == ".*" || expr == "^/.*" }
