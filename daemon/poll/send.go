package poll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// send sends head and data as one, in as few calls as that takes.
func (p *Epoll) send(fd uintptr, head, data []byte) (int, unix.Errno) {
	if len(head) == 0 {
		head, data = data, nil
	}
	if len(head) == 0 {
		return 0, 0
	}
	for {
		var n uintptr
		var errno unix.Errno
		if len(data) == 0 {
			n, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, fd,
				uintptr(unsafe.Pointer(&head[0])), uintptr(len(head)),
				unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
		} else {
			p.iov[0].Base, p.iov[1].Base = &head[0], &data[0]
			p.iov[0].SetLen(len(head))
			p.iov[1].SetLen(len(data))
			p.msg.Iov = &p.iov[0]
			p.msg.SetIovlen(2)
			n, _, errno = unix.RawSyscall(unix.SYS_SENDMSG, fd,
				uintptr(unsafe.Pointer(&p.msg)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
			p.iov[0].Base, p.iov[1].Base = nil, nil
		}
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
