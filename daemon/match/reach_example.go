package match

import (
	"net/netip"
	"regexp/syntax"
	"strings"
)

// sampleURI is a URI that an expression may be found in; whether it is, a Set tells.
func sampleURI(src source) []byte {
	text := string(sample(src, 'a'))
	if !strings.HasPrefix(text, "/") && text != "*" {
		text = "/" + text
	}
	return []byte(text)
}

// isURI tells whether the text can be a request's URI.
func isURI(text []byte) bool {
	at := atStart
	for _, c := range text {
		var ok bool
		if at, ok = uriText.takes(at, c); !ok {
			return false
		}
	}
	return uriText.ends(at)
}

// sample is a text that an expression may be found in, made of its parts.
func sample(src source, filler byte) []byte {
	re, err := src.tree()
	if err != nil {
		return nil
	}
	return appendSample(nil, re, filler)
}

func appendSample(text []byte, re *syntax.Regexp, filler byte) []byte {
	switch re.Op {
	case syntax.OpLiteral:
		text = append(text, string(re.Rune)...)
	case syntax.OpCharClass:
		text = append(text, string(classSample(re.Rune))...)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		text = append(text, filler)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			text = appendSample(text, sub, filler)
		}
	case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
		text = appendSample(text, re.Sub[0], filler)
	case syntax.OpRepeat:
		for range re.Min {
			if text = appendSample(text, re.Sub[0], filler); len(text) > 4096 {
				break
			}
		}
	}
	return text
}

// classSample is a visible character of a class, a letter or digit if it has one.
func classSample(ranges []rune) rune {
	for _, wanted := range [...][2]rune{{'a', 'z'}, {'0', '9'}, {'!', '~'}} {
		for i := 0; i < len(ranges); i += 2 {
			if lo := max(ranges[i], wanted[0]); lo <= min(ranges[i+1], wanted[1]) {
				return lo
			}
		}
	}
	if len(ranges) == 0 {
		return 'a'
	}
	return ranges[0]
}

// inputFor is a request that shows the URI, and all else that a rule asks for.
func inputFor(p *Pattern, uri []byte) *Input {
	in := &Input{URI: uri, Method: []byte(p.Method), Host: sample(hostSource(p.Host), 'a'), Fields: sampleFields{p}}
	if p.Source.IsValid() {
		in.Source = p.Source.Addr()
	} else {
		in.Source = netip.IPv4Unspecified()
	}
	for i, q := range p.Queries {
		separator := byte('&')
		if i == 0 && !strings.Contains(string(uri), "?") {
			separator = '?'
		}
		in.URI = append(append(in.URI[:len(in.URI):len(in.URI)], separator), q.Name...)
		in.URI = append(append(in.URI, '='), sample(source{expr: q.Expr}, 'a')...)
	}
	return in
}

// sampleFields are headers that a rule asks for.
type sampleFields struct{ *Pattern }

// Header gives the i-th one of a name.
func (f sampleFields) Header(name string, i int) (value []byte, ok bool) {
	for _, h := range f.Headers {
		if strings.EqualFold(h.Name, name) {
			if i == 0 {
				return sample(source{expr: h.Expr}, 'a'), true
			}
			i--
		}
	}
	if strings.EqualFold(name, "Cookie") && i < len(f.Cookies) {
		c := f.Cookies[i]
		return append([]byte(c.Name+"="), sample(source{expr: c.Expr}, 'a')...), true
	}
	return nil, false
}

// implies tells whether all that q asks beside the URI holds wherever what p asks
// does.
func (r *reach) implies(p, q *Pattern) bool {
	if q.Method != "" && q.Method != p.Method {
		return false
	}
	if q.Source.IsValid() && !(p.Source.IsValid() && q.Source.Bits() <= p.Source.Bits() &&
		plainPrefix(q.Source).Contains(plainPrefix(p.Source).Addr())) {
		return false
	}
	if q.Host != "" && (p.Host == "" || !r.finds(hostSource(p.Host), hostSource(q.Host), hostText)) {
		return false
	}
	same := func(a, b string) bool { return a == b }
	return r.impliesAll(p.Headers, q.Headers, strings.EqualFold) &&
		r.impliesAll(p.Cookies, q.Cookies, same) && r.impliesAll(p.Queries, q.Queries, same)
}

func (r *reach) impliesAll(given, asked []NamedExpr, same func(a, b string) bool) bool {
	for _, q := range asked {
		holds := false
		for _, p := range given {
			holds = holds || same(p.Name, q.Name) && r.finds(source{expr: p.Expr}, source{expr: q.Expr}, anyText)
		}
		if !holds {
			return false
		}
	}
	return true
}

// literalIn tells of two sources of one text that are plain, each with ^ before it or
// $ behind it or not, that the second is found wherever the first is. It is right when
// it says so.
func literalIn(a, b source) bool {
	if a.fold && !b.fold {
		return false
	}
	textA, startA, endA, plainA := a.plain()
	textB, startB, endB, plainB := b.plain()
	switch {
	case !plainA || !plainB:
		return false
	case startB && endB:
		return startA && endA && textA == textB
	case startB:
		return startA && strings.HasPrefix(textA, textB)
	case endB:
		return endA && strings.HasSuffix(textA, textB)
	}
	return strings.Contains(textA, textB)
}

// plain is the text that a source asks for, if it is but one, and whether it must stand
// at the start or the end.
func (src source) plain() (text string, start, end, ok bool) {
	if src.prefix {
		return src.expr, true, false, true
	}
	text, start = strings.CutPrefix(strings.TrimSuffix(src.expr, ".*"), "^")
	text, end = strings.CutSuffix(text, "$")
	return text, start, end, !strings.ContainsAny(text, `\.+*?()|[]{}^$`)
}
