package table

import (
	"net/netip"
	"strconv"
	"strings"

	"ktcpvs/daemon/match"
)

// ruleID tells rules apart: two patterns are the same rule when all their
// conditions are, compared whole.
type ruleID struct {
	uri    string // what is asked of the URI, whatever of it
	others string // which kind that is, and the conditions beside it; "" for a pattern and none
}

func idOf(p *match.Pattern) ruleID {
	if onlyURI(p) && p.Expr != "" && !p.IgnoreCase {
		return ruleID{uri: p.Expr}
	}
	// Quoted, so that no value can run into the next.
	b := strconv.AppendBool([]byte(p.Keyword()), p.IgnoreCase)
	b = strconv.AppendQuote(b, p.Host)
	b = strconv.AppendQuote(b, p.Method)
	for _, named := range [][]match.NamedExpr{p.Headers, p.Cookies, p.Queries} {
		b = append(b, '[')
		for _, n := range named {
			b = strconv.AppendQuote(b, n.Name)
			b = strconv.AppendQuote(b, n.Expr)
		}
		b = append(b, ']')
	}
	b = append(b, p.Source.String()...)
	return ruleID{p.URI(), string(b)}
}

// onlyURI tells whether nothing is asked beside the condition on the URI.
func onlyURI(p *match.Pattern) bool {
	return p.Host == "" && p.Method == "" && p.Source == netip.Prefix{} &&
		len(p.Headers) == 0 && len(p.Cookies) == 0 && len(p.Queries) == 0
}

// isDefault tells whether a rule stands at the tail, to be tried last.
func isDefault(p *match.Pattern) bool { return p.Default() && onlyURI(p) }

// describe names a rule as the configuration would write it; a rule of a
// pattern only, by that.
func describe(p *match.Pattern) string {
	if onlyURI(p) && p.Expr != "" && !p.IgnoreCase {
		return quote(p.Expr)
	}
	var words []string
	say := func(keyword, expr string) {
		if expr != "" {
			words = append(words, keyword, quote(expr))
		}
	}
	say(p.Keyword(), p.URI())
	if p.IgnoreCase {
		words = append(words, "i")
	}
	say("host", p.Host)
	say("method", p.Method)
	for _, list := range []struct {
		keyword string
		named   []match.NamedExpr
	}{{"header", p.Headers}, {"cookie", p.Cookies}, {"query", p.Queries}} {
		for _, n := range list.named {
			words = append(words, list.keyword, n.Name, quote(n.Expr))
		}
	}
	if p.Source.IsValid() {
		words = append(words, "source", p.Source.String())
	}
	return strings.Join(words, " ")
}

// quote leaves backslashes as they are: an operator wants to find the
// expression as it was given.
func quote(expr string) string { return `"` + expr + `"` }
