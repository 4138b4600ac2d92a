package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// An answer whose end is the connection's, to a client that sends on: closing while
// bytes of the client's wait to be received would be a reset, which makes the
// kernel drop what the client has not read yet.
func TestAnAnswerUntilCloseEndsInOrderThoughTheClientSendsOn(t *testing.T) {
	answer := "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1096)
	for _, server := range []struct {
		name string
		ends func(c net.Conn, in *bufio.Reader)
	}{
		{"which reads on", func(c net.Conn, in *bufio.Reader) {
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, in)
		}},
		{"which has read it all", func(net.Conn, *bufio.Reader) {}},
	} {
		for _, scheduler := range []string{"phttp", "http"} {
			for zerocopy := range int64(3) {
				r := newRig(t, 2)
				r.knobs.ZerocopySend.Set(zerocopy)
				r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
					in := bufio.NewReader(c)
					q, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if q.ContentLength <= 1096 {
						io.Copy(io.Discard, q.Body)
					}
					io.WriteString(c, answer)
					server.ends(c, in)
				}))
				var all sync.WaitGroup
				for client := range 12 {
					c, length := r.dial(), 1096
					if server.name == "which reads on" && client%2 == 0 {
						length = 1 << 20 // and is answered before that is there
					}
					all.Go(func() {
						sendsOn(t, c, length, fmt.Sprintf("%s, zerocopy_send %d, a server %s, PUT of %d bytes", scheduler, zerocopy, server.name, length))
					})
				}
				all.Wait()
			}
		}
	}
}

// sendsOn sends a body, or what nobody asked for behind it, until long after the
// answer has come, and reads only then.
func sendsOn(t testing.TB, c net.Conn, length int, what string) {
	fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length)
	gap, sent := time.Duration(0), time.Now()
	var err error
	for range 20 {
		_, sending := c.Write(make([]byte, 1096))
		err = errors.Join(err, sending)
		gap, sent = max(gap, time.Since(sent)), time.Now()
		wait.Gap(5 * time.Millisecond)
	}
	if gap > time.Second { // clock: then nothing is said
		t.Logf("inconclusive: the machine was disturbed for %v, in which the daemon may take the client for one that pauses", gap)
		return
	}
	if err != nil {
		t.Errorf("%s: it is told %v while it sends", what, err)
		return
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Errorf("%s: %v instead of an answer", what, err)
		return
	}
	if n, err := io.Copy(io.Discard, res.Body); res.StatusCode != 200 || n != 1096 || err != nil {
		t.Errorf("%s: %s with %d bytes, then %v; want 200 with 1096 and an end in order", what, res.Status, n, err)
	}
}
