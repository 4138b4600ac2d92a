package integrity

import (
	"errors"
	"net"
	"sync/atomic"

	"ktcpvs/tests/netns/lab"
)

// line is a client's connection, which it leaves after so many bytes sent or
// received, -1 for never: by a close, or by a reset.
type line struct {
	net.Conn
	sendLimit, readLimit int
	reset                bool

	left    atomic.Bool
	refused atomic.Bool // a write has failed
}

var errLeft = errors.New("the client has left")

func (l *line) aborted() bool { return l.left.Load() }

func (l *line) leave() error {
	l.left.Store(true)
	if l.reset {
		lab.Reset(l.Conn)
	} else {
		l.Conn.Close()
	}
	return errLeft
}

// Write implements io.Writer.
func (l *line) Write(b []byte) (int, error) {
	if l.sendLimit < 0 || len(b) < l.sendLimit {
		if l.sendLimit >= 0 {
			l.sendLimit -= len(b)
		}
		n, err := l.Conn.Write(b)
		if err != nil {
			l.refused.Store(true)
		}
		return n, err
	}
	n, _ := l.Conn.Write(b[:l.sendLimit])
	return n, l.leave()
}

// Read implements io.Reader.
func (l *line) Read(b []byte) (int, error) {
	if l.readLimit < 0 {
		return l.Conn.Read(b)
	}
	if l.readLimit == 0 {
		return 0, l.leave()
	}
	n, err := l.Conn.Read(b[:min(len(b), l.readLimit)])
	l.readLimit -= n
	return n, err
}
