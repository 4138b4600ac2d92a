package nlport

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ktcpvs/proto"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

const listenBuffer = 8 << 20 // bytes of requests that may wait

// Listener is the daemon's end. Receive and SetDeadline are for one goroutine
// at a time; Send is for any.
type Listener struct {
	s    *socket.Conn
	raw  syscall.RawConn
	port uint32
	buf  []byte
}

// Listen binds a port id of this network namespace. When another socket has
// it the error is EADDRINUSE and names the process, where /proc tells. EPERM:
// without CAP_NET_ADMIN it could hear clients, but never answer.
func Listen(port uint32) (*Listener, error) {
	s, err := open(port, listenBuffer)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, fmt.Errorf("netlink port id %#x is held by %s: %w", port, holder(port), unix.EADDRINUSE)
	}
	if err != nil {
		return nil, fmt.Errorf("netlink port id %#x: %w", port, err)
	}
	// What the kernel says to a message to ourselves, it will say to answers.
	if err := send(s, port, proto.AppendNoop(nil)); err != nil {
		s.Close()
		return nil, fmt.Errorf("netlink port id %#x: answering takes CAP_NET_ADMIN over the network namespace, run as root: %w", port, err)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		s.Close()
		return nil, err
	}
	return &Listener{s: s, raw: raw, port: port, buf: make([]byte, MaxDatagram)}, nil
}

// Port is the port id that it is bound to.
func (l *Listener) Port() uint32 { return l.port }

// Close closes the socket; Receive then returns an error.
func (l *Listener) Close() error { return l.s.Close() }

// SetDeadline makes Receive return os.ErrDeadlineExceeded at t; the zero time
// is never.
func (l *Listener) SetDeadline(t time.Time) error { return l.s.SetReadDeadline(t) }

// poll is Receive that does not wait: without a datagram, from.Port is 0.
func (l *Listener) poll() (datagram []byte, from proto.Peer, err error) {
	n, from, err := receiveNow(l.raw, l.buf)
	if errors.Is(err, unix.EAGAIN) || err == nil && from.Port == l.port {
		return nil, proto.Peer{}, nil
	}
	return l.buf[:n], from, err
}

// Receive waits for a datagram, valid until the next call, and tells who sent
// it. What the kernel or this socket itself sends is passed over. A datagram longer than
// MaxDatagram is cut there, within a message.
func (l *Listener) Receive() ([]byte, proto.Peer, error) {
	for {
		n, from, _, err := receive(l.s, l.buf)
		if err != nil {
			return nil, from, err
		}
		if from.Port != 0 && from.Port != l.port {
			return l.buf[:n], from, nil
		}
	}
}

// Send sends a datagram without ever waiting: EAGAIN when the receiver's
// buffer is full, ECONNREFUSED when it is gone.
func (l *Listener) Send(port uint32, datagram []byte) error { return send(l.s, port, datagram) }

// Alive tells whether the process that sent something is still there. When the
// kernel does not tell, it says yes.
func (l *Listener) Alive(who proto.Peer) bool {
	return who.PID <= 0 || !errors.Is(unix.Kill(int(who.PID), 0), unix.ESRCH)
}

// inode finds the generic netlink socket that is bound to a port id.
func inode(port uint32) (inode string, found bool, err error) {
	table, err := os.ReadFile("/proc/net/netlink")
	if err != nil {
		return "", false, err
	}
	// sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) >= 10 && f[1] == strconv.Itoa(unix.NETLINK_GENERIC) && f[2] == strconv.FormatUint(uint64(port), 10) {
			return f[9], true, nil
		}
	}
	return "", false, nil
}

// holder describes the process that has bound a port id.
func holder(port uint32) string {
	inode, found, _ := inode(port)
	if found {
		links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
		for _, link := range links {
			if target, err := os.Readlink(link); err != nil || target != "socket:["+inode+"]" {
				continue
			}
			pid := strings.Split(link, "/")[2]
			name, _ := os.ReadFile("/proc/" + pid + "/comm")
			return fmt.Sprintf("process %s (%s)", pid, strings.TrimSpace(string(name)))
		}
	}
	return "another socket"
}
