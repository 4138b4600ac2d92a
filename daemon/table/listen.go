package table

import (
	"iter"
	"net/netip"
	"slices"
)

// Services that listen at one address would each get some of its connections by
// chance, so an address has one service. The address that a service gets when none
// is given may be that of several, of which one runs: scripts of 2004 add services
// and give them their ports later, or start one of them. 0.0.0.0 beside an address
// of the machine is no clash: the kernel gives a connection to the closer one.
// A service may listen at several addresses. The first is the one that it is known
// by, and servers without a port have its.

var unchosen = netip.AddrPortFrom(netip.IPv4Unspecified(), DefaultListenPort)

// Listens are all addresses of the service.
func (s *Service) Listens() iter.Seq[netip.AddrPort] {
	return func(yield func(netip.AddrPort) bool) {
		if !yield(s.Listen) {
			return
		}
		for _, addr := range s.Also {
			if !yield(addr) {
				return
			}
		}
	}
}

// ListensAt reports whether that is one of the addresses.
func (s *Service) ListensAt(addr netip.AddrPort) bool {
	return s.Listen == addr || slices.Contains(s.Also, addr)
}

// sameListens reports whether both have the same addresses, the first apart from the others.
func (s *Service) sameListens(other *Service) bool {
	return s.Listen == other.Listen && slices.Equal(s.Also, other.Also)
}

// CheckListens refuses what the changes up to now have made listen where another
// service does. What did so before stays as it is. It is a *ListenError of
// ErrInUse.
func (tx *Tx) CheckListens() error {
	at := map[netip.AddrPort][]*Service{}
	names := tx.Names()
	for _, name := range names {
		svc := tx.peek(name)
		for addr := range svc.Listens() {
			at[addr] = append(at[addr], svc)
		}
	}
	for _, name := range names {
		svc := tx.peek(name)
		was := tx.base.Lookup(name)
		begins := was == nil || was.Live != svc.Live || !was.Running && svc.Running
		for addr := range svc.Listens() {
			if !begins && was.ListensAt(addr) {
				continue
			}
			for _, other := range at[addr] {
				if other.Name == name || addr == unchosen && !(svc.Running && other.Running) {
					continue
				}
				return &ListenError{name, Refuse(ErrInUse, "%v is where service %q listens: give one of them another address",
					addr, other.Name)}
			}
		}
	}
	return nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// checkListens holds the addresses that were given to what they may be.
func (s *ServiceSpec) checkListens() error {
	if n := 1 + len(s.Also); n > MaxListens {
		return Refuse(ErrInvalid, "service %q: %d listen addresses, expected %d at most", s.Name, n, MaxListens)
	}
	if len(s.Also) > 0 && !s.Listen.Addr().IsValid() {
		return Refuse(ErrInvalid, "service %q: further listen addresses without a first one", s.Name)
	}
	for i, addr := range append([]netip.AddrPort{s.Listen}, s.Also...) {
		if addr.Addr().Zone() != "" {
			return Refuse(ErrInvalid, "service %q: listen address %v has a zone, expected none", s.Name, addr)
		}
		if to := addr.Addr().Unmap(); to.IsMulticast() || to == broadcast {
			return Refuse(ErrInvalid, "service %q: nobody can connect to listen address %v", s.Name, addr)
		}
		if i > 0 && !addr.Addr().IsValid() {
			return Refuse(ErrInvalid, "service %q: listen address %d is only a port, expected an address", s.Name, i+1)
		}
	}
	return nil
}

// checkTwice refuses an address that stands twice among those of a service.
func (s *ServiceSpec) checkTwice() error {
	known := map[netip.AddrPort]bool{s.Listen: true}
	for _, addr := range s.Also {
		if known[addr] {
			return Refuse(ErrInvalid, "service %q: listen address %v is given twice", s.Name, addr)
		}
		known[addr] = true
	}
	return nil
}

// listensOver completes what a change gives of the addresses by those of the
// service. A new address takes the place of all; a port alone has one to go to.
func (s *ServiceSpec) listensOver(was *Service) error {
	switch {
	case s.Listen.Addr().IsValid():
	case s.Listen.Port() == 0:
		s.Also = was.Also
	case len(was.Also) > 0 && s.Listen.Port() != was.Listen.Port():
		return Refuse(ErrInvalid, "service %q: a port alone, and the service has %d listen addresses: give all of them", s.Name, 1+len(was.Also))
	default:
		s.Also = was.Also
	}
	s.Listen = merge(s.Listen, was.Listen)
	s.Also = mergeAll(s.Also, s.Listen)
	return s.checkTwice()
}

// mergeAll is merge of each, with what the first address has.
func mergeAll(given []netip.AddrPort, first netip.AddrPort) []netip.AddrPort {
	var all []netip.AddrPort
	for _, addr := range given {
		all = append(all, merge(addr, first))
	}
	return all
}
