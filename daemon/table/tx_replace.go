package table

import (
	"net/netip"
	"reflect"
	"slices"
)

// Replace takes every service away, as the first change of a transaction: what
// follows is the whole table. A service that is added again by its name is the one
// that was there, with its connections, counters and whether it runs; so are its
// servers, by their addresses, and its rules, by their conditions. What comes out
// as it was is shared with the table before, and when everything does there is no
// new table.
func (tx *Tx) Replace() {
	tx.replacing = true
	for _, svc := range tx.base.Services {
		tx.drafts[svc.Name] = nil
	}
}

// predecessor is what a draft takes the place of.
type predecessor struct {
	service *Service
	servers map[netip.AddrPort]*Server
	rules   map[ruleID]*Rule
}

// succeed has a new draft take the place of a service.
func (d *draft) succeed(svc *Service) {
	d.was = svc
	d.next.Live, d.next.Scheduler, d.next.Matcher = svc.Live, svc.Scheduler, svc.Matcher
	d.next.Running = svc.Running
	d.before = &predecessor{
		service: svc,
		servers: make(map[netip.AddrPort]*Server, len(svc.Servers)),
		rules:   make(map[ruleID]*Rule, len(svc.Rules)),
	}
	for _, server := range svc.Servers {
		d.before.servers[server.Addr] = server
	}
	for _, rule := range svc.Rules {
		d.before.rules[idOf(&rule.Pattern)] = rule
	}
}

// newServer is a server that a transaction adds, or the one that was there.
func (d *draft) newServer(addr netip.AddrPort, weight int) *Server {
	if d.before != nil {
		switch was := d.before.servers[addr]; {
		case was == nil:
		case was.Weight == weight:
			return was
		default:
			return &Server{Addr: addr, Weight: weight, Live: was.Live}
		}
	}
	return &Server{Addr: addr, Weight: weight, Live: NewLive(addr, d.loops)}
}

// rule is the rule that was there, nil when there was none.
func (p *predecessor) rule(id ruleID) *Rule {
	if p == nil {
		return nil
	}
	return p.rules[id]
}

// samePatterns reports whether rules are tried for the same requests in the same
// order as before.
func (p *predecessor) samePatterns(rules []*Rule) bool {
	return slices.EqualFunc(rules, p.service.Rules, func(a, b *Rule) bool {
		return a == b || idOf(&a.Pattern) == idOf(&b.Pattern)
	})
}

// sharedWith gives the service that was there if svc is no other.
func (svc *Service) sharedWith(was *Service) *Service {
	a, b := reflect.ValueOf(svc).Elem(), reflect.ValueOf(was).Elem()
	for i := range a.NumField() {
		if !sameField(a.Field(i), b.Field(i)) {
			return svc
		}
	}
	return was
}

// sameField compares a plain value, a pointer or a list of these. A picker is the
// same where scheduler and servers are.
func sameField(a, b reflect.Value) bool {
	if a.Kind() == reflect.Interface {
		return true
	}
	if a.Kind() != reflect.Slice {
		return a.Equal(b)
	}
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !a.Index(i).Equal(b.Index(i)) {
			return false
		}
	}
	return true
}
