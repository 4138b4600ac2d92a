package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// keepalive_timeout and read_timeout.

// within checks that something took a second, as the knobs of these tests say,
// since before the daemon began to count. A busy machine may add to that: that it is this knob and no other, the others see
// to, which are an hour.
func within(t testing.TB, what string, start time.Time) {
	t.Helper()
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("%s after %v, and the knob says 1 s", what, took)
	}
}

// unhurried makes the times an hour that a connection otherwise has.
func unhurried(h *lab.Host) {
	for _, knob := range []string{"keepalive_timeout", "read_timeout", "header_timeout", "connect_timeout"} {
		h.SetKnob(knob, "3600")
	}
}

func TestKeepaliveTimeoutClosesIdleClients(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	unhurried(f.Balancer)
	f.Balancer.SetKnob("keepalive_timeout", "1")
	for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
		f.Load("virtual web { scheduler = " + scheduler + " server = r1:80 1 rule = pattern .* use server r1:80 }")
		f.Does("--start")
		w := f.Client.Wire(f.VIP(8080))
		start := time.Now()
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")
		if rest, err := w.Rest(); rest != "" || err != nil {
			t.Errorf("%s: the idle connection ends with %q, %v", scheduler, rest, err)
		}
		within(t, scheduler+": the idle client is closed", start)
		f.Does("--stop")
	}
}

func TestKeepaliveTimeoutClosesPooledServerConnections(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	closed := make(chan time.Time, 1)
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		conn.Read(make([]byte, 1))
		closed <- time.Now()
	})
	o := n.Balancer.Operator()
	o.Load("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
	o.Does("--start")
	unhurried(n.Balancer)
	n.Balancer.SetKnob("keepalive_timeout", "1")
	w := n.Client.Wire(n.VIP(8080))
	start := time.Now()
	w.Say("GET / HTTP/1.1\nHost: x\nConnection: close\n\n")
	w.Expect(200, "GET")
	wait.For(t, "the pooled connection is closed", closed)
	within(t, "the pooled connection is closed", start)
}

func TestReadTimeoutClosesARelayedConnection(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	greeters(n, "r1")
	o := n.Balancer.Operator()
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	unhurried(n.Balancer)
	n.Balancer.SetKnob("read_timeout", "1")
	start := time.Now()
	w := n.Client.Wire(n.VIP(8080))
	w.Line()
	if rest, err := w.Rest(); rest != "" || err != nil && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the connection ends with %q, %v", rest, err)
	}
	within(t, "the silent connection is closed", start)
}

func TestReadTimeoutDoesNotCloseWhatIsUsed(t *testing.T) {
	t.Parallel()
	steady.Slower(t, whatIsUsedIsNotClosed)
}

func whatIsUsedIsNotClosed(t testing.TB, scale int) {
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	n.Host("r1").Serve(":70", func(conn net.Conn) { io.Copy(conn, conn) })
	o := n.Balancer.Operator()
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	n.Balancer.SetKnob("read_timeout", fmt.Sprint(2*scale))
	w := n.Client.Wire(n.VIP(8080))
	for range 8 {
		w.Say("still here\n")
		if line := w.Line(); line != "still here" {
			t.Fatalf("got %q", line)
		}
		wait.Pass(time.Duration(scale) * 500 * time.Millisecond)
	}
}

func TestReadTimeoutBoundsASilentServer(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	unhurried(n.Balancer)
	n.Balancer.SetKnob("read_timeout", "1")
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		buf := make([]byte, 4096)
		size, _ := conn.Read(buf)
		if strings.HasPrefix(string(buf[:size]), "GET /half") {
			conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
		}
		conn.Read(buf)
	})
	o := n.Balancer.Operator()
	for _, scheduler := range []string{"http", "phttp"} {
		o.Load("virtual web { scheduler = " + scheduler + " server = r1:80 1 rule = pattern .* use server r1:80 }")
		o.Does("--start")
		w := n.Client.Wire(n.VIP(8080))
		start := time.Now()
		w.Say("GET /silent HTTP/1.1\nHost: x\n\n")
		w.Expect(504, "GET")
		within(t, scheduler+": a client of a silent server is told", start)
		w = n.Client.Wire(n.VIP(8080))
		start = time.Now()
		w.Say("GET /half HTTP/1.1\nHost: x\n\n")
		if _, body, err := w.Response("GET"); body != "half" || err == nil {
			t.Errorf("%s: half an answer ends with %q, %v", scheduler, body, err)
		}
		within(t, scheduler+": half an answer is broken off", start)
		o.Does("--stop")
	}
}

func TestReadTimeoutEndsAnUploadThatStalls(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	unhurried(n.Balancer)
	n.Balancer.SetKnob("read_timeout", "1")
	got := make(chan int64, 1)
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		size, _ := io.Copy(io.Discard, conn)
		got <- size
	})
	o := n.Balancer.Operator()
	o.Load("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
	o.Does("--start")
	w := n.Client.Wire(n.VIP(8080))
	start := time.Now()
	w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 1000\n\nsome")
	response, _, err := w.Response("PUT")
	if err == nil && response.StatusCode/100 == 2 {
		t.Errorf("got %s", response.Status)
	}
	within(t, "the stalled upload is ended", start)
	if size := wait.For(t, "the server's connection ends", got); size == 0 {
		t.Error("the server has got nothing")
	}
}
