package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// A client that takes nothing is reset, or the kernel would go on offering it
// the megabytes that it holds for it.
func TestAClientThatTakesNothingIsResetWhenTheTimeIsOver(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(zerocopy)
		r.knobs.ReadTimeout.Set(1)
		const size = 64 << 20
		came := make(chan bool, 1)
		r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
			came <- true
			w.Header().Set("Content-Length", fmt.Sprint(size))
			io.CopyN(w, zeros{}, size)
		}))
		c := r.dial()
		c.SetReadBuffer(4096)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		<-came
		wait.UntilIs(t, "sessions are open", 0, r.group.Sessions)
		if n, err := io.Copy(io.Discard, c); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("zerocopy %d: %v after %d bytes, want a reset", zerocopy, err, n)
		}
	}
}

// narrowly asks for 31 KiB that come in one receive, over sockets that take less,
// and with a body that ends with its connection.
func narrowly(t testing.TB, r *rig) net.Conn {
	l, sent := r.group.loops[0], make(chan struct{})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		c.(*net.TCPConn).SetWriteBuffer(1 << 20)
		http.ReadRequest(bufio.NewReader(c))
		l.call(func() {
			unix.SetsockoptInt(l.listeners[0].first.server.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20)
			unix.SetsockoptInt(l.listeners[0].first.client.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
		})
		// In chunks, which a client of HTTP/1.0 does not get.
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", narrowBody, make([]byte, narrowBody))
		close(sent)
		io.Copy(io.Discard, c)
	}))
	narrow := net.Dialer{Control: receiveLittle}
	c, err := narrow.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(wait.End())
	io.WriteString(c, "GET / HTTP/1.0\r\nHost: x\r\n\r\n")
	wait.For(t, "the server has sent all", sent)
	wait.Gap(500 * time.Millisecond)
	if r.group.Sessions() != 1 {
		t.Fatal("the client could take all: the test proves nothing")
	}
	return c
}

const narrowBody = 31 << 10

// receiveLittle has a socket's buffer be small before it tells its peer of it.
func receiveLittle(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
}

// A body that ends with its connection must not look whole when its client took
// so long that the last of it is given up.
func TestTheRestOfAnAnswerThatNobodyTakesIsGivenUpWithAReset(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.ReadTimeout.Set(1)
	c := narrowly(t, r)
	wait.UntilIs(t, "sessions are open", 0, r.group.Sessions)
	if n, err := io.Copy(io.Discard, c); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("%v after %d bytes of %d, want a reset", err, n, narrowBody)
	}
}

func TestTheRestOfAnAnswerThatIsTakenSlowlyIsTakenInFull(t *testing.T) {
	steady.Slower(t, takenSlowly)
}

// takenSlowly has a client take its answer for longer than read_timeout, and never
// pause for as long.
func takenSlowly(t testing.TB, scale int) {
	r := newRig(t, 1)
	r.knobs.ReadTimeout.Set(int64(scale))
	c := narrowly(t, r)
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for err == nil {
		var k int64
		k, err = io.CopyN(io.Discard, res.Body, 1<<10)
		n += k
		wait.Pass(time.Duration(scale) * 160 * time.Millisecond)
	}
	if n != narrowBody || err != io.EOF {
		t.Errorf("%d bytes of %d, then %v", n, narrowBody, err)
	}
}

// The next answer lies unread as long as the client has not taken the earlier ones:
// that is not the server's delay, gives the client no more time, and takes no more
// memory, also where servers' idle connections are used, which are read at any time.
func TestAClientThatTakesNothingOfPipelinedResponsesIsResetWhenTheTimeIsOver(t *testing.T) {
	for _, scheduler := range []string{"http", "phttp"} {
		r := newRig(t, 1)
		r.knobs.ReadTimeout.Set(1)
		r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
			for in := bufio.NewReader(c); ; {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				// In one piece, so that each is received whole.
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", narrowBody, make([]byte, narrowBody))
			}
		}))
		narrow := net.Dialer{Control: receiveLittle}
		c, err := narrow.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 500))
		wait.UntilIs(t, "sessions are open", 1, r.group.Sessions)
		most := int64(0)
		wait.UntilIs(t, scheduler+": sessions are open", 0, func() int {
			r.group.loops[0].call(func() { most = max(most, r.group.loops[0].ctx.Buffers.Held()) })
			return r.group.Sessions()
		})
		if most > 256<<10 {
			t.Errorf("%s: %d bytes are held for one client", scheduler, most)
		}
		if n := r.store.Snapshot().Lookup("web").Live.Stats.Sum().Errors; n != 0 {
			t.Errorf("%s: %d requests were answered with an error", scheduler, n)
		}
	}
}
