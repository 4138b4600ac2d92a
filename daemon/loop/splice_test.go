package loop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// The time until then is not what a client's body is measured by.
func TestASpliceThatHadToWaitSaysSoWhenBytesMoveAgain(t *testing.T) {
	tr := &transfer{side: relay.Client}
	for i, step := range []struct {
		moved         int64
		full, blocked bool
	}{{5, true, false}, {7, true, true}, {9, false, true}, {0, false, false}} {
		tr.moved = step.moved
		ev := tr.told(relay.Progress, step.full)
		if ev.Kind != relay.Progress || ev.Side != relay.Client || ev.N != step.moved || ev.Blocked != step.blocked {
			t.Errorf("event %d is %+v, expected %d bytes, blocked %v", i, ev, step.moved, step.blocked)
		}
	}
}

// until waits for what the loop's goroutine finds true.
func (l *Loop) until(t *testing.T, what string, f func() bool) {
	t.Helper()
	wait.Until(t, what, func() (is bool) {
		l.call(func() { is = f() })
		return is
	})
}

// A client that reads nothing of its answer must not get away from those who pay
// for memory first by going on with its request's body.
func TestAnUploadThatGoesOnIsNoReasonToHoldAnAnswerForLonger(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		go io.Copy(io.Discard, c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for chunk := fmt.Sprintf("3e8\r\n%01000d\r\n", 0); ; {
			if _, err := io.WriteString(c, chunk); err != nil {
				return
			}
		}
	}))
	l := r.group.loops[0]
	greedy := r.dial() // with the buffers it has: the kernel lets a sender wait whose own are made smaller
	fmt.Fprintf(greedy, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 64<<20)
	greedy.Write(make([]byte, 1<<20))
	var s *session
	l.until(t, "the answer waits and the body is spliced", func() bool {
		s = l.listeners[0].holdings.keeping.first
		return s != nil && s.client.queued() && s.client.moving != nil && s.client.moving.left == 63<<20
	})
	io.WriteString(r.dial(), "GET / HTTP/1.1\r\n")
	l.until(t, "there are two who hold memory", func() bool { return l.listeners[0].holdings.keeping.first.held.next != nil })
	greedy.Write(make([]byte, 1<<20))
	l.until(t, "more of the body is there", func() bool { return s.client.moving.left == 62<<20 })
	l.call(func() {
		if l.listeners[0].holdings.keeping.first != s {
			t.Error("who has held memory for longest is not the first to pay for it")
		}
	})
}

// A splice ends with what was asked for; the reset that is there by then is for the
// next receive to tell.
func TestAResetRightBehindASpliceOfATunnelReachesTheClient(t *testing.T) {
	r := newRigOn(t, 1, pollers["epoll"]) // the receives of io_uring are too small for a tunnel to be spliced
	r.knobs.ZerocopySend.Set(1)
	const large = 64 << 20
	servers := make(chan net.Conn, 1)
	done := make(chan bool)
	defer close(done)
	r.serve(table.ServiceSpec{Scheduler: "wlc"}, rawBackend(t, func(c net.Conn) {
		c.Write(make([]byte, large))
		servers <- c
		<-done
	}))
	c := r.dial()
	if _, err := io.CopyN(io.Discard, c, large); err != nil {
		t.Fatal(err)
	}
	server, l := <-servers, r.group.loops[0]
	var s *session
	l.until(t, "the tunnel is spliced", func() bool {
		s = l.listeners[0].first
		return s.server.moving != nil && len(l.busy) == 0
	})
	l.call(func() {
		s.server.moving.left = 1000
		server.Write(make([]byte, 1000))
		server.(*net.TCPConn).SetLinger(0)
		server.Close()
	})
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("%v, though the server has reset the connection", err)
	}
}
