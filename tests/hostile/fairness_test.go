package hostile

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
)

// neighbours are the service of a site, and another one whose server is hung
// unless it is asked for what /length begins with.
type neighbours struct {
	d      *arena.Daemon
	site   *arena.Steady
	hung   *arena.Hung
	good   netip.AddrPort // the site's service
	bad    netip.AddrPort // the other one
	before int            // descriptors
	began  time.Time
}

func newNeighbours(t *testing.T, poll, scheduler string, knobs ...string) *neighbours {
	n := &neighbours{d: arena.StartDaemonWith(t, "--poll="+poll), began: time.Now()}
	n.d.Knobs(append(knobs, "keepalive_timeout=3600", "read_timeout=3600", "header_timeout=3600", "body_min_rate=0", "max_backlog=65535", "debug_level=1")...)
	n.site, n.hung = arena.NewSteady(t), arena.StartHung(t)
	echo := arena.StartEcho(t).Addr
	listen := n.d.ServeAll(
		arena.Service{Name: "good", Scheduler: scheduler, Servers: []netip.AddrPort{n.site.Server()}},
		arena.Service{Name: "bad", Scheduler: scheduler, Servers: []netip.AddrPort{n.hung.Addr, echo}, Rules: []string{
			"pattern .* use server " + n.hung.Addr.String(),
			"pattern ^/length use server " + echo.String(),
		}},
	)
	n.good, n.bad = listen[0], listen[1]
	n.site.Connect(n.good, "/page")
	n.before = n.d.Descriptors()
	return n
}

// gather has so many clients ask, and waits until the daemon has taken all of
// them, while the site is served.
func (n *neighbours) gather(t *testing.T, c arena.Crowd, clients int) *arena.Gathering {
	t.Helper()
	g := c.Begin(t, n.bad, clients)
	n.meanwhile(g.Gathered)
	return g
}

// meanwhile has the site be served until f returns. Its server answers nobody at
// any other time.
func (n *neighbours) meanwhile(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	for {
		select {
		case <-done:
			return
		default:
			n.site.Window(50 * time.Millisecond)
		}
	}
}

// newcomers expects the site to serve clients that come one after the other.
func (n *neighbours) newcomers(t *testing.T) {
	t.Helper()
	n.meanwhile(func() {
		for i := range 100 {
			if code, _, err := newVisitor(t, n.good, false).get("/page"); code != 200 || err != nil {
				t.Errorf("newcomer %d of the other service gets %d, %v", i, code, err)
				return
			}
		}
	})
}

// pays expects the daemon to have ended connections that hold memory, and all of
// them to be of the service that holds most of it.
func (n *neighbours) pays(t *testing.T) {
	t.Helper()
	saysSo(t, n.d, n.began, "ending connections that hold memory")
	for _, line := range n.d.Log.Lines("max_buffered_mb is reached") {
		if !strings.Contains(line, "service=bad") {
			t.Errorf("somebody else than the service that holds memory had to pay: %s", line)
		}
	}
}

// gone expects the crowd to leave nothing behind, and newcomers of both services
// to be served.
func (n *neighbours) gone(t *testing.T, crowds ...*arena.Gathering) {
	t.Helper()
	for _, g := range crowds {
		g.Disperse()
	}
	arena.Eventually(t, "descriptors are as before", func() bool {
		n.site.Window(50 * time.Millisecond)
		return n.d.Descriptors() <= n.before+64 // pipes, and the site's own connections to its server
	})
	if v := newVisitor(t, n.bad, false); !v.served() {
		t.Error("a newcomer of the service that held memory is not served when those have gone")
	}
}

// everyKind runs a test with each poller and with the schedulers that let a
// client wait for its server; the long tests with all of these with each poller.
func everyKind(t *testing.T, run func(t *testing.T, poll, scheduler string)) {
	for i, poll := range []string{"epoll", "io_uring"} {
		for j, scheduler := range []string{"phttp", "http", "hhttp", "chttp"} {
			if !long() && i != j%2 {
				continue
			}
			t.Run(poll+"/"+scheduler, func(t *testing.T) { run(t, poll, scheduler) })
		}
	}
}

// cookies are header fields of so many bytes.
func cookies(n int) string { return "Cookie: a=" + strings.Repeat("x", n) + "\r\n" }

// One server hangs, and its clients send large heads: they hold the memory, and
// they pay. The other service's clients notice nothing: each wrong answer to
// them fails the test, and newcomers are served at once.
func TestRequestsThatWaitForAHungServerCostNobodyElse(t *testing.T) {
	everyKind(t, func(t *testing.T, poll, scheduler string) {
		n := newNeighbours(t, poll, scheduler, "max_buffered_mb=8")
		crowd := n.gather(t, arena.Crowd{Hello: "GET /hang HTTP/1.1\r\nHost: x\r\n" + cookies(8000) + "\r\n"}, 2500)
		n.newcomers(t)
		if w := newVisitor(t, n.bad, false); !w.served() {
			t.Error("a newcomer of the same service, whose server answers, is not served")
		}
		left := n.d.Descriptors() - n.before
		t.Logf("%d of %d descriptors are in use for those who wait", left, 2*2500)
		n.pays(t)
		n.gone(t, crowd)
	})
}

// What waits takes what it is long, so that a few thousand small requests are no
// reason for anybody to pay.
func TestThousandsOfSmallRequestsMayWaitInEightMegabytes(t *testing.T) {
	everyKind(t, func(t *testing.T, poll, scheduler string) {
		n := newNeighbours(t, poll, scheduler, "max_buffered_mb=8")
		const clients = 3000
		crowd := n.gather(t, arena.Crowd{Hello: "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n"}, clients)
		arena.Eventually(t, fmt.Sprintf("%d requests wait", clients), func() bool {
			n.site.Window(20 * time.Millisecond)
			return n.hung.Asked() >= clients
		})
		if got := n.d.Descriptors() - n.before; got < 2*clients {
			t.Errorf("%d descriptors are in use, expected two for each of the %d requests that wait", got, clients)
		}
		n.newcomers(t)
		if v := newVisitor(t, n.bad, false); !v.served() {
			t.Error("a newcomer of the same service, whose server answers, is not served")
		}
		if lines := n.d.Log.Lines("max_buffered_mb is reached"); len(lines) > 0 {
			t.Errorf("memory is said to be short: %q", lines)
		}
		n.gone(t, crowd)
	})
}

// Whoever holds memory and whatever for, in one service: the other one's clients
// lose nothing.
func TestHoldersOfEveryKindTogetherCostNobodyElse(t *testing.T) {
	arena.SetSysctl(t, "ipv4/tcp_rmem", "4096 16384 65536")
	arena.SetSysctl(t, "ipv4/tcp_wmem", "4096 16384 65536")
	for _, poll := range []string{"epoll", "io_uring"} {
		for _, zerocopy := range []int{0, 1} {
			if !long() && zerocopy == 1 != (poll == "io_uring") {
				continue
			}
			t.Run(fmt.Sprint(poll, "/zerocopy_send=", zerocopy), func(t *testing.T) {
				n := newNeighbours(t, poll, "phttp", "max_buffered_mb=8", fmt.Sprint("zerocopy_send=", zerocopy))
				crowds := []*arena.Gathering{
					n.gather(t, arena.Crowd{Hello: "GET /hang HTTP/1.1\r\nHost: x\r\n" + cookies(8000) + "\r\n"}, 500),
					n.gather(t, arena.Crowd{Hello: "GET /length/1000000/nothing HTTP/1.1\r\nHost: x\r\n\r\n", Sip: 1, ReceiveBuffer: 4096}, 500),
					n.gather(t, arena.Crowd{Hello: "POST /hang HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 50_000), Drip: "x"}, 500),
					n.gather(t, arena.Crowd{Hello: "GET / HTTP/1.1\r\nHost: x\r\n" + cookies(8000), Drip: "A: 1\r\n"}, 500),
				}
				n.newcomers(t)
				n.pays(t)
				n.gone(t, crowds...)
			})
		}
	}
}
