package control

import (
	"net/netip"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/stats"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"
)

// patternOf and conditionsOf turn a rule's conditions into what match compiles
// and back.
func patternOf(c *proto.Conditions) match.Pattern {
	return match.Pattern{
		Expr:    c.Pattern,
		Path:    c.Path,
		Prefix:  c.Prefix,
		Host:    c.Host,
		Method:  c.Method,
		Headers: exprsOf(c.Headers),
		Cookies: exprsOf(c.Cookies),
		Queries: exprsOf(c.Queries),
		Source:  c.Source,

		IgnoreCase: c.IgnoreCase,
	}
}

func conditionsOf(p *match.Pattern) proto.Conditions {
	return proto.Conditions{
		Pattern: p.Expr,
		Path:    p.Path,
		Prefix:  p.Prefix,
		Host:    p.Host,
		Method:  p.Method,
		Headers: patternsOf(p.Headers),
		Cookies: patternsOf(p.Cookies),
		Queries: patternsOf(p.Queries),
		Source:  p.Source,

		IgnoreCase: p.IgnoreCase,
	}
}

func exprsOf(patterns []proto.NamedPattern) []match.NamedExpr {
	var exprs []match.NamedExpr
	for _, p := range patterns {
		exprs = append(exprs, match.NamedExpr{Name: p.Name, Expr: p.Pattern})
	}
	return exprs
}

func patternsOf(exprs []match.NamedExpr) []proto.NamedPattern {
	var patterns []proto.NamedPattern
	for _, e := range exprs {
		patterns = append(patterns, proto.NamedPattern{Name: e.Name, Pattern: e.Expr})
	}
	return patterns
}

func serviceOf(svc *table.Service) *proto.Service {
	s := settingsOf(svc)
	s.Running = svc.Running
	s.ActiveConns = count(svc.Live.Conns.Load())
	s.Stats = statsOf(svc.Live.Stats.Sum())
	return s
}

// settingsOf leaves out what is only reported.
func settingsOf(svc *table.Service) *proto.Service {
	s := &proto.Service{
		Name:            svc.Name,
		Scheduler:       svc.Scheduler.Name,
		Listen:          svc.Listen,
		Also:            svc.Also,
		Redirect:        svc.Redirect,
		StartServers:    uint16(svc.StartServers),
		MaxClients:      uint16(svc.MaxClients),
		MinSpareServers: uint16(svc.MinSpareServers),
		MaxSpareServers: uint16(svc.MaxSpareServers),
	}
	// These are reported only if they are not the default.
	if svc.Via != table.ViaOn {
		s.Via = svc.Via
	}
	if svc.AllowLoop {
		s.AllowLoop = proto.On
	}
	if svc.Freebind {
		s.Freebind = proto.On
	}
	if svc.V6Only {
		s.V6Only = proto.On
	}
	return s
}

func destOf(svc *table.Service, server *table.Server) *proto.Dest {
	return &proto.Dest{
		Service:     svc.Name,
		Addr:        server.Addr,
		Weight:      uint32(server.Weight),
		ActiveConns: count(server.Live.Conns.Load()),
		Stats:       statsOf(server.Live.Stats.Sum()),
		Down:        server.Live.Down(),
	}
}

func ruleOf(svc *table.Service, rule *table.Rule) *proto.Rule {
	r := &proto.Rule{
		Service:    svc.Name,
		Conditions: conditionsOf(&rule.Pattern),
		Match:      uint8(rule.Match),
		Dests:      make([]netip.AddrPort, len(rule.Servers)),
	}
	for i, server := range rule.Servers {
		r.Dests[i] = server.Addr
	}
	r.Hits, r.Last = rule.Hits.Sum()
	return r
}

func statsOf(s stats.Sums) proto.Stats {
	return proto.Stats{
		Conns: s.Conns, Requests: s.Requests, InBytes: s.InBytes, OutBytes: s.OutBytes, Errors: s.Errors, Limited: s.Limited,
		Unconnected: s.Unconnected, Resets: s.Resets, Timeouts: s.Timeouts, BadResponses: s.BadResponses,
	}
}

// count is a number of connections, which loops may for a moment have counted
// down before up.
func count(n int64) uint64 { return uint64(max(n, 0)) }
