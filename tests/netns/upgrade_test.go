package netns

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// What a client offers beside websocket does not keep it from it.

func TestWebsocketSurvivesWhatIsOfferedBesideIt(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			reader := bufio.NewReader(conn)
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			offer := strings.Join(request.Header.Values("Upgrade"), "|")
			if !strings.Contains(offer, "websocket") {
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(offer), offer)
				return
			}
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Offer: %s\r\n\r\n", offer)
			io.Copy(conn, reader)
		})
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			s.serve(scheduler)
			for offer, want := range map[string]string{
				"Upgrade: websocket\n":                                      "websocket",
				"Upgrade: h2c, websocket\nHTTP2-Settings: AAA\n":            "websocket",
				"Upgrade: websocket,h2c\n":                                  "websocket",
				"Upgrade: h2c\nUpgrade: websocket\n":                        "websocket",
				"Upgrade: websocket\nUpgrade: H2C\n":                        "websocket",
				"Upgrade: foo/2\nAccept: */*\nUpgrade: h2c , , websocket\n": "foo/2, websocket",
			} {
				w := s.wire()
				w.Say("GET /ws HTTP/1.1\nHost: x\nConnection: Upgrade, HTTP2-Settings\n%s\n", offer)
				response, _, err := w.Response("GET")
				if err != nil || response.StatusCode != 101 || response.Header.Get("X-Offer") != want {
					t.Errorf("%s: with %q: %v, %v; want 101, and %q offered to the server", scheduler, offer, response, err, want)
					w.Close()
					continue
				}
				w.Say("ping\n")
				if line := w.Line(); line != "ping" {
					t.Errorf("%s: with %q: through the tunnel came %q", scheduler, offer, line)
				}
				w.Close()
			}
			for _, offer := range []string{"Upgrade: h2c\nHTTP2-Settings: AAA\n", "Upgrade: h2c\nUpgrade: h2\n", "Upgrade: HTTP/2.0, h2c/1\n"} {
				w := s.wire()
				w.Say("GET / HTTP/1.1\nHost: x\nConnection: Upgrade, HTTP2-Settings\n%s\n", offer)
				if _, body := w.Expect(200, "GET"); body != "" {
					t.Errorf("%s: with %q the server was offered %q", scheduler, offer, body)
				}
				w.Close()
			}
		}
	})
}

// Servers that switch, and say so in an odd way.
func TestASwitchThatIsSaidInAnOddWayIsOne(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		switches := make(chan string, 1)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			reader := bufio.NewReader(conn)
			if _, err := http.ReadRequest(reader); err != nil {
				return
			}
			io.WriteString(conn, <-switches)
			io.Copy(conn, reader)
		})
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			s.serve(scheduler)
			for _, answer := range []string{
				"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
				"HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
				"HTTP/1.1 101\nConnection: keep-alive\nUpgrade:\n websocket\n\n",
			} {
				switches <- answer
				w := s.wire()
				w.Say("GET /ws HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n\n")
				if response, _, err := w.Response("GET"); err != nil || response.StatusCode != 101 || !strings.EqualFold(response.Header.Get("Connection"), "upgrade") ||
					!strings.EqualFold(response.Header.Get("Upgrade"), "websocket") {
					t.Errorf("%s: a server says %q: the client got %v, %v; want 101 with Connection and Upgrade", scheduler, answer, response, err)
					w.Close()
					continue
				}
				w.Say("ping\n")
				if line := w.Line(); line != "ping" {
					t.Errorf("%s: a server says %q: through the tunnel came %q", scheduler, answer, line)
				}
				w.Close()
			}
			switches <- "HTTP/1.1 101 Switching Protocols\r\nUpgrade: HTTP/2.0\r\n\r\n"
			w := s.wire()
			w.Say("GET /ws HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket, HTTP/2.0\n\n")
			w.Expect(502, "GET")
			w.Close()
		}
	})
}
