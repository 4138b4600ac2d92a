package loop

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
)

// listenSocket opens, binds and listens at one of the service's addresses; dual is for
// IPv4, too, at [::]. The error is the kernel's.
func listenSocket(svc *table.Service, listen netip.AddrPort, dual bool, backlog int, shared bool) (int, error) {
	var sa unix.Sockaddr
	family := unix.AF_INET
	if addr := listen.Addr(); addr.Is4() || addr.Is4In6() {
		sa = &unix.SockaddrInet4{Port: int(listen.Port()), Addr: addr.Unmap().As4()}
	} else {
		family = unix.AF_INET6
		sa = &unix.SockaddrInet6{Port: int(listen.Port()), Addr: addr.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	set := func(level, option, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, option, value)
		}
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if shared {
		set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if family == unix.AF_INET6 {
		alone := 1
		if dual {
			alone = 0
		}
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, alone)
	}
	if svc.Freebind {
		if family == unix.AF_INET6 {
			set(unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1)
		} else {
			set(unix.IPPROTO_IP, unix.IP_FREEBIND, 1)
		}
	}
	set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // connections inherit it
	set(unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, deferAccept(svc.Scheduler.Content))
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// deferAccept is for how many seconds a connection waits for its first bytes
// before it is handed over: clients of content schedulers speak first.
func deferAccept(eager bool) int {
	if eager {
		return 1
	}
	return 0
}

// inUse reports whether another socket listens at that address of the service.
// SO_REUSEPORT alone would let two daemons, or two services, share a port
// without telling anybody.
func inUse(svc *table.Service, listen netip.AddrPort, dual bool) error {
	fd, err := listenSocket(svc, listen, dual, 1, false)
	if err != nil {
		return unable(svc, listen, dual, err)
	}
	return unix.Close(fd)
}

// unable says why a service cannot listen there, and what may help.
func unable(svc *table.Service, listen netip.AddrPort, dual bool, err error) error {
	hint := ""
	switch {
	case err == unix.EADDRNOTAVAIL && !svc.Freebind:
		hint = " (the address is not this machine's: freebind = on lets the service wait for it)"
	case err == unix.EADDRINUSE && dual && inUse(svc, listen, false) == nil:
		hint = " (only the port of IPv4 is: v6only = on leaves it alone)"
	}
	return fmt.Errorf("listen on %v: %w%s", listen, err, hint)
}
