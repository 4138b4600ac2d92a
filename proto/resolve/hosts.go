package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// together bounds the look-ups of all hosts of a configuration.
	together = 2 * time.Second

	// alone bounds the look-up of one that was not asked for with others.
	alone = 10 * time.Second
)

// Directory is what a *net.Resolver knows of hosts.
type Directory interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Hosts finds each host once. It is a conf.Resolver for one goroutine.
type Hosts struct {
	files  Directory // asks no server
	system Directory
	known  map[string]found
}

type found struct {
	addr netip.Addr
	err  error
}

// NewHosts asks files, which answers at once, and then system.
func NewHosts(files, system Directory) *Hosts {
	return &Hosts{files: files, system: system, known: make(map[string]found)}
}

// Files is what /etc/hosts says: no server is asked.
func Files() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no server is asked")
	}}
}

// LookUp finds hosts side by side, in two seconds together: all of them in
// /etc/hosts first, and then those that it does not have by DNS. Host then gives
// what was found, or that a name did not answer in time.
func (h *Hosts) LookUp(names []string) {
	ctx, cancel := context.WithTimeout(context.Background(), together)
	defer cancel()
	for _, d := range []Directory{h.files, h.system} {
		var missing []string
		for _, name := range names {
			if known, ok := h.known[name]; !ok || known.err != nil {
				missing = append(missing, name)
			}
		}
		late := found{err: fmt.Errorf("it did not answer in %v", together)}
		all := SideBySide(ctx, missing, func(name string) found {
			addr, err := Host(ctx, d, name)
			if err != nil && ctx.Err() != nil {
				return late
			}
			return found{addr, err}
		})
		for _, name := range missing {
			host, answered := all[name]
			if !answered {
				host = late
			}
			h.known[name] = host
		}
	}
}

// Host gives the address of a name, an IPv4 one where there is one.
func (h *Hosts) Host(name string) (netip.Addr, error) {
	if known, ok := h.known[name]; ok {
		return known.addr, known.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), alone)
	defer cancel()
	addr, err := Host(ctx, h.system, name)
	h.known[name] = found{addr, err}
	return addr, err
}

// Port gives the TCP port of a service's name, which /etc/services has.
func (h *Hosts) Port(name string) (uint16, error) {
	port, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", name)
	return uint16(port), Reason(err)
}

// Host asks one directory for a name, and gives an IPv4 address where there is one.
func Host(ctx context.Context, d Directory, name string) (netip.Addr, error) {
	addrs, err := d.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return netip.Addr{}, Reason(err)
	}
	if len(addrs) == 0 {
		return netip.Addr{}, errors.New("it has no address")
	}
	for _, addr := range addrs {
		if addr = addr.Unmap(); addr.Is4() {
			return addr, nil
		}
	}
	return addrs[0], nil
}

// Reason leaves out of a look-up's error the name, which the message has.
func Reason(err error) error {
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(failed.Err)
	}
	return err
}
