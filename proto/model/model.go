package model

import (
	"net/netip"
	"slices"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// Model is a table as a daemon reports it.
type Model struct {
	Virtuals []proto.Virtual // newest first

	replaced map[string]bool // what a replace has taken away, and whether it ran
}

// Apply makes one change, or none of it when it is refused.
func (m *Model) Apply(c proto.Change) *proto.Error {
	switch c.Command {
	case proto.CmdNewService:
		return m.addService(c.Service)
	case proto.CmdFlush:
		for _, v := range m.Virtuals {
			if v.Service.Running {
				return proto.Errorf(unix.EBUSY, "service %q: stop it first", v.Service.Name)
			}
		}
		m.Virtuals = nil
		return nil
	case proto.CmdReplace:
		m.replaced = map[string]bool{}
		for _, v := range m.Virtuals {
			m.replaced[v.Service.Name] = v.Service.Running
		}
		m.Virtuals = nil
		return nil
	case proto.CmdStart, proto.CmdStop, proto.CmdZero:
		return m.run(c.Command, c.Service.Name)
	}
	name := c.Service.Name + c.Dest.Service + c.Rule.Service
	v := m.find(name)
	if v == nil {
		return noService(name)
	}
	switch c.Command {
	case proto.CmdSetService:
		return setService(v, c.Service)
	case proto.CmdDelService:
		if v.Service.Running {
			return proto.Errorf(unix.EBUSY, "service %q: stop it first", name)
		}
		m.Virtuals = slices.DeleteFunc(m.Virtuals, func(v proto.Virtual) bool { return v.Service.Name == name })
		return nil
	case proto.CmdNewDest, proto.CmdSetDest, proto.CmdDelDest:
		return changeDest(v, c.Command, c.Dest)
	case proto.CmdNewRule:
		return addRule(v, c.Rule)
	case proto.CmdDelRule:
		return delRule(v, c.Rule)
	case proto.CmdMoveRule:
		return moveRule(v, c.Rule)
	}
	return proto.Errorf(unix.EOPNOTSUPP, "%v is not a change of the table", c.Command)
}

// Settle ends a batch: what it has replaced is forgotten.
func (m *Model) Settle() { m.replaced = nil }

// run starts, stops or zeroes a service; "" is every one.
func (m *Model) run(cmd proto.Command, name string) *proto.Error {
	if name != "" && m.find(name) == nil {
		return noService(name)
	}
	for i := range m.Virtuals {
		if s := &m.Virtuals[i].Service; (name == "" || s.Name == name) && cmd != proto.CmdZero {
			s.Running = cmd == proto.CmdStart
		}
	}
	return nil
}

func noService(name string) *proto.Error {
	return proto.Errorf(unix.ESRCH, "service %q", name)
}

func (m *Model) find(name string) *proto.Virtual {
	for i := range m.Virtuals {
		if m.Virtuals[i].Service.Name == name {
			return &m.Virtuals[i]
		}
	}
	return nil
}

// Clone copies the table, so that changing the copy changes nothing else.
func (m *Model) Clone() Model {
	next := Model{Virtuals: slices.Clone(m.Virtuals)}
	for i := range next.Virtuals {
		v := &next.Virtuals[i]
		v.Dests, v.Rules = slices.Clone(v.Dests), slices.Clone(v.Rules)
		for j := range v.Rules {
			v.Rules[j].Dests = slices.Clone(v.Rules[j].Dests)
		}
	}
	return next
}

func (m *Model) addService(s proto.Service) *proto.Error {
	if m.find(s.Name) != nil {
		return proto.Errorf(unix.EEXIST, "service %q", s.Name)
	}
	v := proto.Virtual{Service: proto.Service{
		Name:            s.Name,
		Scheduler:       proto.DefaultScheduler,
		Listen:          netip.AddrPortFrom(netip.IPv4Unspecified(), proto.DefaultListenPort),
		StartServers:    proto.DefaultStartServers,
		MaxClients:      proto.DefaultMaxClients,
		MinSpareServers: proto.DefaultMinSpareServers,
		MaxSpareServers: proto.DefaultMaxSpareServers,
	}}
	v.Service.Running = m.replaced[s.Name]
	if err := setService(&v, s); err != nil {
		return err
	}
	m.Virtuals = slices.Insert(m.Virtuals, 0, v)
	return nil
}
