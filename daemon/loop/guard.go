package loop

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded sets whether the connection's end is a reset: when the loop closes it,
// and when the kernel does, as the process was killed. What is not sent yet is
// lost with that, so it is taken back before an end in order.
func (c *conn) guarded(on bool) {
	if c.guard == on {
		return
	}
	c.guard = on
	linger := unix.Linger{}
	if on {
		linger.Onoff = 1
	}
	unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(c.fd), unix.SOL_SOCKET, unix.SO_LINGER,
		uintptr(unsafe.Pointer(&linger)), unix.SizeofLinger, 0)
}

// ended reports whether the peer has ended its stream, or the connection is gone;
// bytes of before may still wait to be received. It is for the log: it allocates.
func (c *conn) ended() bool {
	info, err := unix.GetsockoptTCPInfo(c.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && info.State != unix.BPF_TCP_ESTABLISHED
}
