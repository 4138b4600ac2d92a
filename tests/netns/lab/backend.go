package lab

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Backend is a server that a test scripts, connection by connection.
type Backend struct {
	Accepted atomic.Int64 // connections so far
	Open     atomic.Int64 // connections now

	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

// Serve has serve talk on each connection to a numeric address of the host.
// The connection is closed when it returns; all are when the test ends.
func (h *Host) Serve(addr string, serve func(net.Conn)) *Backend {
	h.t.Helper()
	b := &Backend{listener: h.Listen(addr), conns: map[net.Conn]bool{}}
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			conn, err := b.listener.Accept()
			if err != nil {
				return
			}
			b.note(conn, true)
			busy.Go(func() {
				defer b.note(conn, false)
				serve(conn)
			})
		}
	})
	h.t.Cleanup(func() {
		b.Close()
		busy.Wait()
	})
	return b
}

// Close ends the listener and every connection.
func (b *Backend) Close() {
	b.listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.conns {
		conn.Close()
	}
}

func (b *Backend) note(conn net.Conn, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if open {
		b.conns[conn] = true
		b.Accepted.Add(1)
		b.Open.Add(1)
		return
	}
	conn.Close()
	delete(b.conns, conn)
	b.Open.Add(-1)
}

// Reset closes a connection so that its peer gets a reset.
func Reset(conn net.Conn) {
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// ServeHTTP has a Go web server at a numeric address of the host.
func (h *Host) ServeHTTP(addr string, handler http.HandlerFunc) *http.Server {
	h.t.Helper()
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	l := h.Listen(addr)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(l)
	}()
	h.t.Cleanup(func() {
		server.Close()
		<-done
	})
	return server
}
