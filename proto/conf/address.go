package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Resolver finds what a name stands for, as the system would: the host in
// /etc/hosts and then DNS, the port in /etc/services (TCP).
type Resolver interface {
	Host(name string) (netip.Addr, error)
	Port(name string) (uint16, error)
}

// ResolveError is a well-formed address whose host or service nobody knows.
type ResolveError struct {
	Kind string // "host" or "service"
	Name string
	Err  error
}

func (e *ResolveError) Error() string {
	return fmt.Sprintf("%s %s does not resolve: %v", e.Kind, quoted(e.Name), e.Err)
}

func (e *ResolveError) Unwrap() error { return e.Err }

// ParseAddress reads host[:port]. A host is an IPv4 address, an IPv6 address
// (in brackets when a port follows, or its end could be one) or a name; a port is a number from 1 to
// 65535 or a service name. Without a port the result's is 0. The error is a
// *ResolveError where only a look-up failed.
func ParseAddress(text string, resolve Resolver) (netip.AddrPort, error) {
	host, port, err := splitAddress(text)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr, err := parseHost(host, resolve)
	if err != nil {
		return netip.AddrPort{}, err
	}
	var number uint16
	if port != "" {
		if number, err = parsePort(port, resolve); err != nil {
			return netip.AddrPort{}, err
		}
	}
	return netip.AddrPortFrom(addr, number), nil
}

// splitAddress cuts host[:port] and takes the brackets off; the port is empty
// only when none was given.
func splitAddress(text string) (host, port string, err error) {
	if inside, found := strings.CutPrefix(text, "["); found {
		inside, rest, closed := strings.Cut(inside, "]")
		if !closed {
			return "", "", fmt.Errorf("%s has no closing bracket", quoted(text))
		}
		if !strings.Contains(inside, ":") {
			return "", "", fmt.Errorf("%s is no IPv6 address", quoted(inside))
		}
		if rest == "" {
			return inside, "", nil
		}
		port, found = strings.CutPrefix(rest, ":")
		if !found || port == "" {
			return "", "", fmt.Errorf("%s has no port after the bracket", quoted(text))
		}
		return inside, port, nil
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return text, "", checkPlain(text)
	}
	host, port, found := strings.Cut(text, ":")
	switch {
	case host == "":
		return "", "", fmt.Errorf("%s has no host", quoted(text))
	case found && port == "":
		return "", "", fmt.Errorf("%s has no port after the colon", quoted(text))
	case strings.Contains(port, ":"):
		return "", "", fmt.Errorf("%s is no address (IPv6 with a port is written [address]:port)", quoted(text))
	}
	return host, port, nil
}

// checkPlain refuses an IPv6 address whose last group may be meant as a port: of
// fd00::1:80 nobody can tell.
func checkPlain(text string) error {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return nil
	}
	host, port := text[:i], text[i+1:]
	if _, err := netip.ParseAddr(host); err != nil || strings.Trim(port, "0123456789") != "" {
		return nil
	}
	return fmt.Errorf("%s may end in a port or not: write [%s]:%s, or [%s] for the address alone", quoted(text), host, port, text)
}

func parseHost(host string, resolve Resolver) (netip.Addr, error) {
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.Zone() != "":
		return netip.Addr{}, fmt.Errorf("%s has a zone, which can not be used here", quoted(host))
	case err == nil:
		return addr.Unmap(), nil
	case strings.Contains(host, ":"):
		return netip.Addr{}, fmt.Errorf("%s is no IPv6 address", quoted(host))
	case strings.Trim(host, "0123456789.") == "":
		return netip.Addr{}, fmt.Errorf("%s is no IPv4 address", quoted(host))
	}
	addr, err = resolve.Host(host)
	if err != nil {
		return netip.Addr{}, &ResolveError{Kind: "host", Name: host, Err: err}
	}
	return addr.Unmap(), nil
}

func parsePort(port string, resolve Resolver) (uint16, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err == nil && number > 0:
		return uint16(number), nil
	case strings.Trim(port, "0123456789") == "":
		return 0, fmt.Errorf("port %s is not in 1..65535", quoted(port))
	}
	named, err := resolve.Port(port)
	if err == nil && named == 0 {
		err = errors.New("it is port 0")
	}
	if err != nil {
		return 0, &ResolveError{Kind: "service", Name: port, Err: err}
	}
	return named, nil
}
