package control

import (
	"iter"
	"net/netip"
	"os"

	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// List answers a GET from one snapshot.
func (c *Control) List(_ proto.Peer, r *proto.Request) (iter.Seq[proto.Reply], error) {
	if r.Command == proto.CmdGetHistory {
		return c.history(r.Service.Name, r.Last), nil
	}
	snapshot := c.store.Snapshot()
	name := r.Service.Name + r.Dest.Service + r.Rule.Service // one at most is given
	services, err := servicesOf(snapshot, name)
	if err != nil {
		return nil, err
	}

	var replies iter.Seq[proto.Reply]
	switch {
	case r.Command == proto.CmdGetInfo:
		replies = one(proto.Reply{Info: c.info(snapshot)})
	case r.Command == proto.CmdGetModule:
		modules := c.listModules(r.Module.Name)
		if len(modules) == 0 {
			return nil, proto.Errorf(unix.ENOENT, "scheduler %q", r.Module.Name)
		}
		replies = func(yield func(proto.Reply) bool) {
			for i := range modules {
				if !yield(proto.Reply{Module: &modules[i]}) {
					return
				}
			}
		}
	case !r.Dump && r.Command == proto.CmdGetDest:
		dest, err := findDest(services[0], r.Dest.Addr)
		if err != nil {
			return nil, err
		}
		replies = one(proto.Reply{Dest: dest})
	case !r.Dump && r.Command == proto.CmdGetRule:
		rule, err := findRule(services[0], &r.Rule.Conditions)
		if err != nil {
			return nil, err
		}
		replies = one(proto.Reply{Rule: rule})
	default:
		replies = walk(services, r)
	}
	return func(yield func(proto.Reply) bool) {
		for reply := range replies {
			reply.Command, reply.Generation = r.Command, snapshot.Generation
			if !yield(reply) {
				return
			}
		}
	}, nil
}

func one(reply proto.Reply) iter.Seq[proto.Reply] {
	return func(yield func(proto.Reply) bool) { yield(reply) }
}

// walk gives the services, their servers or their rules, or with Full all
// three, service by service.
func walk(services []*table.Service, r *proto.Request) iter.Seq[proto.Reply] {
	return func(yield func(proto.Reply) bool) {
		for _, svc := range services {
			if r.Command == proto.CmdGetService && !yield(proto.Reply{Service: serviceOf(svc)}) {
				return
			}
			if r.Command == proto.CmdGetDest || r.Full {
				for _, server := range svc.Servers {
					if !yield(proto.Reply{Dest: destOf(svc, server)}) {
						return
					}
				}
			}
			if r.Command == proto.CmdGetRule || r.Full {
				for _, rule := range svc.Rules {
					if !yield(proto.Reply{Rule: ruleOf(svc, rule)}) {
						return
					}
				}
			}
		}
	}
}

func findDest(svc *table.Service, a netip.AddrPort) (*proto.Dest, error) {
	if a.Port() == 0 {
		a = netip.AddrPortFrom(a.Addr(), svc.Listen.Port())
	}
	for _, server := range svc.Servers {
		if server.Addr == a {
			return destOf(svc, server), nil
		}
	}
	return nil, proto.Errorf(unix.ENOENT, "service %q has no server %v", svc.Name, a)
}

func findRule(svc *table.Service, wanted *proto.Conditions) (*proto.Rule, error) {
	for _, rule := range svc.Rules {
		if c := conditionsOf(&rule.Pattern); c.Equal(wanted) {
			return ruleOf(svc, rule), nil
		}
	}
	return nil, proto.Errorf(unix.ENOENT, "service %q has no rule of these conditions (%s %q)", svc.Name, wanted.Keyword(), wanted.URI())
}

func (c *Control) info(snapshot *table.Snapshot) *proto.Info {
	i := &proto.Info{
		Version:    proto.Version,
		PID:        uint32(os.Getpid()),
		Generation: snapshot.Generation,
		Services:   uint32(len(snapshot.Services)),
	}
	for _, k := range c.knobs.All() {
		i.Knobs = append(i.Knobs, proto.KnobValue{Name: k.Name(), Value: k.Get()})
	}
	return i
}
