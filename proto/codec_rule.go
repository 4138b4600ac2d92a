package proto

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// rule appends the nest of r with the attributes that are in mask.
func (e *encoder) rule(r *Rule, mask uint64) {
	if n := ruleSet.attrs[RuleAttrDest].repeat; len(r.Dests) > n {
		e.fail(fmt.Errorf("rule has %d servers, expected at most %d in a message", len(r.Dests), n))
		return
	}
	e.nest(AttrRule, func() {
		e.string(ruleSet, RuleAttrService, r.Service)
		if mask&conditions != 0 {
			e.conditions(&r.Conditions)
		}
		if mask&bits(RuleAttrMatch) != 0 {
			e.number(ruleSet, RuleAttrMatch, int64(r.Match))
		}
		if mask&bits(RuleAttrDest) != 0 {
			for _, d := range r.Dests {
				e.endpoint(RuleAttrDest, d, endpointAddress)
			}
		}
		if mask&bits(RuleAttrNumber) != 0 && r.Number != 0 {
			e.number(ruleSet, RuleAttrNumber, int64(r.Number))
		}
		if mask&bits(RuleAttrHits) != 0 {
			e.counter(RuleAttrHits, r.Hits)
			e.counter(RuleAttrLast, uint64(r.Last))
		}
	})
}

func (e *encoder) conditions(c *Conditions) {
	for _, s := range [...]struct {
		typ uint
		v   string
	}{{RuleAttrPattern, c.Pattern}, {RuleAttrHost, c.Host}, {RuleAttrMethod, c.Method}, {RuleAttrPath, c.Path}, {RuleAttrPrefix, c.Prefix}} {
		if s.v != "" {
			e.string(ruleSet, s.typ, s.v)
		}
	}
	e.namedPatterns(RuleAttrHeader, c.Headers)
	e.namedPatterns(RuleAttrCookie, c.Cookies)
	e.namedPatterns(RuleAttrQuery, c.Queries)
	if c.Source != (netip.Prefix{}) {
		e.prefix(RuleAttrSource, c.Source)
	}
	if c.IgnoreCase {
		e.flag(RuleAttrIgnoreCase)
	}
}

func (e *encoder) namedPatterns(typ uint, list []NamedPattern) {
	if a := ruleSet.attrs[typ]; len(list) > a.repeat {
		e.fail(fmt.Errorf("rule has %d of %s, expected at most %d", len(list), a.name, a.repeat))
		return
	}
	for _, n := range list {
		e.nest(typ, func() {
			e.string(namedPatternSet, NamedAttrName, n.Name)
			if n.Pattern != "" {
				e.string(namedPatternSet, NamedAttrPattern, n.Pattern)
			}
		})
	}
}

func (d *decoder) rule(v value, must, may uint64) (r Rule, err error) {
	offset := v.offset
	err = d.walk(ruleSet, must, may, v, func(typ uint, v value) (err error) {
		switch typ {
		case RuleAttrService:
			r.Service = v.string()
		case RuleAttrPattern:
			r.Pattern = v.string()
		case RuleAttrHost:
			r.Host = v.string()
		case RuleAttrMethod:
			r.Method = v.string()
		case RuleAttrHeader:
			err = d.namedPattern(v, &r.Headers)
		case RuleAttrCookie:
			err = d.namedPattern(v, &r.Cookies)
		case RuleAttrQuery:
			err = d.namedPattern(v, &r.Queries)
		case RuleAttrSource:
			r.Source, err = d.prefix(v)
		case RuleAttrMatch:
			r.Match = uint8(v.number(kindU8))
		case RuleAttrDest:
			var dest netip.AddrPort
			dest, err = d.endpoint(v, endpointAddress)
			r.Dests = append(r.Dests, dest)
		case RuleAttrNumber:
			r.Number = uint32(v.number(kindU32))
		case RuleAttrHits:
			r.Hits = v.counter()
		case RuleAttrLast:
			r.Last = int64(v.counter())
		case RuleAttrPath:
			r.Path = v.string()
		case RuleAttrPrefix:
			r.Prefix = v.string()
		case RuleAttrIgnoreCase:
			r.IgnoreCase = true
		}
		return err
	})
	if err == nil {
		if wrong := r.CheckURI(); wrong != nil {
			err = d.fail(offset, "%v", wrong)
		}
	}
	return r, err
}

func (d *decoder) namedPattern(v value, list *[]NamedPattern) error {
	var n NamedPattern
	err := d.walk(namedPatternSet, bits(NamedAttrName), bits(NamedAttrPattern), v, func(typ uint, v value) error {
		switch typ {
		case NamedAttrName:
			n.Name = v.string()
		case NamedAttrPattern:
			n.Pattern = v.string()
		}
		return nil
	})
	*list = append(*list, n)
	return err
}

// Empty tells whether nothing is asked of a request.
func (c *Conditions) Empty() bool { return c.Equal(&Conditions{}) }

// Equal tells whether the two make one rule. The order of headers, cookies and
// query parameters counts, as it does in a listing.
func (c *Conditions) Equal(d *Conditions) bool {
	return c.Pattern == d.Pattern && c.Path == d.Path && c.Prefix == d.Prefix && c.IgnoreCase == d.IgnoreCase && c.Host == d.Host && c.Method == d.Method && c.Source == d.Source &&
		slices.Equal(c.Headers, d.Headers) && slices.Equal(c.Cookies, d.Cookies) && slices.Equal(c.Queries, d.Queries)
}

// Keyword names the condition on the URI that is given: "pattern", "path" or "prefix".
func (c *Conditions) Keyword() string {
	switch {
	case c.Path != "":
		return "path"
	case c.Prefix != "":
		return "prefix"
	}
	return "pattern"
}

// URI is what is given of that condition.
func (c *Conditions) URI() string { return cmp.Or(c.Path, c.Prefix, c.Pattern) }

// Default reports a rule that is tried after all others: one that asks for what every
// ordinary URI has, and for nothing else. Those are the two patterns that always were
// (the reference's section 4), the same of the path, and the prefix "/".
func (c *Conditions) Default() bool {
	uri := Conditions{Pattern: c.Pattern, Path: c.Path, Prefix: c.Prefix, IgnoreCase: c.IgnoreCase}
	if !c.Equal(&uri) {
		return false
	}
	if c.Prefix != "" {
		return c.Prefix == "/"
	}
	return c.URI() == ".*" || c.URI() == "^/.*"
}
