package loop

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
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

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
)

// rig is a table and a group of loops on real sockets.
type rig struct {
	t     testing.TB
	store *table.Store
	knobs *knob.Knobs
	group *Group
	addr  string // of the service "web"
}

func newRig(t testing.TB, loops int) *rig {
	t.Helper()
	before := openFiles(t)
	r := &rig{t: t, store: table.NewStore(sched.NewRegistry(), loops, match.DefaultLimits()), knobs: knob.New()}
	var err error
	r.group, err = NewGroup(Config{
		Loops: loops,
		Open:  pollers[pollerUnderTest],
		Store: r.store, Knobs: r.knobs, Log: klog.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.group.Close()
		for range 100 {
			if openFiles(t) <= before {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		entries, _ := os.ReadDir("/proc/self/fd")
		for _, e := range entries {
			to, _ := os.Readlink("/proc/self/fd/" + e.Name())
			t.Log(e.Name(), to)
		}
		t.Errorf("%d files are open after the test, %d were before", openFiles(t), before)
	})
	return r
}

// Every test of the package runs once for each of the kernel's interfaces.
var pollers = map[string]func() (poll.Poller, error){
	"epoll":    func() (poll.Poller, error) { return poll.NewEpoll() },
	"io_uring": func() (poll.Poller, error) { return poll.NewUring() },
}

var pollerUnderTest string

func TestMain(m *testing.M) {
	for name := range pollers {
		pollerUnderTest = name
		if status := m.Run(); status != 0 {
			fmt.Fprintln(os.Stderr, "with", name)
			os.Exit(status)
		}
	}
}

func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// serve defines and starts the service "web", with one rule for each server.
func (r *rig) serve(spec table.ServiceSpec, servers ...string) {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = l.Addr().String()
	l.Close()
	spec.Name, spec.Listen = "web", netip.MustParseAddrPort(r.addr)
	r.change(func(tx *table.Tx) error {
		if err := tx.AddService(spec); err != nil {
			return err
		}
		for _, s := range servers {
			addr := netip.MustParseAddrPort(s)
			if err := tx.AddServer("web", table.ServerSpec{Addr: addr, Weight: 1}); err != nil {
				return err
			}
			if err := tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: ".*"}, Server: addr}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := r.group.Start(r.store.Snapshot().Lookup("web")); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.group.Stop("web") })
}

func (r *rig) change(f func(*table.Tx) error) {
	r.t.Helper()
	if err := r.store.Update(f); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c.(*net.TCPConn)
}

// backend is an HTTP server that answers with f.
func backend(t testing.TB, f http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: f}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

// rawBackend gives each connection to f.
func rawBackend(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func (r *rig) client() *http.Client {
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	r.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func get(t testing.TB, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestRequestsOfManyClientsComeBackAnsweredToTheRightOne(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, "%s %s", q.Method, q.URL)
	}))
	c := r.client()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 50 {
				path := fmt.Sprintf("/%d/%d", i, j)
				if code, body := get(t, c, "http://"+r.addr+path); code != 200 || body != "GET "+path {
					t.Errorf("%s: %d %q", path, code, body)
				}
			}
		})
	}
	wg.Wait()
	svc := r.store.Snapshot().Lookup("web")
	if n := svc.Live.Stats.Sum().Requests; n != 16*50 {
		t.Errorf("%d requests counted, want %d", n, 16*50)
	}
	if n := svc.Servers[0].Live.Conns.Load(); n != 0 {
		t.Errorf("the server counts %d connections after all ended", n)
	}
}

func TestServerConnectionsAreSharedByClients(t *testing.T) {
	var mu sync.Mutex
	conns := map[string]bool{}
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		conns[q.RemoteAddr] = true
		mu.Unlock()
	}))
	for range 20 {
		c := r.client()
		get(t, c, "http://"+r.addr+"/")
		c.CloseIdleConnections()
	}
	if len(conns) != 1 {
		t.Errorf("20 clients one after the other took %d server connections, want 1", len(conns))
	}
}

func TestBodiesOfAnySizePassBothWaysCopiedAndSpliced(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		for _, size := range []int{0, 1, 4096, 300 << 10, 20 << 20} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprintf("zerocopy=%d/size=%d/chunked=%v", zerocopy, size, chunked), func(t *testing.T) {
					r := newRig(t, 1)
					r.knobs.ZerocopySend.Set(zerocopy)
					r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
						if !chunked {
							w.Header().Set("Content-Length", q.Header.Get("X-Size"))
						}
						http.NewResponseController(w).EnableFullDuplex()
						io.Copy(w, q.Body)
					}))
					sent := make([]byte, size)
					for i := range sent {
						sent[i] = byte(i * 7 >> 3)
					}
					var body io.Reader = bytes.NewReader(sent)
					if chunked {
						body = io.MultiReader(body) // of unknown length
					}
					q, _ := http.NewRequest("PUT", "http://"+r.addr+"/", body)
					q.Header.Set("X-Size", fmt.Sprint(size))
					c := r.client()
					for range 2 {
						res, err := c.Do(q)
						if err != nil {
							t.Fatal(err)
						}
						got, err := io.ReadAll(res.Body)
						res.Body.Close()
						if err != nil || !bytes.Equal(got, sent) {
							t.Fatalf("%d of %d bytes came back, %v", len(got), len(sent), err)
						}
						q.Body = io.NopCloser(bytes.NewReader(sent))
					}
				})
			}
		}
	}
}

func TestATunnelCarriesAnyProtocolAndItsHalfClose(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(zerocopy)
		r.serve(table.ServiceSpec{Scheduler: "wlc"}, rawBackend(t, func(c net.Conn) {
			io.WriteString(c, "220 ready\r\n")
			n, _ := io.Copy(io.Discard, c)
			fmt.Fprintf(c, "221 %d bytes\r\n", n)
		}))
		c := r.dial()
		in := bufio.NewReader(c)
		if line, err := in.ReadString('\n'); line != "220 ready\r\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := c.Write(make([]byte, 8<<20)); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		if line, err := in.ReadString('\n'); line != fmt.Sprintf("221 %d bytes\r\n", 8<<20) {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Fatalf("%v, want the end", err)
		}
	}
}

func TestASlowReaderHoldsItsOwnServerBackAndNobodyElse(t *testing.T) {
	r := newRig(t, 1)
	const size = 64 << 20
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/big" {
			io.CopyN(w, zeros{}, size)
		}
	}))
	slow := r.dial()
	io.WriteString(slow, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	time.Sleep(100 * time.Millisecond)
	c := r.client()
	for range 50 {
		if code, _ := get(t, c, "http://"+r.addr+"/"); code != 200 {
			t.Fatal(code)
		}
	}
	var held int64
	r.group.loops[0].call(func() { held = r.group.loops[0].ctx.Buffers.Held() })
	if held > 1<<20 {
		t.Errorf("%d bytes are held for one slow reader", held)
	}
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if n != size || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

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
	third.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if _, err := third.Read(one[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the third connection was served (%v) past maxclients 2", err)
	}
	first.Close()
	third.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(third, one[:]); err != nil {
		t.Fatalf("the third connection was not served when there was room: %v", err)
	}
}

func TestAnAddressInUseIsRefusedWithTheKernelsErrno(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "wlc"})
	r.change(func(tx *table.Tx) error {
		return tx.AddService(table.ServiceSpec{Name: "other", Listen: netip.MustParseAddrPort(r.addr)})
	})
	err := r.group.Start(r.store.Snapshot().Lookup("other"))
	if !errors.Is(err, unix.EADDRINUSE) || !strings.Contains(err.Error(), r.addr) {
		t.Fatalf("%v, want EADDRINUSE naming %s", err, r.addr)
	}
}

func TestStoppingFinishesWhatIsOpenAndClosesWhatIsIdle(t *testing.T) {
	r := newRig(t, 2)
	release := make(chan struct{})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/slow" {
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
	time.Sleep(100 * time.Millisecond)
	if err := r.group.Stop("web"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the idle connection: %v, want the end", err)
	}
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Error("a new connection was accepted after the stop")
	}
	if n := r.group.Sessions(); n != 1 {
		t.Errorf("%d sessions open, want 1", n)
	}
	close(release)
	res, err = http.ReadResponse(bufio.NewReader(open), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if string(body) != "done" || !res.Close {
		t.Errorf("%q, close %v", body, res.Close)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := r.group.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.group.Start(r.store.Snapshot().Lookup("web")); err != nil {
		t.Fatalf("starting again: %v", err)
	}
	if code, _ := get(t, r.client(), "http://"+r.addr+"/"); code != 200 {
		t.Error(code)
	}
}

func TestIdleClientsAndServerConnectionsCloseAfterTheKeepaliveTimeout(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.KeepaliveTimeout.Set(1)
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
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(c)
	http.ReadResponse(in, nil)
	begin := time.Now()
	if _, err := in.ReadByte(); err != io.EOF {
		t.Fatalf("%v, want the end", err)
	}
	if d := time.Since(begin); d < 800*time.Millisecond || d > 4*time.Second {
		t.Errorf("the client was closed after %v, want about 1s", d)
	}
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Error("the pooled server connection was not closed")
	}
}

func TestAnUnreachableServerIsA502AndAStallingOneA504(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	nobody := l.Addr().String()
	l.Close()
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
