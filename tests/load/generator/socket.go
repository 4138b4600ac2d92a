package generator

import (
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below enter the kernel without telling the Go scheduler: none of
// them blocks longer than wait's bound, and the bookkeeping would cost more
// than the calls' own overhead.

// receive reads into buf. ok is false when nothing was there; n is 0 at the end
// of the stream.
func receive(fd int, buf []byte) (n int, ok bool, err error) {
	return read(fd, unsafe.Pointer(unsafe.SliceData(buf)), len(buf), unix.MSG_DONTWAIT)
}

// discard drops up to size received bytes without copying them, as tcp(7)
// documents MSG_TRUNC for stream sockets.
func discard(fd, size int) (n int, ok bool, err error) {
	return read(fd, nil, size, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
}

func read(fd int, buf unsafe.Pointer, size, flags int) (n int, ok bool, err error) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(buf), uintptr(size), uintptr(flags), 0, 0)
		switch errno {
		case 0:
			return int(r), true, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, false, nil
		default:
			return 0, false, errno
		}
	}
}

// send writes what fits of buf; 0 when nothing does.
func send(fd int, buf []byte) (n int, err error) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, errno
		}
	}
}

// wait fills events with what is ready, within the given time, which the
// kernel takes to the nanosecond (epoll_pwait2(2), Linux 5.11).
func wait(epoll int, events []unix.EpollEvent, timeout time.Duration) (int, error) {
	limit := unix.NsecToTimespec(int64(timeout))
	r, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(unsafe.Pointer(&limit)), 0, 0)
	switch errno {
	case 0:
		return int(r), nil
	case unix.EINTR: // the Go runtime's preemption signal
		return 0, nil
	default:
		return 0, fmt.Errorf("epoll_pwait2: %w", errno)
	}
}

// What an event belongs to, in the Pad field of its epoll data; Fd holds the
// index within its kind.
const (
	listenerEvent = iota
	serverEvent
	clientEvent
)

// watch registers a connected socket once for all its life.
func watch(epoll, fd int, kind, index int32) error {
	return register(epoll, fd, kind, index, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET)
}

func register(epoll, fd int, kind, index int32, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: index, Pad: kind}
	if _, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0); errno != 0 {
		return fmt.Errorf("epoll_ctl: %w", errno)
	}
	return nil
}

// listen opens a listening socket on a port of 127.0.0.1 that the kernel picks.
func listen() (fd int, addr netip.AddrPort, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, addr, fmt.Errorf("socket: %w", err)
	}
	fail := func(step string, err error) (int, netip.AddrPort, error) {
		_ = unix.Close(fd)
		return -1, netip.AddrPort{}, fmt.Errorf("%s on 127.0.0.1: %w", step, err)
	}
	// Accepted sockets inherit it: the end of a large body must not wait for an
	// acknowledgement.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fail("TCP_NODELAY", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fail("bind", err)
	}
	if err := unix.Listen(fd, 4096); err != nil {
		return fail("listen", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fail("getsockname", err)
	}
	inet, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return fail("getsockname", unix.EAFNOSUPPORT)
	}
	return fd, netip.AddrPortFrom(netip.AddrFrom4(inet.Addr), uint16(inet.Port)), nil
}

// accept takes one connection; ok is false when none waits.
func accept(listener int) (fd int, ok bool, err error) {
	r, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	switch errno {
	case 0:
		return int(r), true, nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNABORTED:
		return -1, false, nil
	default:
		return -1, false, fmt.Errorf("accept: %w", errno)
	}
}

// dial begins a connection to an IPv4 address.
func dial(to *unix.RawSockaddrInet4) (fd int, err error) {
	r, _, errno := unix.RawSyscall(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errno != 0 {
		return -1, fmt.Errorf("socket: %w", errno)
	}
	fd = int(r)
	if _, _, errno := unix.RawSyscall(unix.SYS_CONNECT, r, uintptr(unsafe.Pointer(to)), unsafe.Sizeof(*to)); errno != 0 && errno != unix.EINPROGRESS {
		closeSocket(fd)
		return -1, fmt.Errorf("connect: %w", errno)
	}
	return fd, nil
}

// rawAddress is the kernel's form of an IPv4 address.
func rawAddress(addr netip.AddrPort) unix.RawSockaddrInet4 {
	raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.Addr().As4()}
	port := (*[2]byte)(unsafe.Pointer(&raw.Port))
	port[0], port[1] = byte(addr.Port()>>8), byte(addr.Port())
	return raw
}

func closeSocket(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }
