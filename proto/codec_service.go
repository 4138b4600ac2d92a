package proto

import (
	"fmt"
	"net/netip"
)

// service appends the attributes of s that are in mask. Of those that may be
// left out, the zero ones are.
func (e *encoder) service(s *Service, mask uint64) {
	has := func(typ uint) bool { return mask&(1<<typ) != 0 }
	e.string(serviceSet, ServiceAttrName, s.Name)
	if has(ServiceAttrScheduler) && s.Scheduler != "" {
		e.string(serviceSet, ServiceAttrScheduler, s.Scheduler)
	}
	if has(ServiceAttrListen) && s.Listen != (netip.AddrPort{}) {
		e.endpoint(ServiceAttrListen, s.Listen, 0)
	}
	if has(ServiceAttrAlsoListen) {
		e.alsoListen(s)
	}
	if has(ServiceAttrRedirect) && s.Redirect != (netip.AddrPort{}) {
		e.endpoint(ServiceAttrRedirect, s.Redirect, endpointAddress|endpointPort)
	}
	if has(ServiceAttrClearRedirect) && s.ClearRedirect {
		e.flag(ServiceAttrClearRedirect)
	}
	for _, n := range [...]struct {
		typ uint
		v   uint16
	}{
		{ServiceAttrStartServers, s.StartServers},
		{ServiceAttrMaxClients, s.MaxClients},
		{ServiceAttrMinSpareServers, s.MinSpareServers},
		{ServiceAttrMaxSpareServers, s.MaxSpareServers},
	} {
		if has(n.typ) && n.v != 0 {
			e.number(serviceSet, n.typ, int64(n.v))
		}
	}
	if has(ServiceAttrVia) && s.Via != "" {
		e.string(serviceSet, ServiceAttrVia, s.Via)
	}
	for _, w := range [...]struct {
		typ uint
		v   Switch
	}{
		{ServiceAttrAllowLoop, s.AllowLoop},
		{ServiceAttrState, s.State},
		{ServiceAttrFreebind, s.Freebind},
		{ServiceAttrV6Only, s.V6Only},
	} {
		if has(w.typ) && w.v != NotGiven {
			e.number(serviceSet, w.typ, int64(w.v-Off))
		}
	}
	if has(ServiceAttrRunning) && s.Running {
		e.flag(ServiceAttrRunning)
	}
	if has(ServiceAttrStats) {
		e.counter(ServiceAttrActiveConns, s.ActiveConns)
		e.stats(ServiceAttrStats, &s.Stats)
	}
}

// alsoListen appends the addresses beyond the first.
func (e *encoder) alsoListen(s *Service) {
	switch {
	case 1+len(s.Also) > MaxListens:
		e.fail(fmt.Errorf("service has %d listen addresses, expected at most %d", 1+len(s.Also), MaxListens))
		return
	case len(s.Also) > 0 && !s.Listen.Addr().IsValid():
		e.fail(fmt.Errorf("service has further listen addresses without a first one"))
		return
	}
	for _, addr := range s.Also {
		e.endpoint(ServiceAttrAlsoListen, addr, endpointAddress)
	}
}

func (d *decoder) service(v value, must, may uint64) (s Service, err error) {
	offset := v.offset
	err = d.walk(serviceSet, must, may, v, func(typ uint, v value) (err error) {
		switch typ {
		case ServiceAttrName:
			s.Name = v.string()
		case ServiceAttrScheduler:
			s.Scheduler = v.string()
		case ServiceAttrListen:
			s.Listen, err = d.endpoint(v, 0)
		case ServiceAttrAlsoListen:
			var addr netip.AddrPort
			addr, err = d.endpoint(v, endpointAddress)
			s.Also = append(s.Also, addr)
		case ServiceAttrRedirect:
			s.Redirect, err = d.endpoint(v, endpointAddress|endpointPort)
		case ServiceAttrClearRedirect:
			s.ClearRedirect = true
		case ServiceAttrStartServers:
			s.StartServers = uint16(v.number(kindU16))
		case ServiceAttrMaxClients:
			s.MaxClients = uint16(v.number(kindU16))
		case ServiceAttrMinSpareServers:
			s.MinSpareServers = uint16(v.number(kindU16))
		case ServiceAttrMaxSpareServers:
			s.MaxSpareServers = uint16(v.number(kindU16))
		case ServiceAttrVia:
			s.Via = v.string()
		case ServiceAttrAllowLoop:
			s.AllowLoop = Off + Switch(v.number(kindU8))
		case ServiceAttrState:
			s.State = Off + Switch(v.number(kindU8))
		case ServiceAttrFreebind:
			s.Freebind = Off + Switch(v.number(kindU8))
		case ServiceAttrV6Only:
			s.V6Only = Off + Switch(v.number(kindU8))
		case ServiceAttrRunning:
			s.Running = true
		case ServiceAttrActiveConns:
			s.ActiveConns = v.counter()
		case ServiceAttrStats:
			s.Stats, err = d.stats(v)
		}
		return err
	})
	if err == nil && s.ClearRedirect && s.Redirect != (netip.AddrPort{}) {
		err = d.fail(offset, "service has both redirect and clear-redirect, expected one")
	}
	if err == nil && len(s.Also) > 0 && !s.Listen.Addr().IsValid() {
		err = d.fail(offset, "service has also-listen without an address in listen")
	}
	return s, err
}
