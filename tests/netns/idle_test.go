package netns

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// keepalive_timeout and read_timeout.

// within checks that something took a second, as the knobs of these tests say,
// give or take what a busy machine and timers of whole ticks add.
func within(t *testing.T, what string, start time.Time) {
	t.Helper()
	if took := time.Since(start); took < 900*time.Millisecond || took > 6*time.Second {
		t.Errorf("%s after %v, and the knob says 1 s", what, took)
	}
}

func TestKeepaliveTimeoutClosesIdleClients(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	f.Balancer.SetKnob("keepalive_timeout", "1")
	for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
		f.Load("virtual web { scheduler = " + scheduler + " server = r1:80 1 rule = pattern .* use server r1:80 }")
		f.Does("--start")
		w := f.Client.Wire(f.VIP(8080))
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")
		start := time.Now()
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
	server := n.Host("r1").Serve(":80", func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		conn.Read(make([]byte, 1))
		closed <- time.Now()
	})
	o := n.Balancer.Operator()
	o.Load("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
	o.Does("--start")
	n.Balancer.SetKnob("keepalive_timeout", "1")
	w := n.Client.Wire(n.VIP(8080))
	w.Say("GET / HTTP/1.1\nHost: x\nConnection: close\n\n")
	w.Expect(200, "GET")
	start := time.Now()
	select {
	case <-closed:
		within(t, "the pooled connection is closed", start)
	case <-time.After(10 * time.Second):
		t.Errorf("the pooled connection stays, %d are open", server.Open.Load())
	}
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
	n.Balancer.SetKnob("read_timeout", "1")
	w := n.Client.Wire(n.VIP(8080))
	w.Line()
	start := time.Now()
	if rest, err := w.Rest(); rest != "" || err != nil && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the connection ends with %q, %v", rest, err)
	}
	within(t, "the silent connection is closed", start)
}

func TestReadTimeoutDoesNotCloseWhatIsUsed(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	n.Host("r1").Serve(":70", func(conn net.Conn) { io.Copy(conn, conn) })
	o := n.Balancer.Operator()
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	n.Balancer.SetKnob("read_timeout", "2")
	w := n.Client.Wire(n.VIP(8080))
	for range 8 {
		w.Say("still here\n")
		if line := w.Line(); line != "still here" {
			t.Fatalf("got %q", line)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func TestReadTimeoutBoundsASilentServer(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
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
	w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 1000\n\nsome")
	start := time.Now()
	response, _, err := w.Response("PUT")
	if err == nil && response.StatusCode/100 == 2 {
		t.Errorf("got %s", response.Status)
	}
	within(t, "the stalled upload is ended", start)
	select {
	case size := <-got:
		if size == 0 {
			t.Error("the server has got nothing")
		}
	case <-time.After(10 * time.Second):
		t.Error("the server's connection stays")
	}
}
