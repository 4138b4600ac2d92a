package table

import (
	"net/netip"
	"slices"
)

// The model's operations, each a paragraph of the reference. An error changes
// nothing.

func (m *model) addService(name, scheduler string, port uint16) error {
	switch {
	case m.find(name) != nil:
		return ErrExists
	case scheduler == "rr":
		return ErrNoScheduler
	case port == 0:
		port = 8080
	}
	s := &modelService{name: name, scheduler: scheduler, port: port}
	if was := m.before(name); was != nil {
		s.live, s.running = was.live, was.running
	} else {
		s.live = m.NewLive()
	}
	m.services = slices.Insert(m.services, 0, s)
	return nil
}

// replace takes all away; what is added again under its name or address is what was
// there.
func (m *model) replace() error {
	m.replaced, m.services = m.services, nil
	return nil
}

func (m *model) before(name string) *modelService {
	for _, s := range m.replaced {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (m *model) setService(name, scheduler string, port uint16) error {
	s := m.find(name)
	switch {
	case s == nil:
		return ErrNoService
	case scheduler == "rr":
		return ErrNoScheduler
	case port != 0:
		s.port = port
	}
	s.scheduler = scheduler
	return nil
}

func (m *model) delService(name string) error {
	s := m.find(name)
	switch {
	case s == nil:
		return ErrNoService
	case s.running:
		return ErrBusy
	}
	m.services = slices.DeleteFunc(m.services, func(o *modelService) bool { return o == s })
	return nil
}

func (m *model) flush() error {
	for _, s := range m.services {
		if s.running {
			return ErrBusy
		}
	}
	m.services = nil
	return nil
}

func (m *model) setRunning(name string, is bool) error {
	s := m.find(name)
	if s == nil {
		return ErrNoService
	}
	s.running = is
	return nil
}

func (s *modelService) complete(addr netip.AddrPort) netip.AddrPort {
	if addr.Port() == 0 {
		return netip.AddrPortFrom(addr.Addr(), s.port)
	}
	return addr
}

func (m *model) addServer(name string, addr netip.AddrPort, weight int) error {
	s := m.find(name)
	switch {
	case weight > 65535:
		return ErrInvalid
	case s == nil:
		return ErrNoService
	case s.server(s.complete(addr)) >= 0:
		return ErrExists
	}
	addr = s.complete(addr)
	live := 0
	if was := m.before(name); was != nil && was.server(addr) >= 0 {
		live = was.servers[was.server(addr)].live
	} else {
		live = m.NewLive()
	}
	s.servers = slices.Insert(s.servers, 0, modelServer{addr, weight, live})
	return nil
}

func (m *model) setServer(name string, addr netip.AddrPort, weight int) error {
	s := m.find(name)
	switch {
	case weight > 65535:
		return ErrInvalid
	case s == nil:
		return ErrNoService
	case s.server(s.complete(addr)) < 0:
		return ErrNoServer
	}
	s.servers[s.server(s.complete(addr))].weight = weight
	return nil
}

func (m *model) delServer(name string, addr netip.AddrPort) error {
	s := m.find(name)
	if s == nil {
		return ErrNoService
	}
	addr = s.complete(addr)
	at := s.server(addr)
	if at < 0 {
		return ErrNoServer
	}
	for _, r := range s.rules {
		if slices.Contains(r.servers, addr) {
			return ErrBusy
		}
	}
	s.servers = slices.Delete(s.servers, at, at+1)
	return nil
}

func (m *model) addRule(name, expr string, group int, addr netip.AddrPort) error {
	s := m.find(name)
	switch {
	case group > 10 || expr == "":
		return ErrInvalid
	case s == nil:
		return ErrNoService
	case s.server(s.complete(addr)) < 0:
		return ErrNoServer
	}
	addr = s.complete(addr)
	if at := s.rule(expr); at >= 0 {
		r := &s.rules[at]
		switch {
		case slices.Contains(r.servers, addr):
			return ErrExists
		case group != 0 && group != r.match:
			return ErrInvalid
		}
		r.servers = slices.Insert(r.servers, 0, addr)
		return nil
	}
	at := 0
	if expr == ".*" || expr == "^/.*" {
		at = len(s.rules)
	}
	s.rules = slices.Insert(s.rules, at, modelRule{expr, group, []netip.AddrPort{addr}})
	return nil
}

func (m *model) delRule(name, expr string, group int, addr netip.AddrPort) error {
	s := m.find(name)
	switch {
	case group > 10 || expr == "":
		return ErrInvalid
	case s == nil:
		return ErrNoService
	case s.server(s.complete(addr)) < 0:
		return ErrNoServer
	case s.rule(expr) < 0:
		return ErrNoRule
	}
	r := &s.rules[s.rule(expr)]
	at := slices.Index(r.servers, s.complete(addr))
	if at < 0 {
		return ErrNoRule
	}
	r.servers = slices.Delete(r.servers, at, at+1)
	s.rules = slices.DeleteFunc(s.rules, func(r modelRule) bool { return len(r.servers) == 0 })
	return nil
}

// broken tells whether an expression is there that does not compile: that
// shows at the end of a transaction.
func (m *model) broken() bool {
	return slices.ContainsFunc(m.services, func(s *modelService) bool { return s.rule("(") >= 0 })
}
