package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
)

// defaultWeight is a new real server's.
const defaultWeight = 1

func (s *session) addServer(c *cli.Context) error {
	dest, err := s.dest(c)
	if err != nil {
		return err
	}
	if err := proto.CheckServer(dest.Addr.Addr()); err != nil {
		return valueOf(c, optionServer).failNamed(err)
	}
	return s.change(c, proto.Change{Command: proto.CmdNewDest, Dest: dest})
}

// editServer sets what is given; without a weight, that is nothing.
func (s *session) editServer(c *cli.Context) error {
	dest, err := s.dest(c)
	if err != nil {
		return err
	}
	if valueOf(c, optionWeight).isGiven() {
		return s.change(c, proto.Change{Command: proto.CmdSetDest, Dest: dest})
	}
	return s.with(c, func(d daemon) error {
		v, err := d.Virtual(dest.Service)
		if refused, ok := errors.AsType[*proto.Error](err); ok {
			refused.Command = proto.CmdSetDest
		}
		if err == nil && findDest(&v, dest.Addr) == nil {
			err = &proto.Error{Errno: unix.ENOENT, Command: proto.CmdSetDest, Text: fmt.Sprintf("service %q has no server %v", dest.Service, withPort(&v, dest.Addr))}
		}
		return err
	})
}

// dest is the real server that the options name, with its weight.
func (s *session) dest(c *cli.Context) (proto.Dest, error) {
	name, addr, err := s.server(c)
	if err != nil {
		return proto.Dest{}, err
	}
	weight := uint64(defaultWeight)
	if given := valueOf(c, optionWeight); given.isGiven() {
		weight, err = given.number(0, proto.MaxWeight)
	}
	return proto.Dest{Service: name, Addr: addr, Weight: uint32(weight)}, err
}

func (s *session) deleteServer(c *cli.Context) error {
	name, addr, err := s.server(c)
	if err != nil {
		return err
	}
	dest := proto.Dest{Service: name, Addr: addr}
	if c.Bool(optionWithRules) {
		return s.deleteWithRules(c, dest)
	}
	return s.change(c, proto.Change{Command: proto.CmdDelDest, Dest: dest})
}

// server is the virtual service and the real server that the options name.
// The server's port is 0 when it is the service's own.
func (s *session) server(c *cli.Context) (service string, addr netip.AddrPort, err error) {
	if service, err = ident(c); err != nil {
		return "", addr, err
	}
	addr, err = valueOf(c, optionServer).address(s.resolve)
	return service, addr, err
}
