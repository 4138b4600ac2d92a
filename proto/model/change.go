package model

import (
	"net/netip"
	"slices"
	"strings"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// setService lays what a change gives over a service.
func setService(v *proto.Virtual, s proto.Service) *proto.Error {
	if s.Scheduler != "" && !slices.Contains(proto.Schedulers, s.Scheduler) {
		return proto.Errorf(unix.ENOENT, "scheduler %q", s.Scheduler)
	}
	t := &v.Service
	if s.Scheduler != "" {
		t.Scheduler = s.Scheduler
	}
	if err := setListens(t, s); err != nil {
		return err
	}
	if s.ClearRedirect || s.Redirect.IsValid() {
		t.Redirect = s.Redirect
	}
	for _, w := range [...]struct {
		to   *proto.Switch
		from proto.Switch
	}{{&t.AllowLoop, s.AllowLoop}, {&t.Freebind, s.Freebind}, {&t.V6Only, s.V6Only}} {
		switch w.from {
		case proto.On:
			*w.to = proto.On
		case proto.Off:
			*w.to = proto.NotGiven
		}
	}
	if s.State != proto.NotGiven {
		t.Running = s.State == proto.On
	}
	if s.Via != "" {
		t.Via = strings.TrimPrefix(s.Via, "on")
	}
	for _, n := range [...]struct {
		to   *uint16
		from uint16
	}{
		{&t.StartServers, s.StartServers}, {&t.MaxClients, s.MaxClients},
		{&t.MinSpareServers, s.MinSpareServers}, {&t.MaxSpareServers, s.MaxSpareServers},
	} {
		if n.from != 0 {
			*n.to = n.from
		}
	}
	// What is not given gives way, but for maxclients.
	if s.StartServers == 0 {
		t.StartServers = min(t.StartServers, t.MaxClients)
	}
	if s.MinSpareServers == 0 {
		t.MinSpareServers = min(t.MinSpareServers, t.MaxSpareServers)
	} else if s.MaxSpareServers == 0 {
		t.MaxSpareServers = max(t.MinSpareServers, t.MaxSpareServers)
	}
	if err := t.CheckNumbers(); err != nil {
		return proto.Errorf(unix.EINVAL, "service %q: %v", t.Name, err)
	}
	return nil
}

// setListens has a new address take the place of all there are.
func setListens(t *proto.Service, s proto.Service) *proto.Error {
	addr, port := s.Listen.Addr(), s.Listen.Port()
	if port == 0 {
		port = t.Listen.Port()
	}
	if !addr.IsValid() {
		if port != t.Listen.Port() && len(t.Also) > 0 {
			return proto.Errorf(unix.EINVAL, "service %q: a port alone, and the service has %d listen addresses: give all of them", t.Name, 1+len(t.Also))
		}
		t.Listen = netip.AddrPortFrom(t.Listen.Addr(), port)
		return nil
	}
	first := netip.AddrPortFrom(addr, port)
	all, also := []netip.AddrPort{first}, []netip.AddrPort(nil)
	for _, a := range s.Also {
		if a.Port() == 0 {
			a = netip.AddrPortFrom(a.Addr(), port)
		}
		if slices.Contains(all, a) {
			return proto.Errorf(unix.EINVAL, "service %q: listen address %v is given twice", t.Name, a)
		}
		all, also = append(all, a), append(also, a)
	}
	t.Listen, t.Also = first, also
	return nil
}

// server gives a change's address the service's own port when it has none.
func server(v *proto.Virtual, a netip.AddrPort) netip.AddrPort {
	if a.Port() == 0 {
		return netip.AddrPortFrom(a.Addr(), v.Service.Listen.Port())
	}
	return a
}

func findDest(v *proto.Virtual, a netip.AddrPort) int {
	return slices.IndexFunc(v.Dests, func(d proto.Dest) bool { return d.Addr == a })
}

func changeDest(v *proto.Virtual, cmd proto.Command, d proto.Dest) *proto.Error {
	d.Addr = server(v, d.Addr)
	at := findDest(v, d.Addr)
	switch {
	case cmd == proto.CmdNewDest && at >= 0:
		return proto.Errorf(unix.EEXIST, "server %v of service %q", d.Addr, d.Service)
	case cmd == proto.CmdNewDest:
		v.Dests = slices.Insert(v.Dests, 0, proto.Dest{Service: d.Service, Addr: d.Addr, Weight: d.Weight})
	case at < 0:
		return proto.Errorf(unix.ENOENT, "server %v of service %q", d.Addr, d.Service)
	case cmd == proto.CmdSetDest:
		v.Dests[at].Weight = d.Weight
	default:
		for _, r := range v.Rules {
			if slices.Contains(r.Dests, d.Addr) {
				return proto.Errorf(unix.EBUSY, "server %v is used by rule %q", d.Addr, r.URI())
			}
		}
		v.Dests = slices.Delete(v.Dests, at, at+1)
	}
	return nil
}

func findRule(v *proto.Virtual, c proto.Conditions) int {
	return slices.IndexFunc(v.Rules, func(r proto.Rule) bool { return r.Conditions.Equal(&c) })
}

func addRule(v *proto.Virtual, r proto.Rule) *proto.Error {
	a := server(v, r.Dests[0])
	if findDest(v, a) < 0 {
		return proto.Errorf(unix.ENOENT, "server %v of service %q", a, r.Service)
	}
	at := findRule(v, r.Conditions)
	switch {
	case at >= 0 && r.Number != 0:
		return proto.Errorf(unix.EINVAL, "rule %q is there already", r.URI())
	case at >= 0 && slices.Contains(v.Rules[at].Dests, a):
		return proto.Errorf(unix.EEXIST, "server %v in rule %q", a, r.URI())
	case at >= 0 && r.Match != 0 && r.Match != v.Rules[at].Match:
		return proto.Errorf(unix.EINVAL, "rule %q has match %d", r.URI(), v.Rules[at].Match)
	case r.Number != 0:
		r.Dests = []netip.AddrPort{a}
		return place(v, r)
	case at >= 0:
		v.Rules[at].Dests = slices.Insert(v.Rules[at].Dests, 0, a)
	case r.Default():
		r.Dests = []netip.AddrPort{a}
		v.Rules = append(v.Rules, r)
	default:
		r.Dests = []netip.AddrPort{a}
		v.Rules = slices.Insert(v.Rules, 0, r)
	}
	return nil
}

func delRule(v *proto.Virtual, r proto.Rule) *proto.Error {
	a := server(v, r.Dests[0])
	at := findRule(v, r.Conditions)
	if at < 0 || !slices.Contains(v.Rules[at].Dests, a) {
		return proto.Errorf(unix.ENOENT, "rule %q with server %v of service %q", r.URI(), a, r.Service)
	}
	rule := &v.Rules[at]
	rule.Dests = slices.DeleteFunc(rule.Dests, func(d netip.AddrPort) bool { return d == a })
	if len(rule.Dests) == 0 {
		v.Rules = slices.Delete(v.Rules, at, at+1)
	}
	return nil
}

// place puts a rule that is not there where it gets its number.
func place(v *proto.Virtual, r proto.Rule) *proto.Error {
	front := slices.IndexFunc(v.Rules, func(r proto.Rule) bool { return r.Default() })
	if front < 0 {
		front = len(v.Rules)
	}
	least, most := 1, front+1
	if r.Default() {
		least, most = front+1, len(v.Rules)+1
	}
	at := int(r.Number)
	if at < least || at > most {
		return proto.Errorf(unix.EINVAL, "rule %q cannot be number %d, expected %d to %d", r.URI(), at, least, most)
	}
	r.Number = 0
	v.Rules = slices.Insert(v.Rules, at-1, r)
	return nil
}

func moveRule(v *proto.Virtual, r proto.Rule) *proto.Error {
	at := findRule(v, r.Conditions)
	if at < 0 {
		return proto.Errorf(unix.ENOENT, "service %q has no rule %q", r.Service, r.URI())
	}
	before, moved := v.Rules, v.Rules[at]
	moved.Number = r.Number
	v.Rules = slices.Delete(slices.Clone(v.Rules), at, at+1)
	err := place(v, moved)
	if err != nil {
		v.Rules = before
	}
	return err
}
