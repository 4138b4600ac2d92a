package match

import (
	"errors"
	"net/netip"
	"strings"
)

// Pattern is what a rule asks of a request. A zero field asks nothing; all
// that are given must hold.
type Pattern struct {
	// Expr is a POSIX extended regular expression, as regexp.CompilePOSIX
	// reads it, that must be found anywhere in the request's URI. Of Expr, Path and
	// Prefix no more than one may be given.
	Expr string

	// Path is such an expression that must be found in the path of the URI: what
	// stands before a "?". A URI that does not begin with "/" has no path.
	Path string

	// Prefix is what the path must begin with, byte by byte: "/x" is what "/xy" begins
	// with, too. It begins with "/" and has no "?".
	Prefix string

	// IgnoreCase has Expr, Path or Prefix be found regardless of case, as (?i) has
	// it. What is percent-encoded stays so: of "%c3%a9" the case of the digits does
	// not count, and that of the character that they stand for does.
	IgnoreCase bool

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

// uri is what the rule asks of the URI, or of its path.
func (p *Pattern) uri() source {
	switch {
	case p.Path != "":
		return source{expr: p.Path, fold: p.IgnoreCase}
	case p.Prefix != "":
		return source{expr: p.Prefix, fold: p.IgnoreCase, prefix: true}
	}
	return source{expr: p.Expr, fold: p.IgnoreCase}
}

// Keyword names the condition on the URI that is given: "pattern", "path" or "prefix".
func (p *Pattern) Keyword() string {
	switch {
	case p.Path != "":
		return "path"
	case p.Prefix != "":
		return "prefix"
	}
	return "pattern"
}

// URI is what is given of that condition.
func (p *Pattern) URI() string { return p.uri().expr }

// checkPrefix tells whether a path can begin with the prefix.
func (p *Pattern) checkPrefix() error {
	if p.Prefix == "" {
		return nil
	}
	if p.Prefix[0] != '/' {
		return errors.New(`a path begins with "/"`)
	}
	if strings.ContainsAny(p.Prefix, "?\n") {
		return errors.New(`a path has no "?", and no line ends in it`)
	}
	return nil
}

// Default reports whether the condition on the URI is one that every ordinary URI
// fulfils and that a table therefore tries last: the two patterns that always were,
// the same of the path, and the prefix that all paths have.
func (p *Pattern) Default() bool {
	if p.Prefix != "" {
		return p.Prefix == "/"
	}
	return p.URI() == ".*" || p.URI() == "^/.*"
}
