package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// Servers and clients that fail, and what the others see of it.

// part is what a server does with a connection, as long as it plays it.
type part struct {
	now atomic.Value
}

func (p *part) play(serve func(net.Conn)) { p.now.Store(serve) }

func (p *part) serve(conn net.Conn) { p.now.Load().(func(net.Conn))(conn) }

func TestClientsOfFailingServersAreTold(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		failing := map[string]func(net.Conn){
			"resets at once":       lab.Reset,
			"closes at once":       func(net.Conn) {},
			"closes after reading": func(c net.Conn) { c.Read(make([]byte, 4096)) },
			"resets after reading": func(c net.Conn) { c.Read(make([]byte, 4096)); lab.Reset(c) },
			"closes in the head":   says("HTTP/1.1 200 OK\r\nContent-Le"),
			"speaks no HTTP":       says("SSH-2.0-OpenSSH\r\n"),
			"has a broken head":    says("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
			"contradicts itself":   says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12"),
			"has an endless head":  says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)),
		}
		var part part
		server := s.Host("r1").Serve(":80", part.serve)
		for _, scheduler := range []string{"http", "phttp"} {
			s.serve(scheduler)
			for what, fail := range failing {
				part.play(fail)
				w := s.wire()
				w.Say("GET / HTTP/1.1\nHost: x\n\n")
				if response, _, err := w.Response("GET"); err != nil || response.StatusCode != 502 {
					t.Errorf("%s: a server that %s: %v, %v", scheduler, what, response, err)
				}
				w.Close()
			}
		}
		// And those that nobody can reach at all.
		server.Close()
		for _, scheduler := range []string{"http", "phttp"} {
			s.serve(scheduler)
			if status, _, err := getOnce(s); err != nil || status != 502 {
				t.Errorf("%s: a server that refuses: status %d, %v", scheduler, status, err)
			}
		}
	})
}

// says makes a server that reads a request, says that and closes.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		io.WriteString(conn, text)
	}
}

func TestAServerThatDoesNotAnswerTheCallTimesOut(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		nowhere := s.Strand()
		s.Serve(fmt.Sprintf("virtual web { scheduler = phttp server = %v:80 1 rule = pattern .* use server %v:80 }", nowhere, nowhere))
		s.Balancer.SetKnob("read_timeout", "3600") // only connect_timeout can end it
		if status, _, err := getOnce(s); err != nil || status != 504 {
			t.Errorf("status %d, %v, expected 504", status, err)
		}
	})
}

func TestATruncatedResponseIsVisiblyBroken(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		var part part
		s.Host("r1").Serve(":80", part.serve)
		for what, serve := range map[string]func(net.Conn){
			"length, closed":            says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
			"length, reset":             func(c net.Conn) { says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")(c); pause(); lab.Reset(c) },
			"chunks, closed between":    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
			"chunks, closed within":     says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf"),
			"chunks, a broken size":     says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n"),
			"till closed, but is reset": func(c net.Conn) { says("HTTP/1.1 200 OK\r\n\r\nhalf")(c); pause(); lab.Reset(c) },
		} {
			for _, scheduler := range []string{"http", "phttp"} {
				s.serve(scheduler)
				for _, minor := range []int{1, 0} {
					part.play(serve)
					w := s.wire()
					w.Say("GET / HTTP/1.%d\nHost: x\n\n", minor)
					response, body, err := w.Response("GET")
					// Of what is bad already in the first receive nothing has been sent.
					if err == nil && (what != "chunks, a broken size" || response.StatusCode != 502) {
						t.Errorf("%s, HTTP/1.%d, %s: taken for whole: %v, %q", scheduler, minor, what, response.Status, body)
					}
					w.Close()
				}
			}
		}
	})
}

// pause lets what was sent before arrive alone.
func pause() { wait.Gap(50 * time.Millisecond) }

func TestAServerConnectionThatWasClosedIsNotUsedAgain(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		web := s.Host("r1").StartNginx()
		for range 5 {
			if status, body, err := lab.Get(s.client, s.url("/a")); err != nil || status != 200 || body != "r1 /a\n" {
				t.Fatalf("status %d, %q, %v", status, body, err)
			}
			web.Stop(unix.SIGTERM) // which closes the pooled connection
			web.Start()
		}
		// A request that may be made twice is, when its pooled connection turns
		// out to be dead in that very moment.
		server := s.Host("r1").Serve(":81", func(conn net.Conn) {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			conn.Read(make([]byte, 4096)) // the second request is not answered
			lab.Reset(conn)
		})
		s.Serve("virtual web { scheduler = phttp server = r1:81 1 rule = pattern .* use server r1:81 }")
		w := s.wire()
		for i := range 6 {
			w.Say("GET / HTTP/1.1\nHost: x\n\n")
			if _, body := w.Expect(200, "GET"); body != "ok" {
				t.Fatalf("request %d: %q", i, body)
			}
		}
		if n := server.Accepted.Load(); n != 6 {
			t.Errorf("6 requests took %d connections", n)
		}
		// One that may not is not.
		w.Say("POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n")
		w.Expect(502, "POST")
	})
}

func TestClientsThatVanishLeaveNothing(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		web := s.Host("r1").StartNginx()
		web.Put("bulk", 64<<20)
		files := func() int { return strings.Count(s.Balancer.Shell("ls /proc/$1/fd", fmt.Sprint(s.daemon.PID())), "\n") }
		if status, _, err := lab.Get(s.client, s.url("/")); err != nil || status != 200 {
			t.Fatalf("status %d, %v", status, err)
		}
		before := files()
		for i := range 200 {
			conn, err := s.Client.Dial(s.VIP(8080))
			if err != nil {
				t.Fatal(err)
			}
			switch i % 5 {
			case 0: // says nothing
			case 1:
				io.WriteString(conn, "GET / HTT")
			case 2:
				io.WriteString(conn, "PUT /files/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome")
			case 3:
				io.WriteString(conn, "GET /files/bulk HTTP/1.1\r\nHost: x\r\n\r\n")
				conn.Read(make([]byte, 1000))
			case 4:
				io.WriteString(conn, strings.Repeat("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 20))
			}
			if i%2 == 0 {
				lab.Reset(conn)
			} else {
				conn.Close()
			}
		}
		table := s.Connect(t)
		lab.Eventually(t, "no connection is counted", func() bool {
			v, err := table.Virtual("web")
			if err != nil {
				t.Fatal(err)
			}
			// The test's own client is idle, and may be counted.
			return v.Service.ActiveConns <= 1 && v.Dests[0].ActiveConns == 0
		})
		lab.Eventually(t, "no descriptor is left", func() bool { return files() <= before+40 }) // what the pool keeps
		if status, _, err := lab.Get(s.client, s.url("/")); err != nil || status != 200 {
			t.Errorf("status %d, %v", status, err)
		}
	})
}

func TestAWlcClientSeesItsServersEnd(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		var part part
		n.Host("r1").Serve(":70", func(conn net.Conn) {
			io.WriteString(conn, "hello")
			part.serve(conn)
		})
		n.Balancer.Operator().Script(`
			-A -i any -s wlc
			-a -i any -r r1:70
			--start`)
		part.play(func(net.Conn) {})
		if rest, err := n.Client.Wire(n.VIP(8080)).Rest(); rest != "hello" || err != nil {
			t.Errorf("a server that closes: %q, %v", rest, err)
		}
		part.play(func(conn net.Conn) { pause(); lab.Reset(conn) })
		if rest, err := n.Client.Wire(n.VIP(8080)).Rest(); rest != "hello" || !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("a server that resets: %q, %v", rest, err)
		}
	})
}
