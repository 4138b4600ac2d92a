package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// A server may close a connection just when a request goes over it.
func TestARequestOverAKeptConnectionThatIsClosedGoesOnceMore(t *testing.T) {
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err == nil {
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			http.ReadRequest(in) // and is gone
		}
	}))
	c := r.client()
	for i := range 10 {
		if code, _ := get(t, c, "http://"+r.addr+"/"); code != 204 {
			t.Fatalf("request %d: %d, want 204", i, code)
		}
	}
}

// What a server sends behind a response would be the answer to another client's
// request.
func TestWhatComesBehindASplicedResponseAnswersNobody(t *testing.T) {
	const size = 4 << 20
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
			wait.Gap(20 * time.Millisecond) // the rest is being spliced by now
			c.Write(append(make([]byte, size), "HTTP/1.1 404 Nobody Asked\r\nContent-Length: 0\r\n\r\n"...))
		}
	}))
	c := r.dial()
	io.WriteString(c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(c)
	for i := range 2 {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := io.Copy(io.Discard, res.Body); res.StatusCode != 200 || n != size {
			t.Fatalf("response %d: %s of %d bytes", i, res.Status, n)
		}
	}
}

// The same where a receive ends with the response, and more is there: with its
// head or without.
func TestWhatComesBehindAWholeReceiveAnswersNobody(t *testing.T) {
	for _, headAlone := range []bool{false, true} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(0)
		const head = "HTTP/1.1 200 OK\r\nContent-Length: %5d\r\n\r\n"
		size := leastAppetite
		if !headAlone {
			size -= len(fmt.Sprintf(head, 0))
		}
		r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
			in := bufio.NewReader(c)
			for {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				out := fmt.Appendf(nil, head, size)
				if headAlone {
					c.Write(out)
					out = nil
					wait.Gap(20 * time.Millisecond)
				}
				out = append(out, bytes.Repeat([]byte("x"), size)...)
				c.Write(append(out, "HTTP/1.1 404 Nobody Asked\r\nContent-Length: 0\r\n\r\n"...))
			}
		}))
		c := r.dial()
		io.WriteString(c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
		in := bufio.NewReader(c)
		for i := range 2 {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n, _ := io.Copy(io.Discard, res.Body); res.StatusCode != 200 || int(n) != size {
				t.Fatalf("head alone %v, response %d: %s of %d bytes", headAlone, i, res.Status, n)
			}
		}
	}
}

// A server may answer before it has read what it answers to. The rest of that
// would be in front of the next request.
func TestAConnectionWithBytesStillToSendIsNotUsedAgain(t *testing.T) {
	r := newRig(t, 1)
	l := r.group.loops[0]
	narrow := make(chan bool)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backendAt(t, &net.ListenConfig{Control: receiveLittle}, func(c net.Conn) {
		q, err := http.ReadRequest(bufio.NewReaderSize(c, 16))
		if err != nil {
			return
		}
		if q.Method == "PUT" {
			l.call(func() { // the body comes in one receive, and cannot be sent on
				unix.SetsockoptInt(l.listeners[0].first.client.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20)
				unix.SetsockoptInt(l.listeners[0].first.server.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
			})
			narrow <- true
			wait.Gap(100 * time.Millisecond) // the body is where it can be
		}
		io.WriteString(c, "HTTP/1.1 204 "+q.Method+"\r\n\r\n")
		wait.Gap(500 * time.Millisecond)
	}))
	c := r.dial()
	c.SetWriteBuffer(1 << 20)
	in := bufio.NewReader(c)
	io.WriteString(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n")
	<-narrow
	c.Write(make([]byte, 30000))
	for _, method := range []string{"PUT", "POST"} {
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.Status != "204 "+method {
			t.Fatalf("%v, %v, expected the answer to %s", res, err, method)
		}
		if method == "PUT" {
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") // which is not sent twice
		}
	}
}

// idleOf is how many server connections the loop's pool has, once they are as
// many as wanted.
func (r *rig) idleOf(want int) (n int) {
	l := r.group.loops[0]
	wait.UntilIs(r.t, "server connections are idle", want, func() int {
		l.call(func() { n = l.idle.Len() })
		return n
	})
	return n
}

func TestAKeptConnectionThatTheServerClosesLeavesThePool(t *testing.T) {
	r := newRig(t, 1)
	closing := make(chan bool)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		<-closing
	}))
	c := r.client()
	for range 3 {
		get(t, c, "http://"+r.addr+"/")
		if n := r.idleOf(1); n != 1 {
			t.Fatalf("%d connections are kept, want 1", n)
		}
		closing <- true
		if n := r.idleOf(0); n != 0 {
			t.Fatalf("%d connections are kept of a server that has closed them", n)
		}
	}
}

// A server that has been away answers over none of the connections that were
// kept to it before.
func TestATimeoutOverAKeptConnectionGivesUpTheOthers(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.Limits.FirstByteTimeout.Set(1)
	const kept = 3
	var all sync.WaitGroup
	all.Add(kept)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		http.ReadRequest(in)
		all.Done()
		all.Wait()
		io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		io.Copy(io.Discard, in)
	}))
	for range kept {
		io.WriteString(r.dial(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if n := r.idleOf(kept); n != kept {
		t.Fatalf("%d connections are kept, want %d", n, kept)
	}
	c := r.dial()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	if code := status(t, c); code != 504 {
		t.Fatalf("%d, want 504", code)
	}
	if n := r.idleOf(0); n != 0 {
		t.Errorf("%d connections are kept to a server that did not answer", n)
	}
}
