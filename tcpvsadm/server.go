package main

import (
	"net/netip"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

func (s *session) addServer(c *cli.Context) error {
	return s.weighServer(c, proto.CmdNewDest)
}

func (s *session) editServer(c *cli.Context) error {
	return s.weighServer(c, proto.CmdSetDest)
}

func (s *session) weighServer(c *cli.Context, command proto.Command) error {
	name, addr, err := s.server(c)
	if err != nil {
		return err
	}
	weight, err := valueOf(c, optionWeight).number(0, proto.MaxWeight)
	if err != nil {
		return err
	}
	return s.change(c, proto.Change{Command: command, Dest: proto.Dest{Service: name, Addr: addr, Weight: uint32(weight)}})
}

func (s *session) deleteServer(c *cli.Context) error {
	name, addr, err := s.server(c)
	if err != nil {
		return err
	}
	return s.change(c, proto.Change{Command: proto.CmdDelDest, Dest: proto.Dest{Service: name, Addr: addr}})
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
