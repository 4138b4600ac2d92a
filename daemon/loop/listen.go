package loop

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
)

// listenSocket opens, binds and listens. The error is the kernel's.
func listenSocket(svc *table.Service, backlog int, shared bool) (int, error) {
	var sa unix.Sockaddr
	family := unix.AF_INET
	if addr := svc.Listen.Addr(); addr.Is4() || addr.Is4In6() {
		sa = &unix.SockaddrInet4{Port: int(svc.Listen.Port()), Addr: addr.Unmap().As4()}
	} else {
		family = unix.AF_INET6
		sa = &unix.SockaddrInet6{Port: int(svc.Listen.Port()), Addr: addr.As16()}
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
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
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

// inUse reports whether another socket listens at the service's address.
// SO_REUSEPORT alone would let two daemons, or two services, share a port
// without telling anybody.
func inUse(svc *table.Service) error {
	fd, err := listenSocket(svc, 1, false)
	if err != nil {
		return fmt.Errorf("listen on %v: %w", svc.Listen, err)
	}
	return unix.Close(fd)
}
