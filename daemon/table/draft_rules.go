package table

import (
	"slices"

	"ktcpvs/daemon/match"
)

// draftRules are a service's rules while a transaction changes it.
type draftRules struct {
	front []*draftRule // oldest first; the newest is tried first
	tail  []*draftRule // default patterns, oldest first, tried in this order
	byID  map[ruleID]*draftRule

	changed bool // the patterns, or their order
}

type draftRule struct {
	was     *Rule // as published; nil when the transaction added it
	pattern match.Pattern
	match   int
	servers []*draftServer // oldest first
	changed bool           // its list of servers
	gone    bool
}

func newDraftRules(size int) *draftRules {
	return &draftRules{byID: make(map[ruleID]*draftRule, size)}
}

// openRules returns the rules as the transaction has them so far.
func (d *draft) openRules() *draftRules {
	if d.rules != nil {
		return d.rules
	}
	published := d.was.Rules
	d.rules = newDraftRules(len(published))
	tail := len(published)
	for tail > 0 && isDefault(&published[tail-1].Pattern) {
		tail--
	}
	for _, rule := range slices.Backward(published[:tail]) {
		d.rules.append(d.openRule(rule))
	}
	for _, rule := range published[tail:] {
		d.rules.append(d.openRule(rule))
	}
	return d.rules
}

func (d *draft) openRule(rule *Rule) *draftRule {
	r := &draftRule{
		was:     rule,
		pattern: rule.Pattern,
		match:   rule.Match,
		servers: make([]*draftServer, 0, len(rule.Servers)),
	}
	for _, server := range slices.Backward(rule.Servers) {
		r.use(d.serverAt[server.Addr])
	}
	return r
}

func (r *draftRule) use(s *draftServer) {
	r.servers = append(r.servers, s)
	s.rules++
}

func (rs *draftRules) append(r *draftRule) {
	rs.byID[idOf(&r.pattern)] = r
	if isDefault(&r.pattern) {
		rs.tail = append(rs.tail, r)
	} else {
		rs.front = append(rs.front, r)
	}
}

func (rs *draftRules) remove(r *draftRule) {
	r.gone = true
	delete(rs.byID, idOf(&r.pattern))
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
func (rs *draftRules) build(scheduler *Scheduler, newScheduler bool) []*Rule {
	rules := make([]*Rule, 0, len(rs.byID))
	for _, r := range slices.Backward(rs.front) {
		if !r.gone {
			rules = append(rules, r.build(scheduler, newScheduler))
		}
	}
	for _, r := range rs.tail {
		if !r.gone {
			rules = append(rules, r.build(scheduler, newScheduler))
		}
	}
	return rules
}

func (r *draftRule) build(scheduler *Scheduler, newScheduler bool) *Rule {
	stale := r.changed || newScheduler ||
		slices.ContainsFunc(r.servers, func(s *draftServer) bool { return s.changed })
	if !stale {
		return r.was
	}
	servers := make([]*Server, 0, len(r.servers))
	for _, s := range slices.Backward(r.servers) {
		servers = append(servers, s.Server)
	}
	return &Rule{
		Pattern: r.pattern,
		Match:   r.match,
		Servers: servers,
		Picker:  scheduler.Build(servers),
	}
}

// clonePattern makes a rule's pattern its own: the caller may go on using his.
func clonePattern(p match.Pattern) match.Pattern {
	p.Headers = slices.Clone(p.Headers)
	p.Cookies = slices.Clone(p.Cookies)
	p.Queries = slices.Clone(p.Queries)
	return p
}
