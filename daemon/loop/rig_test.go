package loop

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
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
	return newRigOn(t, loops, pollers[pollerUnderTest])
}

func newRigOn(t testing.TB, loops int, open func() (poll.Poller, error)) *rig {
	t.Helper()
	before := openFiles(t)
	var said words
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", said.String())
		}
	})
	r := &rig{t: t, store: table.NewStore(sched.NewRegistry(), loops, match.DefaultLimits()), knobs: knob.New()}
	var err error
	r.group, err = NewGroup(Config{
		Loops: loops,
		Open:  open,
		Store: r.store, Knobs: r.knobs,
		Log: klog.New(klog.Options{Format: klog.Text, Target: &said, Level: func() int32 { return 0 }}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.group.Close()
		wait.UntilSays(t, fmt.Sprintf("no more files are open after the test than the %d from before", before), func() (string, bool) {
			entries, _ := os.ReadDir("/proc/self/fd")
			var open []string
			for _, e := range entries {
				to, _ := os.Readlink("/proc/self/fd/" + e.Name())
				open = append(open, e.Name()+" "+to)
			}
			return strings.Join(open, ", "), openFiles(t) <= before
		})
	})
	return r
}

// words are what the loops have said, for whoever reads why a test has failed.
type words struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
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
	r.addr = freePort(r.t)
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
	if err := r.start("web"); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.group.StopAll() })
}

// freePort is an address where nobody listens, and no other process will: one of
// the loopback network that is this process's own.
func freePort(t testing.TB) string {
	t.Helper()
	pid := os.Getpid()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 64+pid>>14&63, pid>>7&127, 1+pid&127))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// change changes the table as control does: the memory of what was before goes
// to the next change.
func (r *rig) change(f func(*table.Tx) error) {
	r.t.Helper()
	if err := r.try(f); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) try(f func(*table.Tx) error) error {
	before := r.store.Snapshot()
	var settle func(bool)
	err := r.store.UpdateWhen(f, func(next *table.Snapshot) (err error) {
		settle, err = r.group.Prepare(next)
		return err
	})
	if err != nil {
		return err
	}
	settle(true)
	r.group.Changed()
	before.Retire(r.store.Snapshot())
	return nil
}

func (r *rig) start(name string) error {
	return r.try(func(tx *table.Tx) error { return tx.SetRunning(name, true) })
}

func (r *rig) stop(name string) error {
	return r.try(func(tx *table.Tx) error { return tx.SetRunning(name, false) })
}

func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	c.SetDeadline(wait.End())
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

// rawBackend gives each connection to f; backendAt, those of a listener of its own.
func rawBackend(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	return backendAt(t, &net.ListenConfig{}, f)
}

func backendAt(t testing.TB, config *net.ListenConfig, f func(net.Conn)) string {
	t.Helper()
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
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
	return &http.Client{Transport: tr, Timeout: wait.Limit}
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
