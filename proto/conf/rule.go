package conf

import (
	"fmt"
	"net/netip"
	"strings"

	"ktcpvs/proto"
)

// ruleKeywords may follow one another in a rule; none of them, bare, is the
// expression of a header, cookie or query condition.
var ruleKeywords = []string{"pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match", "use"}

// rule reads conditions, match and server, and the token after them.
func (p *parser) rule(b *block) error {
	start := p.tok
	r := proto.Rule{Service: b.name.text}
	seen := make(map[string]bool, 4)
	before := len(p.mistakes)
	for !p.tok.is("use") {
		if err := p.ruleClause(&r, seen); err != nil {
			p.record(err)
			if !p.nextClause() {
				return err
			}
		}
	}
	if !asksAnything(&r.Conditions) && len(p.mistakes) == before {
		p.record(p.fail(p.tok, oneOf(ruleKeywords[:len(ruleKeywords)-2]...)))
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	if !p.tok.is("server") {
		return p.fail(p.tok, `"server"`)
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	addr, err := p.address()
	if err != nil {
		return err
	}
	if !addr.IsValid() {
		return p.advance(atKeyword)
	}
	r.Dests = []netip.AddrPort{addr}
	b.ruleServers = append(b.ruleServers, p.tok)
	b.rules = append(b.rules, start.at)
	b.faulty = append(b.faulty, len(p.mistakes) > before)
	b.virtual.Rules = append(b.virtual.Rules, r)
	return p.advance(atKeyword)
}

// ruleClause reads one keyword of a rule with its values, and the token after
// them.
func (p *parser) ruleClause(r *proto.Rule, seen map[string]bool) (err error) {
	keyword := p.tok
	name := strings.ToLower(keyword.text)
	if keyword.kind != word || !isRuleKeyword(name) {
		return p.failKeyword(keyword, ruleKeywords)
	}
	named := name == "header" || name == "cookie" || name == "query"
	if seen[name] && !named {
		p.record(p.fail(keyword, fmt.Sprintf("%q only once in a rule", name)))
	}
	seen[name] = true
	if err := p.advance(inValue); err != nil {
		return err
	}
	switch name {
	case "pattern", "path", "prefix":
		return p.ofURI(r, keyword, name)
	case "host":
		r.Host, err = p.expression()
	case "method":
		r.Method, err = p.text("a method", proto.CheckMethod)
	case "source":
		r.Source, err = p.source()
	case "match":
		var group uint64
		group, err = p.number(0, proto.MaxMatch)
		r.Match = uint8(group)
	case "header":
		return p.named(keyword, &r.Headers)
	case "cookie":
		return p.named(keyword, &r.Cookies)
	case "query":
		return p.named(keyword, &r.Queries)
	}
	if err != nil {
		return err
	}
	return p.advance(inValue)
}

// ofURI reads a condition on the URI, "i" where it follows, and the token after.
func (p *parser) ofURI(r *proto.Rule, keyword token, name string) (err error) {
	if before := r.Keyword(); r.URI() != "" && before != name {
		p.record(p.fail(keyword, fmt.Sprintf("no %s beside %s, as a rule has one of pattern, path and prefix", name, before)))
	}
	var asked string
	if name == "prefix" {
		asked, err = p.text("what a path begins with", proto.CheckPrefix)
	} else {
		asked, err = p.expression()
	}
	if err != nil {
		return err
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	*map[string]*string{"pattern": &r.Pattern, "path": &r.Path, "prefix": &r.Prefix}[name] = asked
	if p.tok.is("i") {
		r.IgnoreCase = true
		return p.advance(inValue)
	}
	return nil
}

// expression reads the token at hand as an extended regular expression.
func (p *parser) expression() (string, error) {
	return p.text("an extended regular expression", CheckExpression)
}

func (p *parser) source() (netip.Prefix, error) {
	const expected = "address/length"
	if !p.tok.hasText() {
		return netip.Prefix{}, p.fail(p.tok, expected)
	}
	prefix, err := ParseSource(p.tok.text)
	if err != nil {
		return netip.Prefix{}, p.wrong(p.failValue(p.tok, expected, err))
	}
	return prefix, nil
}

// named reads a name, an expression where one follows, and the token after.
func (p *parser) named(keyword token, list *[]proto.NamedPattern) error {
	if len(*list) == proto.MaxNamed {
		return p.fail(keyword, fmt.Sprintf("%q no more than %d times in a rule", strings.ToLower(keyword.text), proto.MaxNamed))
	}
	expected, check := "a name", proto.CheckField
	if keyword.is("header") {
		expected, check = `a header's name, without ":"`, proto.CheckHeader
	}
	name, err := p.text(expected, check)
	if err != nil {
		return err
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	condition := proto.NamedPattern{Name: name}
	if p.tok.kind == quote || p.tok.kind == word && !isRuleKeyword(strings.ToLower(p.tok.text)) {
		if condition.Pattern, err = p.expression(); err != nil {
			return err
		}
		if err := p.advance(inValue); err != nil {
			return err
		}
	}
	*list = append(*list, condition)
	return nil
}

func (t token) isRuleKeyword() bool {
	return t.kind == word && isRuleKeyword(strings.ToLower(t.text))
}

func isRuleKeyword(lower string) bool {
	for _, keyword := range ruleKeywords {
		if keyword == lower {
			return true
		}
	}
	return false
}

func asksAnything(c *proto.Conditions) bool {
	return c.URI() != "" || c.Host != "" || c.Method != "" || c.Source.IsValid() ||
		len(c.Headers)+len(c.Cookies)+len(c.Queries) > 0
}
