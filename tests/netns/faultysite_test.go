package netns

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// loops is how many the daemon of a faulty site has.
const loops = 2

// newFaultySite is a site of r1, with r2 beside it, whose wires may have faults
// and whose timeouts are short.
func newFaultySite(t testing.TB, poller string) *site {
	t.Helper()
	n := lab.NewFaultyNetwork(t, "r1", "r2")
	s := &site{n, n.Balancer.Operator(), n.Balancer.StartDaemon(poller, fmt.Sprint("--loops=", loops)), n.Client.HTTPClient()}
	for _, knob := range []string{"connect_timeout", "first_byte_timeout"} {
		n.Balancer.SetKnob(knob, "1")
	}
	s.serve("phttp")
	return s
}

var (
	silence   = lab.Faults{Cut: true}
	rejection = lab.Faults{Reject: true}
	noFaults  = lab.Faults{}
)

// counter is a web server that counts the POSTs it gets, and answers with the
// path. At /drip it promises much and sends little at a time.
type counter struct {
	*lab.Backend
	posts atomic.Int64
	reset atomic.Value // a chan bool: when it is closed, all connections are reset
}

// forget resets every connection, and waits until that is done.
func (c *counter) forget(t testing.TB) {
	t.Helper()
	close(c.reset.Swap(make(chan bool)).(chan bool))
	lab.Eventually(t, "the server has forgotten its connections", func() bool { return c.Open.Load() == 0 })
}

func count(h *lab.Host) *counter {
	c := &counter{}
	c.reset.Store(make(chan bool))
	c.Backend = h.Serve(":80", func(conn net.Conn) {
		reset := c.reset.Load().(chan bool)
		asks := make(chan *http.Request)
		go func() {
			defer close(asks)
			reader := bufio.NewReader(conn)
			for {
				request, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				io.Copy(io.Discard, request.Body)
				asks <- request
			}
		}()
		for {
			select {
			case <-reset:
				lab.Reset(conn)
				for range asks {
				}
				return
			case request, ok := <-asks:
				if !ok {
					return
				}
				if request.Method == "POST" {
					c.posts.Add(1)
				}
				if request.URL.Path == "/drip" {
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
					for err := error(nil); err == nil; wait.Gap(20 * time.Millisecond) {
						_, err = io.WriteString(conn, "drip")
					}
					continue
				}
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(request.URL.Path), request.URL.Path)
			}
		}
	})
	return c
}
