package main

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ktcpvs/proto/conf"
	"ktcpvs/proto/resolve"
)

// namesTimeout bounds the look-ups of a whole listing, so that a name server that
// does not answer can not hang it.
const namesTimeout = 2 * time.Second

// names are what a listing prints for addresses and ports: the number, unless
// a name is known in time that leads back to it.
type names struct {
	conf.Numeric
	hosts map[netip.Addr]string
	ports func(uint16) string
}

// Host gives the name of the address, or the address as numbers.
func (n *names) Host(addr netip.Addr) string {
	if name, ok := n.hosts[addr]; ok {
		return name
	}
	return n.Numeric.Host(addr)
}

// Port gives the name of the port, or the port as a number.
func (n *names) Port(port uint16) string {
	if name := n.ports(port); name != "" {
		return name
	}
	return n.Numeric.Port(port)
}

// names looks the addresses up: all of them in /etc/hosts first, and then
// those that it does not have by DNS, as far as the time goes.
func (r *resolver) names(addrs []netip.Addr) conf.Names {
	ctx, cancel := context.WithTimeout(context.Background(), namesTimeout)
	defer cancel()
	missing := make(map[netip.Addr]bool)
	for _, addr := range addrs {
		if addr.IsValid() && !addr.IsUnspecified() {
			missing[addr] = true
		}
	}
	hosts := make(map[netip.Addr]string)
	for _, d := range []directory{r.files, r.system} {
		for addr, name := range lookUpNames(ctx, d, missing) {
			hosts[addr] = name
			delete(missing, addr)
		}
	}
	return &names{hosts: hosts, ports: r.serviceName}
}

// lookUpNames gives the names that are found before ctx is done.
func lookUpNames(ctx context.Context, d directory, addrs map[netip.Addr]bool) map[netip.Addr]string {
	known := resolve.SideBySide(ctx, slices.Collect(maps.Keys(addrs)), func(addr netip.Addr) string {
		return lookUpName(ctx, d, addr)
	})
	maps.DeleteFunc(known, func(_ netip.Addr, name string) bool { return name == "" })
	return known
}

// lookUpName gives a name that leads back to the address, so that a listing
// never shows one that means another host.
func lookUpName(ctx context.Context, d directory, addr netip.Addr) string {
	if ctx.Err() != nil {
		return ""
	}
	candidates, err := d.LookupAddr(ctx, addr.String())
	if err != nil {
		return ""
	}
	for _, candidate := range candidates {
		name := strings.TrimSuffix(candidate, ".")
		if !isHostName(name) {
			continue
		}
		if back, err := resolve.Host(ctx, d, name); err == nil && back == addr {
			return name
		}
	}
	return ""
}

// isHostName tells whether a name is one that the grammar reads as a host and
// that a terminal shows as it is.
func isHostName(name string) bool {
	other := func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_')
	}
	return strings.Trim(name, "0123456789.") != "" && !strings.ContainsFunc(name, other)
}
