package loop

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// The loop stands still in the middle of a pass, for longer than a client is kept
// without a request, and then answers one: that one has been idle for no time.
func TestAClientAnsweredAfterAStandstillIsKeptAsAnyOther(t *testing.T) {
	for _, scheduler := range []string{"http", "phttp"} {
		steady.Slower(t, func(t testing.TB, scale int) {
			second := time.Duration(scale) * time.Second
			r := newRig(t, 1)
			r.knobs.KeepaliveTimeout.Set(int64(2 * scale))
			asked, answer, answered := make(chan bool, 2), make(chan bool), make(chan bool, 2)
			r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
				for in := bufio.NewReader(c); ; answered <- true {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					asked <- true
					<-answer
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			}))
			c := r.dial()
			c.SetDeadline(wait.End().Add(3 * second))
			in := bufio.NewReader(c)
			ask := func() { io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
			expect := func(what string) {
				t.Helper()
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatalf("%s, %s: %v, expected an answer", scheduler, what, err)
				}
				io.Copy(io.Discard, res.Body)
			}

			ask()
			wait.For(t, "the server is asked", asked)
			// While this holds the loop, the standstill and then the answer come to wait
			// for it, so that one pass meets both.
			l, held, hold := r.group.loops[0], make(chan bool, 1), make(chan bool)
			l.do(func() { held <- true; <-hold })
			wait.For(t, "the loop is held", held)
			l.do(func() { wait.Pass(3 * second) })
			close(answer)
			wait.For(t, "the server has answered", answered)
			close(hold)
			expect("after the standstill")
			wait.Gap(200 * time.Millisecond) // some passes
			ask()
			expect("asking again")
		})
	}
}
