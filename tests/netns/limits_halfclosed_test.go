package netns

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// What becomes of clients that end their stream before their answer begins.

// slowly is a server that answers when it is told to, and only to who asks for /answer.
type slowly struct {
	asked  chan bool
	answer chan string
}

func newSlowly(h *lab.Host, addrs ...string) *slowly {
	s := &slowly{make(chan bool, 1000), make(chan string)}
	for _, addr := range addrs {
		h.Serve(addr, s.serve)
	}
	return s
}

func (s *slowly) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	answer := s.answer
	if request.URL.Path != "/answer" {
		answer = nil
	}
	s.asked <- true
	gone := make(chan bool)
	go func() {
		in.ReadByte()
		close(gone)
	}()
	select {
	case text := <-answer:
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		<-gone
	case <-gone:
	}
}

// The client that comes last gets the place of one that has gone, long before anybody
// would have given up waiting: nothing else ends what the others began.
func TestClientsThatCloseWhileTheyWaitLeaveTheirPlaces(t *testing.T) {
	const places = 256
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		d := n.Balancer.StartDaemon(poller, "--loops=1")
		o := n.Balancer.Operator()
		slow := newSlowly(n.Host("r1"), ":80")
		o.Does("--knob", "read_timeout=86400")
		o.Does("--knob", "client_keepalive=0")
		o.Does("--knob", "debug_level=1")
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			for _, mode := range []string{"abort_on_close=1", "abort_on_close=2"} {
				o.Does("--stop")
				for at, server := range map[string]string{"0.0.0.0": "r1", "[::]": "r1-6"} {
					o.Load(fmt.Sprintf("virtual web { listen = %s:8080 maxclients = %d scheduler = %s server = %s:80 1 rule = pattern .* use server %s:80 }",
						at, places, scheduler, server, server))
					o.Does("--start")
					o.Does("--knob", mode)
					address := map[string]string{"0.0.0.0": n.VIP(8080), "[::]": n.VIP6(8080)}[at]
					var first []*lab.Wire
					for range places {
						w := n.Client.Wire(address)
						w.Say("GET / HTTP/1.1\nHost: x\n\n")
						first = append(first, w)
					}
					for range places {
						wait.For(t, "the server has a request of each client", slow.asked)
					}
					for _, w := range first {
						w.Close()
					}
					last := n.Client.Wire(address)
					last.Say("GET /answer HTTP/1.1\nHost: x\n\n")
					wait.For(t, scheduler+", "+mode+": one more client is served, as the others have gone", slow.asked)
					slow.answer <- "here"
					if _, body := last.Expect(200, "GET"); body != "here" {
						t.Errorf("%s, %s: the last client got %q", scheduler, mode, body)
					}
					last.Close()
					o.Does("--stop")
				}
			}
		}
		for _, reason := range []string{"client reset its connection before its answer began", "and abort_on_close is 2"} {
			if !d.Log.Has(reason) {
				t.Errorf("the log does not say %q:\n%s", reason, d.Log.String())
			}
		}
	})
}

func TestAClientThatEndsItsStreamAndStaysGetsWhatAbortOnCloseSays(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		o := n.Balancer.Operator()
		slow := newSlowly(n.Host("r1"), ":80")
		if value := n.Balancer.Knob("abort_on_close"); value != "1\n" && value != "1" {
			t.Errorf("abort_on_close is %q at the start, expected 1", value)
		}
		serveOn(o, "phttp", n.Web("r1"))
		half := func(mode, path string) *lab.Wire {
			o.Does("--knob", mode)
			w := n.Client.Wire(n.VIP(8080))
			w.Say("GET %s HTTP/1.1\nHost: x\n\n", path)
			wait.For(t, "the server is asked", slow.asked)
			w.Conn.(*net.TCPConn).CloseWrite()
			return w
		}
		w := half("abort_on_close=2", "/")
		if rest, err := w.Rest(); rest != "" {
			t.Errorf("a client that counts as gone got %q, %v", rest, err)
		}
		// It gets the first byte of its answer by itself, and the rest when that comes.
		w = half("abort_on_close=1", "/answer")
		if begun, err := w.Ahead(1); err != nil || begun != "H" {
			t.Errorf("a client that waits for long was asked by %q, %v, expected H", begun, err)
		}
		slow.answer <- "late"
		if _, body := w.Expect(200, "GET"); body != "late" {
			t.Errorf("a client that waits for long got %q", body)
		}
		// The limit counts at once, also for who waits already.
		w = half("abort_on_close=0", "/")
		// clock: nothing may come in this time, of which a slow machine makes no more
		w.Conn.SetReadDeadline(time.Now().Add(2500 * time.Millisecond))
		if begun, err := w.Ahead(1); err == nil {
			t.Errorf("a client that is to wait as any other was sent %q", begun)
		}
		w.Conn.SetReadDeadline(wait.End())
		o.Does("--knob", "abort_on_close=1")
		if begun, err := w.Ahead(1); err != nil || begun != "H" {
			t.Errorf("when abort_on_close is 1 again, a client that waits was asked by %q, %v, expected H", begun, err)
		}
		o.Does("--knob", "abort_on_close=2")
		if rest, err := w.Rest(); rest != "H" && rest != "HT" && rest != "HTT" {
			t.Errorf("when abort_on_close is 2, it got %q, %v, expected no more than the beginning", rest, err)
		}
		o.Fails(1, "Value out of range: abort_on_close is 3, expected 0 to 2", "--knob", "abort_on_close=3")
	})
}

// A shell's pipe ends behind what it has sent, and the answers are waited for.
func TestAPipeIntoNetcatGetsItsAnswers(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		slow := newSlowly(n.Host("r1"), ":80")
		serveOn(n.Balancer.Operator(), "phttp", n.Web("r1"))
		w := n.Client.Wire(n.VIP(8080))
		w.Say("GET /answer HTTP/1.1\nHost: x\n\nGET /answer HTTP/1.1\nHost: x\n\nGET /answer HTTP/1.1\nHost: x\nConnection: close\n\n")
		w.Conn.(*net.TCPConn).CloseWrite()
		for _, text := range []string{"one", "two", "three"} {
			wait.For(t, "the server is asked", slow.asked)
			w.Ahead(1) // so that each has taken its time
			slow.answer <- text
			if _, body := w.Expect(200, "GET"); body != text {
				t.Errorf("got %q, expected %q", body, text)
			}
		}
		if rest, err := w.Rest(); len(rest) > 0 || err != nil {
			t.Errorf("behind the answers: %q, %v", rest, err)
		}
	})
}
