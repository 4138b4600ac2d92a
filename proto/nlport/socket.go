package nlport

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"ktcpvs/proto"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

// MaxDatagram is the largest datagram that either end takes. A sender is held
// to less by its own send buffer unless it enlarges that.
const MaxDatagram = 1 << 20

// open makes a generic netlink socket, bound to port (0: the kernel chooses),
// that is told who sent each datagram and holds buffer bytes unread.
func open(port uint32, buffer int) (*socket.Conn, error) {
	s, err := socket.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_GENERIC, "netlink", nil)
	if err != nil {
		return nil, err
	}
	err = s.SetsockoptInt(unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	if err == nil {
		err = s.Bind(&unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port})
	}
	if err == nil {
		// Past rmem_max this takes CAP_NET_ADMIN; less room only means more pauses.
		err = s.SetReadBuffer(buffer)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// receive reads one datagram into buf, which must hold it whole: what does not
// fit is cut off, as whole tells.
func receive(s *socket.Conn, buf []byte) (n int, from proto.Peer, whole bool, err error) {
	oob := make([]byte, unix.CmsgSpace(unix.SizeofUcred))
	n, oobn, flags, sa, err := s.Recvmsg(context.Background(), buf, oob, 0)
	if err != nil {
		return 0, from, false, err
	}
	from, err = sender(sa, oob[:oobn])
	return n, from, flags&unix.MSG_TRUNC == 0, err
}

// receiveNow is receive that does not wait: EAGAIN when there is nothing.
func receiveNow(s syscall.RawConn, buf []byte) (n int, from proto.Peer, err error) {
	oob := make([]byte, unix.CmsgSpace(unix.SizeofUcred))
	var oobn int
	var sa unix.Sockaddr
	var failed error
	err = s.Read(func(fd uintptr) bool {
		n, oobn, _, sa, failed = unix.Recvmsg(int(fd), buf, oob, unix.MSG_DONTWAIT)
		return true
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, from, err
	}
	from, err = sender(sa, oob[:oobn])
	return n, from, err
}

// sender is who sent a datagram, by the word of the kernel.
func sender(sa unix.Sockaddr, oob []byte) (from proto.Peer, err error) {
	if nl, ok := sa.(*unix.SockaddrNetlink); ok {
		from.Port = nl.Pid
	}
	cred, err := credentials(oob)
	if err != nil {
		return from, err
	}
	from.PID, from.UID, from.GID = cred.Pid, cred.Uid, cred.Gid
	return from, nil
}

func credentials(oob []byte) (*unix.Ucred, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, os.NewSyscallError("recvmsg", err)
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_CREDENTIALS {
			return unix.ParseUnixCredentials(&m)
		}
	}
	return nil, fmt.Errorf("datagram without the sender's credentials")
}

// send hands a datagram to the kernel without waiting: EAGAIN when the
// receiver's buffer is full, ECONNREFUSED when nobody has the port id.
func send(s *socket.Conn, port uint32, datagram []byte) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	// Not through the runtime's poller: it waits for room in this socket,
	// but what is full is the receiver's.
	var sent error
	err = raw.Write(func(fd uintptr) bool {
		sent = unix.Sendto(int(fd), datagram, unix.MSG_DONTWAIT, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port})
		return true
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendto", sent)
}
