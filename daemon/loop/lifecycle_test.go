package loop

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

func TestPastMaxclientsConnectionsWaitInTheListenQueue(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "wlc", MaxClients: 2}, rawBackend(t, func(c net.Conn) {
		io.WriteString(c, "x")
		io.Copy(io.Discard, c)
	}))
	var one [1]byte
	first, second := r.dial(), r.dial()
	for _, c := range []net.Conn{first, second} {
		if _, err := io.ReadFull(c, one[:]); err != nil {
			t.Fatal(err)
		}
	}
	third := r.dial()
	third.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // clock: nothing is to come, however long
	if _, err := third.Read(one[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the third connection was served (%v) past maxclients 2", err)
	}
	first.Close()
	third.SetReadDeadline(wait.End())
	if _, err := io.ReadFull(third, one[:]); err != nil {
		t.Fatalf("the third connection was not served when there was room: %v", err)
	}
}

func TestStartingWhatRunsChangesNothing(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "wlc"}, rawBackend(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	if err := r.start("web"); err != nil {
		t.Fatal(err)
	}
	r.stop("web")
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Fatal("it listens after the one stop")
	}
	if err := r.start("web"); err != nil {
		t.Fatal(err)
	}
	r.dial()
}

func TestAnAddressInUseIsRefusedWithTheKernelsErrno(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "wlc"})
	r.change(func(tx *table.Tx) error {
		return tx.AddService(table.ServiceSpec{Name: "other", Listen: netip.MustParseAddrPort(r.addr)})
	})
	err := r.start("other")
	if !errors.Is(err, unix.EADDRINUSE) || !strings.Contains(err.Error(), r.addr) {
		t.Fatalf("%v, want EADDRINUSE naming %s", err, r.addr)
	}
}

func TestAPortOfAllIPv6AddressesLeavesIPv4Alone(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "wlc"})
	six := netip.AddrPortFrom(netip.IPv6Unspecified(), netip.MustParseAddrPort(r.addr).Port())
	r.change(func(tx *table.Tx) error { return tx.AddService(table.ServiceSpec{Name: "six", Listen: six}) })
	err := r.start("six")
	if errors.Is(err, unix.EAFNOSUPPORT) {
		require.That(t, "IPv6", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.stop("six")
}

func TestStoppingFinishesWhatIsOpenAndClosesWhatIsIdle(t *testing.T) {
	r := newRig(t, 2)
	came, release := make(chan bool), make(chan struct{})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/slow" {
			came <- true
			<-release
		}
		io.WriteString(w, "done")
	}))
	idle := r.dial()
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(idle)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)

	open := r.dial()
	io.WriteString(open, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	<-came
	if err := r.stop("web"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the idle connection: %v, want the end", err)
	}
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Error("a new connection was accepted after the stop")
	}
	wait.UntilIs(t, "sessions are open", 1, r.group.Sessions)
	close(release)
	res, err = http.ReadResponse(bufio.NewReader(open), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if string(body) != "done" || !res.Close {
		t.Errorf("%q, close %v", body, res.Close)
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait.Limit)
	defer cancel()
	if err := r.group.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.start("web"); err != nil {
		t.Fatalf("starting again: %v", err)
	}
	if code, _ := get(t, r.client(), "http://"+r.addr+"/"); code != 200 {
		t.Error(code)
	}
}

func TestIdleClientsAndServerConnectionsCloseAfterTheKeepaliveTimeout(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.KeepaliveTimeout.Set(1)
	r.knobs.ReadTimeout.Set(3600)
	closed := make(chan time.Time, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		in.ReadByte()
		closed <- time.Now()
	}))
	c := r.dial()
	begin := time.Now()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(c)
	http.ReadResponse(in, nil)
	if _, err := in.ReadByte(); err != io.EOF {
		t.Fatalf("%v, want the end", err)
	}
	if d := time.Since(begin); d < 800*time.Millisecond {
		t.Errorf("the client was closed after %v, want 1s", d)
	}
	wait.For(t, "the pooled server connection is closed", closed)
}

func TestAnUnreachableServerIsA502AndAStallingOneA504(t *testing.T) {
	nobody := freePort(t)
	r := newRig(t, 1)
	r.knobs.ReadTimeout.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, nobody)
	c := r.client()
	if code, _ := get(t, c, "http://"+r.addr+"/"); code != 502 {
		t.Errorf("refused: %d, want 502", code)
	}
	stall := netip.MustParseAddrPort(rawBackend(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	r.change(func(tx *table.Tx) error {
		if err := tx.AddServer("web", table.ServerSpec{Addr: stall, Weight: 1}); err != nil {
			return err
		}
		return tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: "/stall"}, Server: stall})
	})
	if code, _ := get(t, c, "http://"+r.addr+"/stall"); code != 504 {
		t.Errorf("stalled: %d, want 504", code)
	}
}

func TestConnectionsAreListedWithTheirServerAndState(t *testing.T) {
	r := newRig(t, 2)
	server := rawBackend(t, func(c net.Conn) { io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) })
	r.serve(table.ServiceSpec{Scheduler: "wlc"}, server)
	c := r.dial()
	io.WriteString(c, "x")
	io.ReadFull(c, make([]byte, 1))
	list := r.group.Connections()
	if len(list) != 1 || list[0].Service != "web" || list[0].State != "TUNNEL" ||
		list[0].Server.String() != server || list[0].Client.String() != c.LocalAddr().String() {
		t.Fatalf("%+v", list)
	}
}

func TestAThousandTableChangesUnderTrafficFailNoRequest(t *testing.T) {
	r := newRig(t, 2)
	handler := func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, "ok") }
	first, second := backend(t, handler), backend(t, handler)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, first)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c := r.client()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if code, body := get(t, c, "http://"+r.addr+"/x"); code != 200 || body != "ok" {
					t.Errorf("%d %q", code, body)
					return
				}
			}
		})
	}
	addr := netip.MustParseAddrPort(second)
	rule := table.RuleSpec{Pattern: match.Pattern{Expr: "/x"}, Server: addr}
	for range 250 {
		r.change(func(tx *table.Tx) error { return tx.AddServer("web", table.ServerSpec{Addr: addr, Weight: 1}) })
		r.change(func(tx *table.Tx) error { return tx.AddRule("web", rule) })
		r.change(func(tx *table.Tx) error { return tx.DelRule("web", rule) })
		r.change(func(tx *table.Tx) error { return tx.DelServer("web", addr) })
	}
	close(stop)
	wg.Wait()
}

// The kernel gives a connection to the closer address, whichever came first.
func TestAServiceAtAllAddressesRunsBesideOneAtOneOfThem(t *testing.T) {
	r := newRig(t, 2)
	says := func(name string) netip.AddrPort {
		return netip.MustParseAddrPort(rawBackend(t, func(c net.Conn) { io.WriteString(c, name) }))
	}
	one := netip.MustParseAddrPort(freePort(t))
	everywhere := netip.AddrPortFrom(netip.IPv4Unspecified(), one.Port())
	r.change(func(tx *table.Tx) error {
		for name, listen := range map[string]netip.AddrPort{"one": one, "any": everywhere} {
			err := errors.Join(tx.AddService(table.ServiceSpec{Name: name, Scheduler: "wlc", Listen: listen}),
				tx.AddServer(name, table.ServerSpec{Addr: says(name), Weight: 1}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	t.Cleanup(r.group.StopAll)
	running := func(is bool, names ...string) {
		t.Helper()
		for _, name := range names {
			if err := r.try(func(tx *table.Tx) error { return tx.SetRunning(name, is) }); err != nil {
				t.Fatalf("%s, running %v: %v", name, is, err)
			}
		}
	}
	answers := func(want string) {
		t.Helper()
		c, err := net.Dial("tcp", one.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(wait.End())
		if got, err := io.ReadAll(c); string(got) != want || err != nil {
			t.Errorf("%q answers, %v; expected %q", got, err, want)
		}
	}
	running(true, "any", "one")
	answers("one")
	running(false, "one")
	answers("any")
	running(false, "any")
	running(true, "one", "any")
	answers("one")
	// They change places, and back.
	swap := func(first, second netip.AddrPort) {
		r.change(func(tx *table.Tx) error {
			return errors.Join(tx.SetService(table.ServiceSpec{Name: "one", Listen: first}), tx.SetService(table.ServiceSpec{Name: "any", Listen: second}))
		})
	}
	swap(everywhere, one)
	answers("any")
	swap(one, everywhere)
	answers("one")
	// All at once, as at a start.
	both := func(is bool) {
		r.change(func(tx *table.Tx) error { return errors.Join(tx.SetRunning("one", is), tx.SetRunning("any", is)) })
	}
	both(false)
	both(true)
	answers("one")
}
