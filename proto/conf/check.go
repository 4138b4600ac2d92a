package conf

import (
	"fmt"
	"net/netip"
	"strings"

	"ktcpvs/proto"
)

// ParseSource reads a source condition: a prefix, or an address, which is a
// prefix of its whole length. Bits past the length must be zero.
func ParseSource(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s is no address", quoted(text))
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no address/length", quoted(text))
	}
	if err := proto.CheckSource(prefix); err != nil {
		return netip.Prefix{}, err
	}
	return prefix, nil
}
