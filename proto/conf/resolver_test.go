package conf

import (
	"errors"
	"net/netip"
)

// hosts and services are what the tests' machine knows.
var (
	hosts    = map[string]string{"r1": "10.0.0.1", "r2": "10.0.0.2", "localhost": "127.0.0.1", "six": "2001:db8::6"}
	services = map[string]uint16{"www": 80, "webcache": 8080}
)

// book is a Resolver and Names of those.
type book struct{}

func (book) Host(name string) (netip.Addr, error) {
	if text, ok := hosts[name]; ok {
		return netip.MustParseAddr(text), nil
	}
	return netip.Addr{}, errors.New("no such host")
}

func (book) Port(name string) (uint16, error) {
	if port, ok := services[name]; ok {
		return port, nil
	}
	return 0, errors.New("unknown port")
}

// names prints what book knows.
type names struct{ Numeric }

func (n names) Host(addr netip.Addr) string {
	for name, text := range hosts {
		if text == addr.String() {
			return name
		}
	}
	return n.Numeric.Host(addr)
}

func (n names) Port(port uint16) string {
	for name, number := range services {
		if number == port {
			return name
		}
	}
	return n.Numeric.Port(port)
}
