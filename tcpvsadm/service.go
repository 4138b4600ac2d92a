package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// mostPort is the highest port that --port takes.
const mostPort = 65534

func (s *session) addService(c *cli.Context) error {
	service, err := s.service(c)
	if err != nil {
		return err
	}
	if service.Scheduler == "" {
		service.Scheduler = proto.DefaultScheduler
	}
	addr, port := service.Listen.Addr(), service.Listen.Port()
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
	}
	if port == 0 {
		port = proto.DefaultListenPort
	}
	service.Listen = netip.AddrPortFrom(addr, port)
	fillPorts(service.Also, port)
	return s.change(c, proto.Change{Command: proto.CmdNewService, Service: service})
}

func (s *session) editService(c *cli.Context) error {
	service, err := s.service(c)
	if err != nil {
		return err
	}
	return s.change(c, proto.Change{Command: proto.CmdSetService, Service: service})
}

func (s *session) deleteService(c *cli.Context) error {
	name, err := ident(c)
	if err != nil {
		return err
	}
	return s.change(c, proto.Change{Command: proto.CmdDelService, Service: proto.Service{Name: name}})
}

func (s *session) flush(c *cli.Context) error {
	return s.change(c, proto.Change{Command: proto.CmdFlush})
}

// service is what the options say of a virtual service; the rest is zero.
func (s *session) service(c *cli.Context) (service proto.Service, err error) {
	if service.Name, err = ident(c); err != nil {
		return service, err
	}
	if service.Scheduler, err = valueOf(c, optionScheduler).checked(proto.CheckName); err != nil {
		return service, err
	}
	if via := valueOf(c, optionVia); via.isGiven() {
		if service.Via, err = proto.ParseVia(via.text()); err != nil {
			return service, via.fail(via.text(), err)
		}
	}
	for option, field := range map[string]*proto.Switch{
		optionAllowLoop: &service.AllowLoop,
		optionFreebind:  &service.Freebind,
		optionV6Only:    &service.V6Only,
	} {
		if v := valueOf(c, option); v.isGiven() {
			if *field, err = proto.ParseSwitch(v.text()); err != nil {
				return service, v.fail(v.text(), err)
			}
		}
	}
	if err := numbers(c, &service); err != nil {
		return service, err
	}
	return service, s.listens(c, &service)
}

// listens takes over where the options have the service listen.
func (s *session) listens(c *cli.Context, service *proto.Service) error {
	listen, port := valueOf(c, optionListen), valueOf(c, optionPort)
	all, err := listen.addresses(s.resolve)
	switch {
	case err != nil:
		return err
	case len(all) > proto.MaxListens:
		return listen.failNamed(fmt.Errorf("%d addresses, expected %d at most", len(all), proto.MaxListens))
	case len(all) == 0:
		all = make([]netip.AddrPort, 1)
	}
	if port.isGiven() {
		number, err := port.number(1, mostPort)
		if err != nil {
			return err
		}
		if fillPorts(all, uint16(number)) == 0 {
			return port.fail(port.text(), "--listen (-l) gives a port too")
		}
	}
	for i, addr := range all {
		if err := proto.CheckListen(addr.Addr()); err != nil {
			return listen.failNamed(err)
		}
		if slices.Contains(all[:i], addr) {
			return listen.failNamed(fmt.Errorf("%s is given twice", strings.TrimSuffix(addr.String(), ":0")))
		}
	}
	service.Listen = all[0]
	if len(all) > 1 {
		service.Also = all[1:]
	}
	return nil
}

// fillPorts gives the port to those addresses that have none, and tells how many.
func fillPorts(addrs []netip.AddrPort, port uint16) (filled int) {
	for i, addr := range addrs {
		if addr.Port() == 0 {
			addrs[i] = netip.AddrPortFrom(addr.Addr(), port)
			filled++
		}
	}
	return filled
}
