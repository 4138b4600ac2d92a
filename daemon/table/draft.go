package table

import (
	"errors"
	"net/netip"
	"slices"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/stats"
)

// noSlot marks a service that has not been in a snapshot.
const noSlot = -1

// draft is a service while a transaction changes it. Lists are kept oldest
// first, so that adding is appending, and what was deleted stays in them,
// marked, until build leaves it out: any number of changes costs no more than
// their number.
type draft struct {
	was   *Service // as published; nil when the transaction added it
	next  Service  // plain values as they will be
	loops int

	before *predecessor // what it replaces; nil when it does not

	servers  []*draftServer
	serverAt map[netip.AddrPort]*draftServer

	rules *draftRules // nil until a rule is looked at

	newScheduler bool // every picker must be built anew
	newServers   bool // the list of servers, or one of them, changed
}

// draftServer is a server while a transaction changes its service.
type draftServer struct {
	*Server
	rules   int  // that use it; right once the rules are open
	changed bool // another Server stands for it in what was published
	added   bool // by this transaction
	gone    bool
}

func newDraft(name string, loops int) *draft {
	return &draft{
		next: Service{
			Name:            name,
			StartServers:    DefaultStartServers,
			MaxClients:      DefaultMaxClients,
			MinSpareServers: DefaultMinSpareServers,
			MaxSpareServers: DefaultMaxSpareServers,
			Live:            &ServiceLive{Slot: noSlot, Stats: stats.New(loops)},
		},
		loops:      loops,
		serverAt:   map[netip.AddrPort]*draftServer{},
		rules:      &draftRules{},
		newServers: true,
	}
}

func openDraft(svc *Service, loops int) *draft {
	d := &draft{
		was:      svc,
		next:     *svc,
		loops:    loops,
		serverAt: make(map[netip.AddrPort]*draftServer, len(svc.Servers)),
	}
	for _, server := range slices.Backward(svc.Servers) {
		d.appendServer(&draftServer{Server: server})
	}
	return d
}

func (d *draft) appendServer(s *draftServer) {
	d.servers = append(d.servers, s)
	d.serverAt[s.Addr] = s
}

func (d *draft) setScheduler(s *Scheduler) {
	if d.next.Scheduler != s {
		d.next.Scheduler = s
		d.newScheduler = true
	}
}

// build makes the service of the next snapshot. What the changes did not reach
// is shared with the one before.
func (d *draft) build(limits match.Limits) (*Service, error) {
	svc := d.next
	if d.newServers {
		svc.Servers = make([]*Server, 0, len(d.serverAt))
		for _, s := range slices.Backward(d.servers) {
			if !s.gone {
				svc.Servers = append(svc.Servers, s.Server)
			}
		}
	}
	switch {
	case d.before != nil && !d.newScheduler && slices.Equal(svc.Servers, d.was.Servers):
		svc.Picker = d.was.Picker
	case d.newServers || d.newScheduler:
		svc.Picker = svc.Scheduler.Build(svc.Servers)
		d.openRules()
	}
	if d.rules == nil {
		return &svc, nil
	}
	svc.Rules = d.rules.build(svc.Scheduler, d.newScheduler, d.loops)
	changed := d.rules.changed
	if d.before != nil {
		changed = !d.before.samePatterns(svc.Rules)
	}
	if svc.Matcher == nil || changed {
		var err error
		if svc.Matcher, err = compile(&svc, limits); err != nil {
			return nil, err
		}
	}
	if d.before != nil {
		return svc.sharedWith(d.was), nil
	}
	return &svc, nil
}

// compile makes the matcher of a service's rules, from the one it had if any.
func compile(svc *Service, limits match.Limits) (*match.Set, error) {
	patterns := make([]*match.Pattern, len(svc.Rules))
	for i, rule := range svc.Rules {
		patterns[i] = &rule.Pattern
	}
	var set *match.Set
	var err error
	if svc.Matcher != nil {
		set, err = svc.Matcher.Recompile(patterns, limits)
	} else {
		set, err = match.Compile(patterns, limits)
	}
	var refused *match.Error
	if errors.As(err, &refused) {
		e := &RuleError{Service: svc.Name, Err: refused}
		if refused.Index >= 0 {
			e.Pattern = *patterns[refused.Index]
		}
		return nil, e
	}
	return set, err
}
