package configfile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// patience bounds the look-ups of all names of a file together.
const patience = 2 * time.Second

// directory is what a *net.Resolver knows of hosts.
type directory interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// resolver is a conf.Resolver that first gathers the names of hosts and then knows
// them.
type resolver struct {
	system  directory
	missing map[string]int // with the number of what stands in for each
	known   map[string]answer
}

type answer struct {
	addr netip.Addr
	err  error
}

func newResolver() *resolver {
	return &resolver{
		system:  &net.Resolver{PreferGo: true, Dial: dial},
		missing: map[string]int{},
		known:   map[string]answer{},
	}
}

// dial asks a name server by TCP where that by UDP is not possible: a daemon that
// has given up its privileges makes no other sockets.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil && ctx.Err() == nil {
		conn, err = d.DialContext(ctx, "tcp", address)
	}
	return conn, err
}

// Host gives the address of a name; before lookUp, one that stands in for it.
func (r *resolver) Host(name string) (netip.Addr, error) {
	if a, ok := r.known[name]; ok {
		return a.addr, a.err
	}
	n, ok := r.missing[name]
	if !ok {
		n = len(r.missing) + 1
		r.missing[name] = n
	}
	return netip.AddrFrom16([16]byte{0: 1, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}), nil // 100::/64, RFC 6666
}

// Port gives the TCP port of a service's name, which /etc/services has.
func (r *resolver) Port(name string) (uint16, error) {
	port, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", name)
	return uint16(port), reason(err)
}

// lookUp finds the names that were asked for.
func (r *resolver) lookUp() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	most := make(chan struct{}, 64) // questions at once
	for name := range r.missing {
		all.Go(func() {
			most <- struct{}{}
			defer func() { <-most }()
			addr, err := lookUpHost(ctx, r.system, name)
			if err != nil && ctx.Err() != nil {
				err = fmt.Errorf("it did not answer in %v", patience)
			}
			mu.Lock()
			defer mu.Unlock()
			r.known[name] = answer{addr, err}
		})
	}
	all.Wait()
}

// lookUpHost gives an IPv4 address where there is one.
func lookUpHost(ctx context.Context, d directory, name string) (netip.Addr, error) {
	addrs, err := d.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return netip.Addr{}, reason(err)
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

// reason leaves out of a look-up's error the name, which the message has.
func reason(err error) error {
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(failed.Err)
	}
	return err
}
