package table

import (
	"fmt"
	"net/netip"
)

// A request that a service sends to a service of the same daemon shows that in
// Via, and is not sent on for ever. Of wlc, whose bytes mean nothing, and of a
// service without Via, nothing shows: one connection could take all places that
// there are. Such a service may not lead to another one, or to itself, unless it
// is meant (RFC 9110, section 7.6: a gateway must not forward a message to
// itself). The redirect address of a service may never be its own: what no server
// takes would come back to where none does.

// Local tells whether an address is this machine's own. The table does not know.
type Local func(netip.Addr) bool

// LoopError is a service that leads back to the daemon. It is ErrInvalid.
type LoopError struct {
	Service string         // that does
	Addr    netip.AddrPort // its server, or its redirect address
	To      string         // the service that listens there
	Listen  netip.AddrPort
	Own     bool // it is the redirect address of that very service
}

func (e *LoopError) Error() string {
	if e.Own {
		return fmt.Sprintf("service %q: %v is where the service itself listens (%v), so that a connection would come back for ever: "+
			"give another address", e.Service, e.Addr, e.Listen)
	}
	return fmt.Sprintf("service %q: %v is where service %q of this daemon listens (%v), and nothing would end a loop: "+
		"set allow-loop = on if it is meant", e.Service, e.Addr, e.To, e.Listen)
}

// Unwrap gives the kind of the error.
func (e *LoopError) Unwrap() error { return ErrInvalid }

// blind reports whether nothing in what the service sends shows that it was here.
func (s *Service) blind() bool {
	return !s.AllowLoop && (!s.Scheduler.Content || s.Via == ViaOff)
}

// Takes gives the address of the service that a connection to addr reaches, if one
// does. local is asked only where the service listens at all addresses.
func (s *Service) Takes(addr netip.AddrPort, local Local) (listen netip.AddrPort, ok bool) {
	for listen := range s.Listens() {
		if s.takesAt(listen, addr, local) {
			return listen, true
		}
	}
	return netip.AddrPort{}, false
}

func (s *Service) takesAt(listen, addr netip.AddrPort, local Local) bool {
	to, at := addr.Addr().Unmap(), listen.Addr().Unmap()
	switch {
	case addr.Port() != listen.Port() || to.Is4() != at.Is4() && !(to.Is4() && s.takesIPv4(listen)):
		return false
	case to.IsUnspecified(): // the kernel calls the loopback address
		return at.IsUnspecified() || at.IsLoopback()
	case at.IsUnspecified():
		return to.IsLoopback() || local(to)
	}
	return to == at
}

// takesIPv4 reports whether a service that listens there takes IPv4, too, because that
// is [::], unless another address of IPv4 does.
func (s *Service) takesIPv4(listen netip.AddrPort) bool {
	return listen.Addr() == netip.IPv6Unspecified() && !s.V6Only
}

// TakesIPv4 reports whether a service that listens at that address, [::], takes IPv4,
// too: unless it is not to, or one that runs, itself included, listens at an address of
// IPv4 and the same port.
func (s *Snapshot) TakesIPv4(svc *Service, listen netip.AddrPort) bool {
	if !svc.takesIPv4(listen) {
		return false
	}
	for _, other := range s.Services {
		if !other.Running && other != svc {
			continue
		}
		for at := range other.Listens() {
			if at.Port() == listen.Port() && at.Addr().Unmap().Is4() {
				return false
			}
		}
	}
	return true
}

// CheckLoop finds a way from the service back to the daemon, or from another one
// to it, as things stand.
func (s *Snapshot) CheckLoop(name string, local Local) error {
	here := s.Lookup(name)
	if here == nil {
		return nil
	}
	for _, svc := range s.Services {
		if !svc.blind() {
			continue
		}
		for addr := range svc.leads() {
			for _, to := range s.Services {
				if svc != here && to != here {
					continue
				}
				if listen, ok := to.Takes(addr, local); ok {
					return &LoopError{svc.Name, addr, to.Name, listen, false}
				}
			}
		}
	}
	return nil
}

// leads are the addresses that a service leads to.
func (s *Service) leads() func(yield func(netip.AddrPort) bool) {
	return func(yield func(netip.AddrPort) bool) {
		for _, server := range s.Servers {
			if !yield(server.Addr) {
				return
			}
		}
		if s.Redirect.IsValid() {
			yield(s.Redirect)
		}
	}
}

// CheckLoops refuses what the changes up to now have made lead back to the
// daemon. What did so before stays as it is. *LoopError.
func (tx *Tx) CheckLoops(local Local) error {
	listeners, moved := map[uint16][]*Service{}, map[uint16][]*Service{}
	names := tx.Names()
	for _, name := range names {
		svc := tx.peek(name)
		was := tx.base.Lookup(name)
		isMoved := was == nil || was.Live != svc.Live || !was.sameListens(svc)
		for addr := range svc.Listens() {
			port := addr.Port()
			if at := listeners[port]; len(at) > 0 && at[len(at)-1] == svc {
				continue
			}
			listeners[port] = append(listeners[port], svc)
			if isMoved {
				moved[port] = append(moved[port], svc)
			}
		}
	}
	for _, name := range names {
		svc, d := tx.peek(name), tx.drafts[name]
		if d != nil && svc.Redirect.IsValid() {
			if listen, own := svc.Takes(svc.Redirect, local); own {
				return &LoopError{svc.Name, svc.Redirect, svc.Name, listen, true}
			}
		}
		if !svc.blind() {
			continue
		}
		check := func(addr netip.AddrPort, among map[uint16][]*Service) error {
			for _, to := range among[addr.Port()] {
				if listen, ok := to.Takes(addr, local); ok {
					return &LoopError{svc.Name, addr, to.Name, listen, false}
				}
			}
			return nil
		}
		if err := tx.checkLeads(svc, d, listeners, moved, check); err != nil {
			return err
		}
	}
	return nil
}

// checkLeads checks those addresses that are new to the service among all
// listeners, and the others among those that are.
func (tx *Tx) checkLeads(svc *Service, d *draft, listeners, moved map[uint16][]*Service,
	check func(netip.AddrPort, map[uint16][]*Service) error) error {
	was := tx.base.Lookup(svc.Name)
	known := was != nil && was.Live == svc.Live && was.blind()
	among := func(old bool) map[uint16][]*Service {
		if old && known {
			return moved
		}
		return listeners
	}
	if d == nil {
		if len(moved) == 0 {
			return nil
		}
		for addr := range svc.leads() {
			if err := check(addr, moved); err != nil {
				return err
			}
		}
		return nil
	}
	for _, server := range d.servers {
		if server.gone {
			continue
		}
		if err := check(server.Addr, among(!server.added)); err != nil {
			return err
		}
	}
	if svc.Redirect.IsValid() {
		return check(svc.Redirect, among(known && was.Redirect == svc.Redirect))
	}
	return nil
}
