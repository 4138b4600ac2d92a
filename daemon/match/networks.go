package match

import (
	"net/netip"
	"slices"
)

// networks finds the narrowest of some networks that an address is in. They
// are numbered from 1; 0 is any address.
type networks struct {
	numbers map[netip.Prefix]int
	parents []int // by number: the narrowest network around it
	v4, v6  []int // the lengths there are, longest first
}

// plainPrefix is p in the one form that equal networks share.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func newNetworks(prefixes []netip.Prefix) *networks {
	n := &networks{numbers: map[netip.Prefix]int{}, parents: []int{0}}
	for _, p := range prefixes {
		if _, ok := n.numbers[p]; ok {
			continue
		}
		n.numbers[p] = len(n.numbers) + 1
		lengths := &n.v4
		if p.Addr().Is6() {
			lengths = &n.v6
		}
		if !slices.Contains(*lengths, p.Bits()) {
			*lengths = append(*lengths, p.Bits())
		}
	}
	longestFirst := func(a, b int) int { return b - a }
	slices.SortFunc(n.v4, longestFirst)
	slices.SortFunc(n.v6, longestFirst)
	n.parents = make([]int, len(n.numbers)+1)
	for p, i := range n.numbers {
		n.parents[i] = n.narrowest(p.Addr(), p.Bits())
	}
	return n
}

// find returns the narrowest network that addr is in. At most one look-up for
// each length there is.
func (n *networks) find(addr netip.Addr) int {
	return n.narrowest(addr.Unmap().WithZone(""), 129)
}

// narrowest considers networks shorter than a length only.
func (n *networks) narrowest(addr netip.Addr, below int) int {
	lengths := n.v4
	if addr.Is6() {
		lengths = n.v6
	}
	for _, bits := range lengths {
		if bits >= below {
			continue
		}
		if p, err := addr.Prefix(bits); err == nil {
			if i, ok := n.numbers[p]; ok {
				return i
			}
		}
	}
	return 0
}
