package nlport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"ktcpvs/proto"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

const (
	clientBuffer = 4 << 20 // bytes that an answer may run ahead of its reader

	probeAfter = time.Second // of silence, then ask whether the daemon still lives

	shortestPause = 50 * time.Microsecond // between tries to send to a full daemon
	longestPause  = 10 * time.Millisecond
)

// Conn is a client's end. It is a netlink.Socket, for netlink.NewConn and with
// it genetlink.NewConn, that sends to the daemon instead of the kernel. It waits
// as long as the daemon is there: how long a busy machine takes for a large
// transaction, nobody knows, and who gave up would not know what became of it. It
// is for one goroutine at a time, but for Close.
type Conn struct {
	s      *socket.Conn
	id     uint32
	daemon uint32
	users  []uint32 // whose process may be the daemon
	buf    []byte
	silent time.Duration // until the daemon is asked whether it is there
}

// Dial opens a client's end towards the daemon on port, which is a process of one of
// the users, or of root or the caller's own if none are given: any user can bind a
// port id, and the answers of others are worth nothing. It does not find out whether
// there is a daemon: the first send does (ECONNREFUSED).
func Dial(port uint32, users ...uint32) (*Conn, error) {
	if len(users) == 0 {
		users = slices.Compact([]uint32{0, uint32(os.Geteuid())})
	}
	// A port id by chance, not the process id that the kernel would give:
	// nobody else's leftovers, and no later client's mistaken for this one's.
	for range 16 {
		id := rand.Uint32() | 1<<31
		s, err := open(id, clientBuffer)
		if errors.Is(err, unix.EADDRINUSE) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &Conn{s: s, id: id, daemon: port, users: users, buf: make([]byte, MaxDatagram), silent: probeAfter}, nil
	}
	return nil, os.NewSyscallError("bind", unix.EADDRINUSE)
}

// ID is the port id of this end, for netlink.NewConn.
func (c *Conn) ID() uint32 { return c.id }

// Close closes the socket; a read that waits returns.
func (c *Conn) Close() error { return c.s.Close() }

// WriteDatagram sends one datagram to the daemon. While the daemon's buffer is
// full it waits. ECONNREFUSED: no daemon, or no longer. EPERM: the kernel demands
// CAP_NET_ADMIN.
func (c *Conn) WriteDatagram(b []byte) error {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := send(c.s, c.daemon, b)
		if !errors.Is(err, unix.EAGAIN) {
			return err
		}
		time.Sleep(pause)
	}
}

// ReadDatagram receives one datagram from the daemon, valid until the next
// call. Datagrams from other port ids are passed over. ECONNREFUSED when the
// daemon goes away, EACCES when what holds its port id is a process of a user that was
// not expected.
func (c *Conn) ReadDatagram() ([]byte, error) {
	for {
		if err := c.s.SetReadDeadline(time.Now().Add(c.silent)); err != nil {
			return nil, err
		}
		n, from, whole, err := receive(c.s, c.buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := c.probe(); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case from.Port != c.daemon:
		case !slices.Contains(c.users, from.UID):
			return nil, fmt.Errorf("port id %#x is held by process %d of uid %d, expected uid %s; if that is the daemon's, --daemon-uid says so: %w",
				c.daemon, from.PID, from.UID, numbers(c.users), unix.EACCES)
		case !whole:
			return nil, os.NewSyscallError("recvmsg", unix.EMSGSIZE)
		default:
			return c.buf[:n], nil
		}
	}
}

func numbers(uids []uint32) string {
	var words []string
	for _, uid := range uids {
		words = append(words, fmt.Sprint(uid))
	}
	return strings.Join(words, " or ")
}

// probe finds out whether the daemon's port id still has an owner. A daemon
// too busy to take even this is alive.
func (c *Conn) probe() error {
	err := send(c.s, c.daemon, proto.AppendNoop(nil))
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	return err
}
