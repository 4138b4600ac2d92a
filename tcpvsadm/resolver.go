package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// resolveTimeout bounds the look-up of one host.
	resolveTimeout = 10 * time.Second

	// hostsTimeout bounds the look-ups of all hosts of a configuration.
	hostsTimeout = 2 * time.Second
)

// directory is what a *net.Resolver knows of hosts.
type directory interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
	LookupPort(ctx context.Context, network, service string) (int, error)
}

// resolver finds hosts and services as the system does: /etc/hosts, then DNS;
// /etc/services. A host is looked up once a call.
type resolver struct {
	system directory
	files  directory // asks no server: what /etc/hosts alone says
	ports  map[uint16][]string

	hosts map[string]foundHost

	standIns *standIns // if there are any, hosts get these, and nobody is asked
}

type foundHost struct {
	addr netip.Addr
	err  error
}

func newResolver() *resolver {
	offline := func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no server is asked")
	}
	return &resolver{
		system: &net.Resolver{PreferGo: true},
		files:  &net.Resolver{PreferGo: true, Dial: offline},
		ports:  readServices("/etc/services"),
		hosts:  make(map[string]foundHost),
	}
}

// lookUp finds hosts side by side, in hostsTimeout together: all of them in
// /etc/hosts first, and then those that it does not have by DNS. Host then gives
// what was found, or that a name did not answer in time.
func (r *resolver) lookUp(hosts []string) {
	ctx, cancel := context.WithTimeout(context.Background(), hostsTimeout)
	defer cancel()
	for _, d := range []directory{r.files, r.system} {
		var missing []string
		for _, name := range hosts {
			if known, ok := r.hosts[name]; !ok || known.err != nil {
				missing = append(missing, name)
			}
		}
		found := sideBySide(ctx, missing, func(name string) foundHost {
			addr, err := lookUpHost(ctx, d, name)
			return foundHost{addr, err}
		})
		for _, name := range missing {
			host, answered := found[name]
			if !answered || host.err != nil && ctx.Err() != nil {
				host.err = fmt.Errorf("it did not answer in %v", hostsTimeout)
			}
			r.hosts[name] = host
		}
	}
}

// Host gives the address of a name, an IPv4 one where there is one.
func (r *resolver) Host(name string) (netip.Addr, error) {
	if r.standIns != nil {
		return r.standIns.Host(name)
	}
	if known, ok := r.hosts[name]; ok {
		return known.addr, known.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	addr, err := lookUpHost(ctx, r.system, name)
	r.hosts[name] = foundHost{addr, err}
	return addr, err
}

// Port gives the TCP port of a service name.
func (r *resolver) Port(name string) (uint16, error) {
	port, err := r.system.LookupPort(context.Background(), "tcp", name)
	return uint16(port), reason(err)
}

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
