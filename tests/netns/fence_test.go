package netns

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// fence is a balancer whose limits a test sets, with a client, a bystander at
// another address, and a server that keeps every byte it got.
type fence struct {
	*lab.Network
	*lab.Operator
	t         testing.TB
	origin    *origin
	bystander *lab.Wire
	closed    []*lab.Wire // with a refusal
}

// newFence serves with the scheduler at port 8080 of the IPv4 and IPv6 addresses.
func newFence(t testing.TB, scheduler string, daemon ...string) *fence {
	t.Helper()
	n := lab.NewNetwork(t, "r1", "other")
	n.Balancer.StartDaemon(daemon...)
	f := &fence{Network: n, Operator: n.Balancer.Operator(), t: t, origin: &origin{}}
	n.Host("r1").Serve(":80", f.origin.serve)
	f.Load(fmt.Sprintf(`
		virtual web { scheduler = %[1]s maxclients = 1000 server = r1:80 1 rule = pattern .* use server r1:80 }
		virtual six { listen = [::]:8080 scheduler = %[1]s maxclients = 1000 server = r1:80 1 rule = pattern .* use server r1:80 }`, scheduler))
	f.Does("--start")
	f.bystander = n.Host("other").Wire(n.VIP(8080))
	f.othersAreServed()
	return f
}

// withEachUnit runs a test for schedulers that choose for each request and for
// each connection.
func withEachUnit(t *testing.T, test func(t *testing.T, scheduler string)) {
	t.Parallel()
	for _, scheduler := range []string{"phttp", "http", "chttp", "hhttp"} {
		t.Run(scheduler, func(t *testing.T) {
			t.Parallel()
			test(t, scheduler)
		})
	}
}

// set gives knobs values, as NAME=VALUE.
func (f *fence) set(knobs ...string) {
	f.t.Helper()
	for _, knob := range knobs {
		f.Does("--knob", knob)
	}
}

// wire connects from the client.
func (f *fence) wire() *lab.Wire {
	f.t.Helper()
	return f.Client.Wire(f.VIP(8080))
}

// othersAreServed checks that the bystander's connection goes on.
func (f *fence) othersAreServed() {
	f.t.Helper()
	f.bystander.Say("GET /bystander HTTP/1.1\nHost: x\n\n")
	f.bystander.Expect(200, "GET")
}

// refused checks that a request is answered with the status, that others are
// served meanwhile, and that its connection closes.
func (f *fence) refused(w *lab.Wire, status int) {
	f.t.Helper()
	response, _ := w.Expect(status, "GET")
	f.othersAreServed()
	if !response.Close {
		f.t.Errorf("%s without Connection: close", response.Status)
	}
	if rest, err := w.Rest(); rest != "" || err != nil {
		f.t.Errorf("behind %s comes %q, %v", response.Status, rest, err)
	}
	f.closed = append(f.closed, w)
}

// allClosed waits until the daemon has closed every connection with a refusal,
// all of which the clients have kept.
func (f *fence) allClosed() {
	f.t.Helper()
	for _, w := range f.closed {
		lab.Eventually(f.t, "a connection with a refusal is closed", func() bool { return !f.open(w) })
	}
}

// open tells whether the daemon has a connection.
func (f *fence) open(w *lab.Wire) bool {
	return strings.Contains(f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), w.LocalAddr().String()+" ")
}

// errors is what the service has refused, by the report, and by tcpvsadm.
func (f *fence) errors() (count string) {
	f.t.Helper()
	for _, text := range []string{f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/stats"), f.Does("-L", "-n", "--stats")} {
		now := column(f.t, text, "web", "Errors")
		if count != "" && now != count {
			f.t.Errorf("the report counts %s errors, tcpvsadm %s", count, now)
		}
		count = now
	}
	return count
}

// origin is a server that answers whole requests with what it has read of the
// body, in bytes.
type origin struct {
	mu      sync.Mutex
	seen    bytes.Buffer
	held    string // the path whose answer waits for release
	release chan bool
}

// hold has the answers to a path wait.
func (o *origin) hold(path string, release chan bool) { o.held, o.release = path, release }

func (o *origin) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen.Write(p)
}

// got tells whether a text was among what came.
func (o *origin) got(text string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Contains(o.seen.Bytes(), []byte(text))
}

func (o *origin) serve(conn net.Conn) {
	in := bufio.NewReader(io.TeeReader(conn, o))
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if r.Header.Get("Expect") != "" {
			io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return
		}
		if o.held != "" && r.URL.Path == o.held {
			<-o.release
		}
		text := fmt.Sprintf("%d\n", n)
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	}
}

// cork has what is written arrive together.
func cork(t testing.TB, w *lab.Wire, write func()) {
	t.Helper()
	set := func(value int) {
		raw, err := w.Conn.(*net.TCPConn).SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK, value) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	set(1)
	write()
	set(0)
}
