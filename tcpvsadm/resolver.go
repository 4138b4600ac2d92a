package main

import (
	"context"
	"net"
	"net/netip"

	"ktcpvs/proto/resolve"
)

// directory is what a *net.Resolver knows of hosts and services.
type directory interface {
	resolve.Directory
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
	LookupPort(ctx context.Context, network, service string) (int, error)
}

// resolver finds hosts and services as the system does: /etc/hosts, then DNS;
// /etc/services. A host is looked up once a call.
type resolver struct {
	*resolve.Hosts
	system directory
	files  directory // asks no server: what /etc/hosts alone says
	ports  map[uint16][]string

	standIns *resolve.StandIns // if there are any, hosts get these, and nobody is asked
}

func newResolver() *resolver {
	return resolverOn(resolve.Files(), &net.Resolver{PreferGo: true}, "/etc/services")
}

func resolverOn(files, system directory, services string) *resolver {
	return &resolver{Hosts: resolve.NewHosts(files, system), files: files, system: system, ports: readServices(services)}
}

// Host gives the address of a name, an IPv4 one where there is one.
func (r *resolver) Host(name string) (netip.Addr, error) {
	if r.standIns != nil {
		return r.standIns.Host(name)
	}
	return r.Hosts.Host(name)
}

// Port gives the TCP port of a service name.
func (r *resolver) Port(name string) (uint16, error) {
	port, err := r.system.LookupPort(context.Background(), "tcp", name)
	return uint16(port), resolve.Reason(err)
}
