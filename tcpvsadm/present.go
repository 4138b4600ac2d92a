package main

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// present is which services, servers and rules there are while a batch goes on.
type present struct {
	things map[string]bool
	ports  map[string]uint16 // of services, for servers without a port
}

// neededSteps leaves out those that are asked for with --if-needed and would change
// nothing by then.
func neededSteps(d daemon, name string, steps []step) ([]step, error) {
	if !slices.ContainsFunc(steps, step.ifNeeded) {
		return steps, nil
	}
	table, err := d.Table()
	if err != nil {
		return nil, err
	}
	p := presentIn(table)
	var needed []step
	for _, at := range steps {
		switch {
		case !at.ifNeeded() || p.has(&at.change) == at.deletes():
			p.make(&at.change)
			needed = append(needed, at)
		case !at.deletes():
			// What the batch itself adds is not there to be compared.
			err := asGiven(at.c, d, at.change, &proto.Error{Errno: unix.EEXIST, Command: at.change.Command, Text: about(&at.change)})
			if err != nil && !errors.Is(err, unix.ESRCH) {
				return nil, fmt.Errorf("%s:%d: %w", name, at.line, err)
			}
		}
	}
	return needed, nil
}

func (s step) ifNeeded() bool { return s.c != nil && s.c.Bool(optionIfNeeded) }

func (s step) deletes() bool {
	switch s.change.Command {
	case proto.CmdDelService, proto.CmdDelDest, proto.CmdDelRule:
		return true
	}
	return false
}

// about names what a change is about.
func about(c *proto.Change) string {
	switch c.Command {
	case proto.CmdNewDest:
		return fmt.Sprintf("server %v of service %q", c.Dest.Addr, c.Dest.Service)
	case proto.CmdNewRule:
		return fmt.Sprintf("rule %s of service %q", conf.AppendConditions(nil, &c.Rule.Conditions), c.Rule.Service)
	}
	return fmt.Sprintf("service %q", c.Service.Name)
}

func presentIn(table []proto.Virtual) *present {
	p := &present{things: make(map[string]bool), ports: make(map[string]uint16)}
	for i := range table {
		v := &table[i]
		p.make(&proto.Change{Command: proto.CmdNewService, Service: v.Service})
		for _, dest := range v.Dests {
			p.make(&proto.Change{Command: proto.CmdNewDest, Dest: dest})
		}
		for _, rule := range v.Rules {
			for _, addr := range rule.Dests {
				one := rule
				one.Dests = []netip.AddrPort{addr}
				p.make(&proto.Change{Command: proto.CmdNewRule, Rule: one})
			}
		}
	}
	return p
}

// key is what a change makes or takes away.
func (p *present) key(c *proto.Change) string {
	server := func(service string, addr netip.AddrPort) string {
		if addr.Port() == 0 {
			addr = netip.AddrPortFrom(addr.Addr(), p.ports[service])
		}
		return addr.String()
	}
	switch c.Command {
	case proto.CmdNewDest, proto.CmdDelDest:
		return c.Dest.Service + " server " + server(c.Dest.Service, c.Dest.Addr)
	case proto.CmdNewRule, proto.CmdDelRule:
		return c.Rule.Service + " rule " + server(c.Rule.Service, c.Rule.Dests[0]) + string(conf.AppendConditions(nil, &c.Rule.Conditions))
	}
	return c.Service.Name + " "
}

func (p *present) has(c *proto.Change) bool { return p.things[p.key(c)] }

// make notes what a change makes of what is there.
func (p *present) make(c *proto.Change) {
	switch c.Command {
	case proto.CmdNewService, proto.CmdSetService:
		if port := c.Service.Listen.Port(); port != 0 {
			p.ports[c.Service.Name] = port
		}
		p.things[p.key(c)] = true
	case proto.CmdNewDest, proto.CmdNewRule:
		p.things[p.key(c)] = true
	case proto.CmdDelDest, proto.CmdDelRule:
		delete(p.things, p.key(c))
	case proto.CmdDelService:
		maps.DeleteFunc(p.things, func(key string, _ bool) bool { return strings.HasPrefix(key, c.Service.Name+" ") })
	case proto.CmdFlush:
		clear(p.things)
	}
}
