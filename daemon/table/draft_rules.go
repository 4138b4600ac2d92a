package table

import (
	"slices"

	"ktcpvs/daemon/match"
)

// draftRules are a service's rules while a transaction changes it.
type draftRules struct {
	front []*draftRule // oldest first; the newest is tried first
	tail  []*draftRule // default patterns, oldest first, tried in this order
	count int          // of those that are not gone

	searches int                   // so far
	byID     map[ruleID]*draftRule // nil until there were many

	changed bool // the patterns, or their order
}

type draftRule struct {
	was     *Rule // as published; nil when the transaction added it and replaces none
	pattern *match.Pattern
	match   int
	servers []*draftServer // oldest first
	changed bool           // its list of servers
	gone    bool
}

// openRules returns the rules as the transaction has them so far. Most
// transactions change one rule of many: what is made for the others is a few
// large pieces.
func (d *draft) openRules() *draftRules {
	if d.rules != nil {
		return d.rules
	}
	published := d.was.Rules
	uses, tail := 0, len(published)
	for _, rule := range published {
		uses += len(rule.Servers)
	}
	for tail > 0 && isDefault(&published[tail-1].Pattern) {
		tail--
	}
	d.rules = &draftRules{
		front: make([]*draftRule, 0, tail+1),
		tail:  make([]*draftRule, 0, len(published)-tail+1),
		count: len(published),
	}
	rules, servers := make([]draftRule, len(published)), make([]*draftServer, 0, uses)
	open := func(i int) *draftRule {
		r, rule, first := &rules[i], published[i], len(servers)
		for _, server := range slices.Backward(rule.Servers) {
			s := d.serverAt[server.Addr]
			servers = append(servers, s)
			s.rules++
		}
		*r = draftRule{was: rule, pattern: &rule.Pattern, match: rule.Match, servers: servers[first:len(servers):len(servers)]}
		return r
	}
	for i := tail - 1; i >= 0; i-- {
		d.rules.front = append(d.rules.front, open(i))
	}
	for i := tail; i < len(published); i++ {
		d.rules.tail = append(d.rules.tail, open(i))
	}
	return d.rules
}

func (r *draftRule) use(s *draftServer) {
	r.servers = append(r.servers, s)
	s.rules++
}

// manySearches is when an index is cheaper than looking through the rules.
const manySearches = 4

// find returns the rule of that pattern, nil when there is none.
func (rs *draftRules) find(p *match.Pattern) *draftRule {
	if rs.byID != nil {
		return rs.byID[idOf(p)]
	}
	lists := [...][]*draftRule{rs.front, rs.tail}
	if rs.searches++; rs.searches < manySearches {
		for _, list := range lists {
			for _, r := range list {
				if !r.gone && r.pattern.URI() == p.URI() && idOf(r.pattern) == idOf(p) {
					return r
				}
			}
		}
		return nil
	}
	rs.byID = make(map[ruleID]*draftRule, rs.count)
	for _, list := range lists {
		for _, r := range list {
			if !r.gone {
				rs.byID[idOf(r.pattern)] = r
			}
		}
	}
	return rs.byID[idOf(p)]
}

// append adds a rule; number is which it is to be, 0 the usual one.
func (rs *draftRules) append(r *draftRule, number int) error {
	if number != 0 {
		if err := rs.place(r, number); err != nil {
			return err
		}
	} else {
		list := rs.listOf(r)
		*list = append(*list, r)
	}
	rs.count++
	if rs.byID != nil {
		rs.byID[idOf(r.pattern)] = r
	}
	rs.changed = true
	return nil
}

func (rs *draftRules) remove(r *draftRule) {
	r.gone = true
	rs.count--
	delete(rs.byID, idOf(r.pattern))
}

// using returns the newest rule that uses the server, nil when none does.
func (rs *draftRules) using(s *draftServer) *draftRule {
	if s.rules == 0 {
		return nil
	}
	for _, list := range [][]*draftRule{rs.front, rs.tail} {
		for _, r := range slices.Backward(list) {
			if !r.gone && slices.Contains(r.servers, s) {
				return r
			}
		}
	}
	return nil
}

// build makes the rules of the next snapshot, in the order they are tried.
func (rs *draftRules) build(scheduler *Scheduler, newScheduler bool, loops int) []*Rule {
	order := make([]*draftRule, 0, rs.count)
	fresh := 0
	add := func(r *draftRule) {
		if r.gone {
			return
		}
		order = append(order, r)
		if r.was == nil {
			fresh++
		}
	}
	for _, r := range slices.Backward(rs.front) {
		add(r)
	}
	for _, r := range rs.tail {
		add(r)
	}
	hits := newHits(loops, fresh)
	rules := make([]*Rule, len(order))
	for i, r := range order {
		counted := hits[:0]
		if r.was == nil {
			counted, hits = hits[:1], hits[1:]
		}
		rules[i] = r.build(scheduler, newScheduler, counted)
	}
	return rules
}

// build makes the rule, with the counters of the one that was there, or those given.
func (r *draftRule) build(scheduler *Scheduler, newScheduler bool, counted []Hits) *Rule {
	stale := r.changed || newScheduler ||
		slices.ContainsFunc(r.servers, func(s *draftServer) bool { return s.changed })
	if !stale {
		return r.was
	}
	servers := make([]*Server, 0, len(r.servers))
	for _, s := range slices.Backward(r.servers) {
		servers = append(servers, s.Server)
	}
	rule := &Rule{
		Pattern: *r.pattern,
		Match:   r.match,
		Servers: servers,
		Picker:  scheduler.Build(servers),
	}
	switch {
	case r.was == nil:
		rule.Hits = &counted[0]
	case !newScheduler && r.match == r.was.Match && slices.Equal(servers, r.was.Servers):
		return r.was
	default:
		rule.Hits = r.was.Hits
	}
	return rule
}

// clonePattern makes a rule's pattern its own: the caller may go on using his.
func clonePattern(p match.Pattern) *match.Pattern {
	p.Headers = slices.Clone(p.Headers)
	p.Cookies = slices.Clone(p.Cookies)
	p.Queries = slices.Clone(p.Queries)
	return &p
}
