package arena

import (
	"net"
	"net/netip"
	"sync"
	"testing"
)

// Hung is a server that takes connections and never says a word. It reads
// nothing either: what is sent to it lies in the kernel.
type Hung struct {
	Addr netip.AddrPort

	mu    sync.Mutex
	conns []net.Conn
}

// StartHung starts one, which lives until the test ends.
func StartHung(t testing.TB) *Hung {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &Hung{Addr: l.Addr().(*net.TCPAddr).AddrPort()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, conn)
			h.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		for _, conn := range h.conns {
			conn.Close()
		}
	})
	return h
}

// Asked is how many connections it has taken.
func (h *Hung) Asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}
