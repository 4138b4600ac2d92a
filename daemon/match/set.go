package match

import (
	"net/netip"
	"regexp"
)

// Set is a compiled table of rules. It never changes, and any number of
// goroutines may use it at once.
type Set struct {
	rules []rule
}

type rule struct {
	pattern Pattern
	uri     *regexp.Regexp
	host    *regexp.Regexp
}

// Compile makes a Set of patterns; their order is the order they are tried in.
// The error is an *Error.
func Compile(patterns []Pattern, lim Limits) (*Set, error) {
	s := &Set{}
	for i, p := range patterns {
		if len(p.Expr) > lim.ExprBytes {
			return nil, &Error{i, "pattern", p.Expr, "longer than the limit"}
		}
		uri, err := regexp.CompilePOSIX(p.Expr)
		if err != nil {
			return nil, &Error{i, "pattern", p.Expr, err.Error()}
		}
		host, err := regexp.Compile("(?im:" + p.Host + ")")
		if err != nil {
			return nil, &Error{i, "host", p.Host, err.Error()}
		}
		s.rules = append(s.rules, rule{p, uri, host})
	}
	return s, nil
}

// Recompile is Compile for a table that resembles the one s was made of.
func (s *Set) Recompile(patterns []Pattern, lim Limits) (*Set, error) {
	return Compile(patterns, lim)
}

// Match returns the index of the first pattern that holds for the request, -1
// when none does.
func (s *Set) Match(in *Input) int {
	for i := range s.rules {
		r := &s.rules[i]
		if r.uri.Match(in.URI) && (r.pattern.Host == "" || r.host.Match(in.Host)) &&
			(r.pattern.Method == "" || r.pattern.Method == string(in.Method)) &&
			(r.pattern.Source == netip.Prefix{} || r.pattern.Source.Contains(in.Source.Unmap())) {
			return i
		}
	}
	return -1
}

// Group returns where in uri a capture group (0: the whole match) of the
// leftmost-longest match of pattern index stands; false when the expression
// is not found, or has no such group, or the group took no part.
func (s *Set) Group(index, group int, uri []byte) (lo, hi int, ok bool) {
	if index < 0 || index >= len(s.rules) || group < 0 {
		return 0, 0, false
	}
	at := s.rules[index].uri.FindSubmatchIndex(uri)
	if 2*group+1 >= len(at) || at[2*group] < 0 {
		return 0, 0, false
	}
	return at[2*group], at[2*group+1], true
}
