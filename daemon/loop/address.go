package loop

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

// sockaddr is an address as the kernel takes it, for calls that must not
// allocate.
type sockaddr struct {
	raw unix.RawSockaddrInet6 // the larger of the two
	len uint32
}

func (sa *sockaddr) set(a netip.AddrPort) (family int) {
	port := a.Port()<<8 | a.Port()>>8 // network order
	if addr := a.Addr().Unmap(); addr.Is4() {
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa.raw))
		*in = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: addr.As4()}
		sa.len = unix.SizeofSockaddrInet4
		return unix.AF_INET
	}
	sa.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: a.Addr().As16()}
	sa.len = unix.SizeofSockaddrInet6
	return unix.AF_INET6
}

func (sa *sockaddr) get() netip.AddrPort {
	if sa.raw.Family == unix.AF_INET {
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa.raw))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), in.Port<<8|in.Port>>8)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(sa.raw.Addr).Unmap(), sa.raw.Port<<8|sa.raw.Port>>8)
}

// cause tells why a server's connection failed.
func cause(errno unix.Errno) relay.Cause {
	switch errno {
	case unix.ECONNREFUSED:
		return relay.Refused
	case unix.ETIMEDOUT:
		return relay.TimedOut
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EHOSTDOWN, unix.EACCES, unix.EPERM, unix.EINVAL:
		return relay.Unreachable
	}
	return relay.Reset
}

// callCause tells why a server could not be called: fd, -1 if there was not even
// a socket, was to be connected to it. Whatever is not plainly this machine's
// trouble is the server's, or the way's, and others may do better.
func callCause(errno unix.Errno, fd, family int) relay.Cause {
	switch errno {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EAGAIN:
		return relay.Exhausted
	case unix.EADDRNOTAVAIL:
		// Either no local port to that address is left, or there is no local address
		// to come from, as where IPv6 is switched off. IPv4 knows the former only; a
		// socket of IPv6 has its route, whose MTU it tells, once it has an address.
		if _, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU); family == unix.AF_INET || err == nil {
			return relay.Portless
		}
	case unix.ECONNREFUSED, unix.ETIMEDOUT, unix.ECONNRESET:
		return cause(errno)
	}
	return relay.Unreachable
}

func (sa *sockaddr) connect(fd int) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa.raw)), uintptr(sa.len))
	return errno
}

// name is the address of fd's own end.
func (sa *sockaddr) name(fd int) bool {
	sa.len = unix.SizeofSockaddrInet6
	_, _, errno := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa.raw)), uintptr(unsafe.Pointer(&sa.len)))
	return errno == 0
}

func (sa *sockaddr) accept(fd int) (int, unix.Errno) {
	sa.len = unix.SizeofSockaddrInet6
	n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa.raw)),
		uintptr(unsafe.Pointer(&sa.len)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int(n), errno
}
