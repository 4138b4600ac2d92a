package main

import (
	"net/netip"

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
	listen, port := valueOf(c, optionListen), valueOf(c, optionPort)
	if listen.isGiven() {
		if service.Listen, err = listen.address(s.resolve); err != nil {
			return service, err
		}
	}
	if !port.isGiven() {
		return service, nil
	}
	number, err := port.number(1, mostPort)
	if err != nil {
		return service, err
	}
	if service.Listen.Port() != 0 {
		return service, port.fail(port.text(), "--listen (-l) gives a port too")
	}
	service.Listen = netip.AddrPortFrom(service.Listen.Addr(), uint16(number))
	return service, nil
}
