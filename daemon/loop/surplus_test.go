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
					time.Sleep(5 * time.Millisecond) // the head comes by itself
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
