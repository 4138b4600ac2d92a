package control

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Routes tells which addresses are this machine's own, by the kernel's routing
// table (rtnetlink(7)): those of its interfaces, all of 127.0.0.0/8, and what was
// made local by a route. It keeps its socket, as the daemon may make no other once
// it has given up its privileges.
type Routes struct {
	mu  sync.Mutex
	fd  int
	seq uint32
}

// NewRoutes opens the socket, in the network namespace of the calling thread.
func NewRoutes() (*Routes, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for local addresses: %w", err)
	}
	second := unix.Timeval{Sec: 1} // the kernel answers within the call that asks
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &second); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot ask for local addresses: %w", err)
	}
	return &Routes{fd: fd}, nil
}

// Close closes the socket.
func (r *Routes) Close() error { return unix.Close(r.fd) }

// Local reports whether packets to the address stay on this machine. One that the
// kernel does not tell of is not local.
func (r *Routes) Local(addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	if unix.Sendto(r.fd, routeRequest(r.seq, addr.Unmap()), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return false
	}
	answer := make([]byte, 8<<10)
	for {
		n, _, err := unix.Recvfrom(r.fd, answer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < unix.SizeofNlMsghdr+unix.SizeofRtMsg {
			return false
		}
		h := (*unix.NlMsghdr)(unsafe.Pointer(&answer[0]))
		if h.Seq != r.seq {
			continue // of a question that was given up
		}
		m := (*unix.RtMsg)(unsafe.Pointer(&answer[unix.SizeofNlMsghdr]))
		return h.Type == unix.RTM_NEWROUTE && m.Type == unix.RTN_LOCAL
	}
}

// routeRequest asks for the route to one address.
func routeRequest(seq uint32, addr netip.Addr) []byte {
	family, ip := uint8(unix.AF_INET), addr.AsSlice()
	if addr.Is6() {
		family = unix.AF_INET6
	}
	b := make([]byte, 0, unix.SizeofNlMsghdr+unix.SizeofRtMsg+unix.SizeofRtAttr+len(ip))
	b = binary.NativeEndian.AppendUint32(b, uint32(cap(b)))
	b = binary.NativeEndian.AppendUint16(b, unix.RTM_GETROUTE)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, family, uint8(8*len(ip)), 0, 0, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(ip)))
	b = binary.NativeEndian.AppendUint16(b, unix.RTA_DST)
	return append(b, ip...)
}
