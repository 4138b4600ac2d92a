package match

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// reference is the meaning of a table, spelt out: each rule in turn, each
// condition by itself, by the standard library.
type reference struct {
	rules []func(in *Input) bool
	uris  []*regexp.Regexp
}

func newReference(patterns []Pattern) (*reference, error) {
	r := &reference{}
	for _, p := range patterns {
		uri, err := uriReference(&p)
		if err != nil {
			return nil, err
		}
		holds := []func(*Input) bool{func(in *Input) bool { return foundIn(&p, uri, in.URI) }}
		if p.Host != "" {
			host, err := regexp.Compile("(?im:" + p.Host + ")")
			if err != nil {
				return nil, err
			}
			holds = append(holds, func(in *Input) bool { return host.Match(in.Host) })
		}
		if p.Method != "" {
			holds = append(holds, func(in *Input) bool { return p.Method == string(in.Method) })
		}
		if p.Source != (netip.Prefix{}) {
			holds = append(holds, func(in *Input) bool { return p.Source.Contains(in.Source.Unmap()) })
		}
		for _, named := range []struct {
			exprs  []NamedExpr
			values func(*Input, string) []string
		}{{p.Headers, headerValues}, {p.Cookies, cookieValues}, {p.Queries, queryValues}} {
			for _, e := range named.exprs {
				re, err := regexp.CompilePOSIX(e.Expr)
				if err != nil {
					return nil, err
				}
				holds = append(holds, func(in *Input) bool {
					for _, v := range named.values(in, e.Name) {
						if re.MatchString(v) {
							return true
						}
					}
					return false
				})
			}
		}
		r.uris = append(r.uris, uri)
		r.rules = append(r.rules, func(in *Input) bool {
			for _, hold := range holds {
				if !hold(in) {
					return false
				}
			}
			return true
		})
	}
	return r, nil
}

// uriReference is what a rule asks of the URI or the path, for regexp.
func uriReference(p *Pattern) (*regexp.Regexp, error) {
	expr := p.Expr + p.Path
	if _, err := regexp.CompilePOSIX(expr); err != nil {
		return nil, err
	}
	if p.Prefix != "" {
		expr = "^" + regexp.QuoteMeta(p.Prefix)
	}
	if p.IgnoreCase {
		return regexp.Compile("(?im:" + expr + ")") // of texts of one line: [^a] is no newline to CompilePOSIX
	}
	return regexp.CompilePOSIX(expr)
}

func foundIn(p *Pattern, re *regexp.Regexp, uri []byte) bool {
	if p.Path == "" && p.Prefix == "" {
		return re.Match(uri)
	}
	path, _, _ := strings.Cut(string(uri), "?")
	return strings.HasPrefix(path, "/") && re.MatchString(path)
}

func (r *reference) Match(in *Input) int {
	for i, rule := range r.rules {
		if rule(in) {
			return i
		}
	}
	return -1
}

// fieldList is a request's header fields in order: name, value.
type fieldList [][2]string

func (f fieldList) Header(name string, i int) ([]byte, bool) {
	for _, field := range f {
		if strings.EqualFold(field[0], name) {
			if i == 0 {
				return []byte(field[1]), true
			}
			i--
		}
	}
	return nil, false
}

func headerValues(in *Input, name string) (values []string) {
	for i := 0; in.Fields != nil; i++ {
		v, ok := in.Fields.Header(name, i)
		if !ok {
			break
		}
		values = append(values, string(v))
	}
	return values
}

func cookieValues(in *Input, name string) (values []string) {
	for _, line := range headerValues(in, "cookie") {
		for _, pair := range strings.Split(line, ";") {
			if n, v, ok := strings.Cut(pair, "="); ok && strings.Trim(n, " \t") == name {
				values = append(values, strings.Trim(v, " \t"))
			}
		}
	}
	return values
}

func queryValues(in *Input, name string) (values []string) {
	uri, _, _ := strings.Cut(string(in.URI), "#")
	_, q, _ := strings.Cut(uri, "?")
	for _, piece := range strings.Split(q, "&") {
		n, v, _ := strings.Cut(piece, "=")
		if piece != "" && unescape(n) == name {
			values = append(values, unescape(v))
		}
	}
	return values
}

// unescape decodes a form's text, leaving a "%" that begins nothing.
func unescape(s string) string {
	parts := strings.Split(s, "%")
	for i, p := range parts[1:] {
		if len(p) >= 2 {
			if _, err := url.PathUnescape("%" + p[:2]); err == nil {
				parts[i+1] = "%" + p
				continue
			}
		}
		parts[i+1] = "%25" + p
	}
	decoded, err := url.QueryUnescape(strings.Join(parts, ""))
	if err != nil {
		panic(err)
	}
	return decoded
}
