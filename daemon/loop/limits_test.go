package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

func status(t *testing.T, c net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestASourceWithTooManyConnectionsIsToldSoAndMayComeBack(t *testing.T) {
	r := newRig(t, 2)
	r.knobs.Limits.ConnsPerSource.Set(2)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	var open []*net.TCPConn
	for range 2 {
		c := r.dial()
		io.WriteString(c, request)
		if code := status(t, c); code != 200 {
			t.Fatal(code)
		}
		open = append(open, c)
	}
	third := r.dial()
	io.WriteString(third, request)
	if code := status(t, third); code != 429 {
		t.Fatalf("%d, want 429", code)
	}
	open[0].Close()
	wait.UntilIs(t, "the status after a connection has ended", 200, func() int {
		c := r.dial()
		defer c.Close()
		io.WriteString(c, request)
		return status(t, c)
	})
}

// Sources are limited while they have connections open, some of them refused
// and not yet closed.
func TestALimitOfConnectionsCountsThoseThatAreServedAlready(t *testing.T) {
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	ask := func() (*net.TCPConn, int) {
		c := r.dial()
		io.WriteString(c, request)
		return c, status(t, c)
	}
	one, _ := ask()
	ask()
	r.knobs.Limits.ConnsPerSource.Set(2)
	if _, code := ask(); code != 429 {
		t.Fatalf("%d for a third connection, want 429", code)
	}
	r.knobs.Limits.HeaderFields.Set(50) // all limits are read anew
	one.Close()
	wait.UntilIs(t, "the status when a refused connection does not count as if it were served", 200, func() int {
		c, code := ask()
		c.Close()
		return code
	})
}

func TestWhoComesBackTooOftenIsToldSoEachTime(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.Limits.ConnsPerSource.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	r.dial().Write([]byte("GET"))
	wait.UntilIs(t, "sessions are open", 1, r.group.Sessions)
	for range mostAway + 10 {
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if code := status(t, c); code != 429 {
			t.Fatalf("%d, want 429", code)
		}
		c.Close()
	}
}

func TestEveryLimitReachesTheSessions(t *testing.T) {
	r := newRig(t, 2)
	l := &r.knobs.Limits
	for i, k := range []*knob.Knob{
		l.HeaderTimeout, l.ConnectTimeout, l.FirstByteTimeout, r.knobs.ReadTimeout, l.RequestTimeout, r.knobs.KeepaliveTimeout,
		l.RequestsPerConn, l.RequestRate, l.BodyMinRate, l.BodyKB, l.BufferedMegabytes,
	} {
		if err := k.Set(int64(i + 1)); err != nil {
			t.Fatal(err)
		}
	}
	l.PipelineBytes.Set(5000)
	l.AbortOnClose.Set(2)
	l.ChunkExt.Set(100)
	l.HeaderBytes.Set(100 << 10)
	l.RequestLine.Set(9000)
	l.HeaderFields.Set(500)
	var c relay.Context
	var held int64
	r.group.loops[1].call(func() { c, held = *r.group.loops[1].ctx, r.group.loops[1].mostHeld })
	if want := int64(11 << 20 / 2); held != want {
		t.Errorf("%d bytes may be held, expected %d", held, want)
	}
	times := relay.DefaultTimeouts()
	times.Head, times.Connect, times.FirstByte = 1*time.Second, 2*time.Second, 3*time.Second
	times.Read, times.Total, times.KeepAlive = 4*time.Second, 5*time.Second, 6*time.Second
	if c.Timeouts != times {
		t.Errorf("timeouts are\n%+v, expected\n%+v", c.Timeouts, times)
	}
	policy := relay.Policy{Requests: 7, RequestRate: 8, BodyRate: 9, Body: 10 << 10, Ahead: 5000, HalfClosed: relay.GiveUp}
	if c.Policy != policy {
		t.Errorf("the policy is\n%+v, expected\n%+v", c.Policy, policy)
	}
	limits, usual := http1.Limits{Line: 9000, Head: 100 << 10, Fields: 500, ChunkExt: 100, Trailer: 0}, http1.DefaultLimits()
	limits.Trailer = usual.Trailer
	if c.Limits != limits {
		t.Errorf("limits of requests are\n%+v, expected\n%+v", c.Limits, limits)
	}
	// Answers have the wider of the usual limits and those of requests.
	limits.Line, limits.Head = max(usual.Line, 9000), max(usual.Head, 100<<10)
	limits.Fields, limits.ChunkExt = max(usual.Fields, 500), max(usual.ChunkExt, 100)
	if c.Answers != limits {
		t.Errorf("limits of answers are\n%+v, expected\n%+v", c.Answers, limits)
	}
}

func TestRequestsPastTheRateOfASourceGet429(t *testing.T) {
	r := newRig(t, 2)
	r.knobs.Limits.RequestRate.Set(5)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	c := r.client()
	seen, began := map[int]int{}, time.Now()
	for range 20 {
		code, _ := get(t, c, "http://"+r.addr+"/")
		seen[code]++
	}
	// A bucket holds a second's worth, and fills up meanwhile.
	most := 5 + 5*int(time.Since(began)/time.Second+1)
	if seen[200] < 5 || seen[200] > most || seen[429] != 20-seen[200] {
		t.Fatalf("%v, want 5 to %d times 200 and the rest 429", seen, most)
	}
}

func TestBuffersTakeHalfOfTheMemoryLimitAtMost(t *testing.T) {
	r := newRig(t, 1)
	l := r.group.loops[0]
	var held int64
	for _, c := range []struct{ limit, want int64 }{{math.MaxInt64, 100 << 20}, {100 << 20, 50 << 20}} {
		l.call(func() { l.memory.limit = c.limit })
		r.knobs.Limits.BufferedMegabytes.Set(1) // a knob that stays what it is tells nobody
		r.knobs.Limits.BufferedMegabytes.Set(100)
		l.call(func() { held = l.mostHeld })
		if held != c.want {
			t.Errorf("with a limit of %d, %d bytes may be held, expected %d", c.limit, held, c.want)
		}
	}
}

func TestAKnobTakesEffectAtOnce(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	for i := range 10 {
		r.knobs.Limits.HeaderFields.Set(int64(1 + i%2*10))
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n")
		want := map[bool]int{true: 431, false: 200}[i%2 == 0]
		if code := status(t, c); code != want {
			t.Fatalf("%d with max_header_fields %d", code, 1+i%2*10)
		}
		c.Close()
	}
}

// What waits in pipes counts like what waits in buffers.
func TestWhoTakesNothingPaysForMemoryAndNobodyElse(t *testing.T) {
	t.Run("copied", func(t *testing.T) { takeNothing(t, 0) })
	t.Run("spliced", func(t *testing.T) { takeNothing(t, 1) })
}

func takeNothing(t *testing.T, zerocopy int64) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(zerocopy)
	r.knobs.Limits.BufferedMegabytes.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/big" {
			w.Header().Set("Content-Length", fmt.Sprint(64<<20))
			io.CopyN(w, zeros{}, 64<<20)
		}
	}))
	loop, c := r.group.loops[0], r.client()
	loop.call(func() { // accepted connections have it from their listener
		unix.SetsockoptInt(loop.listeners[0].fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	})
	// How much the sockets take, and so how much is held for one, is the kernel's
	// business: there come more, until somebody has to give up memory.
	const most = 2000
	narrow, seen := net.Dialer{Control: receiveLittle}, map[netip.AddrPort]bool{}
	for n := 1; n <= most; n++ {
		slow, err := narrow.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		io.WriteString(slow, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
		if code, _ := get(t, c, "http://"+r.addr+"/"); code != 200 {
			t.Fatalf("%d for one who holds nothing, beside %d who do", code, n)
		}
		gone, tooMuch := false, int64(0)
		look := func() (holders int) {
			open := map[netip.AddrPort]bool{}
			for s := loop.listeners[0].first; s != nil; s = s.next {
				open[s.client.addr] = true
				seen[s.client.addr] = seen[s.client.addr] || s.held.bytes > 0
			}
			for client, held := range seen {
				if held {
					holders++
					gone = gone || !open[client]
				}
			}
			if held := loop.ctx.Buffers.Held(); held > 1<<20 {
				tooMuch = held
			}
			return holders
		}
		wait.UntilSays(t, "bytes are held for each who takes nothing of 64 MiB", func() (state string, is bool) {
			var holders int
			loop.call(func() { holders = look() })
			return fmt.Sprintf("for %d of %d", holders, n), gone || holders == n || tooMuch > 0
		})
		if tooMuch > 0 {
			t.Fatalf("%d bytes are held, expected %d at most", tooMuch, 1<<20)
		}
		if gone {
			t.Logf("of %d who take nothing, one had to give up memory", n)
			return
		}
	}
	t.Fatalf("nobody of %d had to give up memory", most)
}

// The answers to requests that need no server have nobody but the client to wait
// for, who may read none of them.
func TestAClientThatReadsNoAnswerIsNotReadFromWithoutEnd(t *testing.T) {
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	const requests = 200000 // whose answers are 25 MB, more than the sockets take
	c := r.dial()
	go func() {
		for range requests / 1000 {
			c.Write(bytes.Repeat([]byte("OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n"), 1000))
		}
	}()
	l := r.group.loops[0]
	wait.Stays(t, time.Second, "at most 1 MiB is held for a client that reads nothing", func() bool {
		var held int64
		l.call(func() { held = l.ctx.Buffers.Held() })
		return held <= 1<<20
	})
	in := bufio.NewReader(c)
	for i := range requests {
		if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != 200 {
			t.Fatalf("answer %d of %d: %v", i+1, requests, err)
		}
	}
}

func TestASlowHeadIsA408(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.Limits.HeaderTimeout.Set(1)
	r.knobs.KeepaliveTimeout.Set(3600)
	r.knobs.ReadTimeout.Set(3600)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\n")
	if code := status(t, c); code != 408 {
		t.Fatal(code)
	}
}
