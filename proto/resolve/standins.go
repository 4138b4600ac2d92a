package resolve

import (
	"maps"
	"net/netip"
	"slices"
)

// StandIns gives each host an address that no other has, so that a configuration
// can be read before anybody is asked, and its hosts be known from that.
type StandIns struct {
	ports func(name string) (uint16, error)
	hosts map[string]netip.Addr
}

// NewStandIns asks ports for the ports of services.
func NewStandIns(ports func(name string) (uint16, error)) *StandIns {
	return &StandIns{ports: ports, hosts: make(map[string]netip.Addr)}
}

// Host gives the stand-in, of the prefix that is for discarding (RFC 6666).
func (s *StandIns) Host(name string) (netip.Addr, error) {
	addr, ok := s.hosts[name]
	if !ok {
		n := len(s.hosts) + 1
		addr = netip.AddrFrom16([16]byte{0: 1, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
		s.hosts[name] = addr
	}
	return addr, nil
}

// Port gives the port of a service's name, for which no server is asked.
func (s *StandIns) Port(name string) (uint16, error) { return s.ports(name) }

// Names are the hosts that were asked for.
func (s *StandIns) Names() []string { return slices.Sorted(maps.Keys(s.hosts)) }
