package proto

import (
	"iter"
	"net/netip"
)

// Listens are all addresses where the service listens, or is to, by their index.
func (s *Service) Listens() iter.Seq2[int, netip.AddrPort] {
	return func(yield func(int, netip.AddrPort) bool) {
		if !yield(0, s.Listen) {
			return
		}
		for i, addr := range s.Also {
			if !yield(i+1, addr) {
				return
			}
		}
	}
}
