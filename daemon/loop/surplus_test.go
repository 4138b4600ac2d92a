package loop

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// A receive that is full says nothing of what is behind it: where that is
// nothing, the server's connection is used again, and with a scheduler that
// keeps one for each client the client's connection goes on.
func TestABodyThatFillsItsLastReceiveLeavesConnectionsInUse(t *testing.T) {
	for _, scheduler := range []string{"http", "phttp"} {
		t.Run(scheduler, func(t *testing.T) {
			r := newRig(t, 1)
			r.knobs.ZerocopySend.Set(0)
			var conns atomic.Int32
			r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
				conns.Add(1)
				for in := bufio.NewReader(c); ; {
					q, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					size, _ := strconv.Atoi(q.URL.Path[1:])
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: "+q.URL.Path[1:]+"\r\n\r\n")
					wait.Gap(5 * time.Millisecond) // the head comes by itself
					io.CopyN(c, zeros{}, int64(size))
				}
			}))
			c := r.dial()
			in := bufio.NewReader(c)
			for size := leastAppetite; size <= 64*leastAppetite; size *= 2 {
				io.WriteString(c, "GET /"+strconv.Itoa(size)+" HTTP/1.1\r\nHost: x\r\n\r\n")
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				if n, err := io.Copy(io.Discard, res.Body); n != int64(size) || err != nil {
					t.Fatalf("%d of %d bytes, %v", n, size, err)
				}
			}
			if n := conns.Load(); n != 1 {
				t.Errorf("%d connections to the server, want 1", n)
			}
		})
	}
}

// The kernel tells an error once. Whoever looks for what is behind a receive must
// not take away the reset that the next one is to bring.
func TestAResetBehindAPartOfABodyReachesTheClient(t *testing.T) {
	for _, size := range []int{leastAppetite / 2, leastAppetite, 3 * leastAppetite} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(0)
		l := r.group.loops[0]
		r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") // the body ends with the connection
			wait.Gap(20 * time.Millisecond)
			l.call(func() { // who finds body and reset together
				io.CopyN(c, zeros{}, int64(size))
				c.(*net.TCPConn).SetLinger(0)
				c.Close()
				wait.Gap(5 * time.Millisecond)
			})
		}))
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Errorf("a whole body of %d bytes, of which %d were sent before the reset", n, size)
		}
	}
}
