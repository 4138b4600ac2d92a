package hostile

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/wait"
)

// holding is a server that answers only when told to.
type holding struct {
	addr netip.AddrPort

	mu     sync.Mutex
	answer chan struct{} // closed: now
	asked  int
}

func startHolding(t *testing.T) *holding {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &holding{addr: l.Addr().(*net.TCPAddr).AddrPort(), answer: make(chan struct{})}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		h.mu.Lock()
		h.asked++
		wait := h.answer
		h.mu.Unlock()
		<-wait
	})}
	go server.Serve(l)
	t.Cleanup(func() { h.release(); server.Close() })
	return h
}

// waiting is how many requests have come since the last release.
func (h *holding) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// release answers what waits.
func (h *holding) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.answer)
	h.answer, h.asked = make(chan struct{}), 0
}

// Without a port to connect to the server from, those for whom there is none get
// 503 at once, the others go on, and the daemon recovers by itself.
func TestOutOfPortsTheDaemonAnswers503AndRecovers(t *testing.T) {
	const visitors, ports = 60, 20
	d := arena.StartDaemon(t)
	d.Knobs("connect_timeout=3600", "read_timeout=3600") // an answer that waits for these does not come
	h := startHolding(t)
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{h.addr}})
	before := d.Descriptors()
	// They connect before ports get scarce, which are needed for that too.
	var crowd []net.Conn
	for range visitors {
		c, err := net.Dial("tcp4", web.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(wait.End())
		crowd = append(crowd, c)
	}
	answers := make(chan byte, visitors) // the first digit of each status
	ask := func() {
		for _, c := range crowd {
			if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			go func() {
				b := make([]byte, 4096)
				if n, err := c.Read(b); err != nil || n < len("HTTP/1.1 200") {
					t.Error("no answer: ", err)
				}
				answers <- b[len("HTTP/1.1 ")]
			}()
		}
	}
	collect := func(n int) map[byte]int {
		seen := map[byte]int{}
		for range n {
			seen[<-answers]++
		}
		return seen
	}

	arena.SetSysctl(t, "ipv4/ip_local_port_range", "61000 61019")
	began := time.Now()
	ask()
	refused := collect(visitors - ports)
	if refused['5'] != visitors-ports {
		t.Errorf("answers while there is no port: %v, expected %d times 503", refused, visitors-ports)
	}
	saysSo(t, d, began, "cannot connect to a server")
	arena.Eventually(t, "those who have a port reach the server", func() bool { return h.waiting() == ports })
	h.release()
	if served := collect(ports); served['2'] != ports {
		t.Errorf("answers to those who had a port: %v", served)
	}

	arena.SetSysctl(t, "ipv4/ip_local_port_range", "20000 60000")
	ask()
	arena.Eventually(t, "everybody reaches the server", func() bool { return h.waiting() == visitors })
	h.release()
	if served := collect(visitors); served['2'] != visitors {
		t.Errorf("answers when there are ports again: %v", served)
	}
	for _, c := range crowd {
		c.Close()
	}
	d.Knobs("keepalive_timeout=1")
	arena.Eventually(t, "descriptors are as before", func() bool { return d.Descriptors() <= before })
}
