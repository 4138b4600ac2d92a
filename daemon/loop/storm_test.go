package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// settled waits until every loop has nothing left but its listeners and what it
// keeps for later, and says what is still there if that does not come.
func (r *rig) settled(before int) {
	r.t.Helper()
	web := r.store.Snapshot().Lookup("web")
	wait.UntilSays(r.t, "nothing is left behind", func() (left string, nothing bool) {
		kept := 0
		for _, l := range r.group.loops {
			l.call(func() {
				inUse := len(l.conns) - len(l.freeConns) - len(l.bareSlots) - len(l.listeners) - l.idle.Len()
				kept += 2*l.idle.Len() + 2*len(l.pipes) // the servers' ends are here, too
				if n := l.sessions.Load(); n != 0 || inUse != 0 || len(l.busy) != 0 || l.ctx.Buffers.Held() != 0 || l.holding() != 0 || l.wheel.count != 0 {
					left += fmt.Sprintf("%d sessions, %d connections, %d transfers, %d bytes, %d by their holders, %d timers; ",
						n, inUse, len(l.busy), l.ctx.Buffers.Held(), l.holding(), l.wheel.count)
				}
				for _, p := range l.pipes {
					if n := bytesIn(p); n != 0 {
						left += fmt.Sprintf("%d bytes in a pipe; ", n)
					}
				}
			})
		}
		if n := web.Live.Conns.Load(); n != 0 {
			left += fmt.Sprintf("the service counts %d; ", n)
		}
		for _, s := range web.Servers {
			if n := s.Live.Conns.Load(); n != 0 {
				left += fmt.Sprintf("server %v counts %d; ", s.Addr, n)
			}
		}
		if n := openFiles(r.t) - kept; n > before {
			left += fmt.Sprintf("%d files, %d were before; ", n, before)
		}
		return left, left == ""
	})
}

// holding is how many bytes the loop's services hold, 1 if nobody does and
// somebody is listed all the same.
func (l *Loop) holding() (n int64) {
	for _, lis := range l.listeners {
		h := lis.holdings
		if n += h.bytes; n == 0 && (h.requests.first != nil || h.keeping.first != nil) {
			n = 1
		}
	}
	return n
}

// Whoever goes away, and whenever: nothing stays of a spliced transfer.
func TestNothingStaysOfSplicedBodiesThatAreBrokenOff(t *testing.T) {
	const size = 2 << 20
	r := newRig(t, 2)
	r.knobs.ZerocopySend.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		for in := bufio.NewReader(c); fickleAnswer(c, in, size); {
		}
	}))
	before := openFiles(t)
	var whole atomic.Int64
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			for range 12 {
				c, err := net.Dial("tcp", r.addr)
				if err != nil {
					t.Error(err)
					return
				}
				c.SetDeadline(wait.End())
				n, err := fickleRequest(c, size)
				switch {
				case errors.Is(err, os.ErrDeadlineExceeded):
					t.Errorf("after %d bytes of a response: %v", n, err)
				case n == size:
					whole.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if whole.Load() == 0 {
		t.Error("no response was whole: the test proves nothing")
	}
	r.settled(before)
}

// fickleAnswer answers one request with a body of size, or goes away before the
// end of either; it reports whether it takes another one.
func fickleAnswer(c net.Conn, in *bufio.Reader, size int64) bool {
	q, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	if q.Method == "PUT" && rand.IntN(2) == 0 {
		io.CopyN(io.Discard, q.Body, rand.Int64N(size))
		io.WriteString(c, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
		goAway(c)
		return false
	}
	io.Copy(io.Discard, q.Body)
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
	sent := someOf(size)
	if _, err := io.CopyN(c, zeros{}, sent); err != nil || sent < size {
		goAway(c)
		return false
	}
	return true
}

// fickleRequest asks for something and goes away, before the end of request or
// response or after it. It tells how much came of a response's body.
func fickleRequest(c net.Conn, size int64) (n int64, err error) {
	defer goAway(c)
	if rand.IntN(2) == 0 {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	} else {
		fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
		go func() {
			if sent, _ := io.CopyN(c, zeros{}, someOf(size)); sent < size {
				goAway(c)
			}
		}()
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	return io.CopyN(io.Discard, res.Body, someOf(size))
}

// someOf is all of size, or less.
func someOf(size int64) int64 {
	if rand.IntN(3) == 0 {
		return rand.Int64N(size)
	}
	return size
}

// goAway closes in one of the ways there are.
func goAway(c net.Conn) {
	switch rand.IntN(3) {
	case 0:
		c.(*net.TCPConn).SetLinger(0)
	case 1:
		c.(*net.TCPConn).CloseWrite()
		wait.Gap(time.Duration(rand.IntN(20)) * time.Millisecond)
	}
	c.Close()
}

// bytesIn is how many bytes a pipe holds.
func bytesIn(p *pipe) int {
	n, _ := unix.IoctlGetInt(p.r, unix.TIOCINQ)
	return n
}
