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
	case unix.EADDRNOTAVAIL, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EAGAIN:
		return relay.Exhausted
	}
	return relay.Reset
}

func (sa *sockaddr) connect(fd int) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa.raw)), uintptr(sa.len))
	return errno
}

func (sa *sockaddr) accept(fd int) (int, unix.Errno) {
	sa.len = unix.SizeofSockaddrInet6
	n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa.raw)),
		uintptr(unsafe.Pointer(&sa.len)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int(n), errno
}
