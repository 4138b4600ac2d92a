package netns

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// HTTP/1.0, on either side.

func TestClientsOfHTTP10GetBodiesWithoutChunks(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			for _, part := range []string{"one ", "two ", "three"} {
				io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		})
		for _, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			w := s.wire()
			w.Say("GET / HTTP/1.0\nHost: x\n\n")
			rest, err := w.Rest()
			head, body, _ := strings.Cut(rest, "\r\n\r\n")
			if err != nil || body != "one two three" || strings.Contains(head, "chunked") {
				t.Errorf("%s: got %q, %v", scheduler, rest, err)
			}
		}
	})
}

func TestServersOfHTTP10EndTheirBodiesByClosing(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		server := s.Host("r1").Serve(":80", func(conn net.Conn) {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\n")
			io.WriteString(conn, strings.Repeat("old ", 1<<16))
		})
		for i, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			for range 5 {
				status, body, err := getOnce(s)
				if err != nil || status != 200 || body != strings.Repeat("old ", 1<<16) {
					t.Errorf("%s: status %d, %d bytes, %v", scheduler, status, len(body), err)
				}
			}
			if n := server.Accepted.Load(); n != int64(5*(i+1)) {
				t.Errorf("the server has had %d connections", n)
			}
		}
	})
}

// getOnce gets / over a connection of its own.
func getOnce(s *site) (status int, body string, err error) {
	w := s.wire()
	defer w.Close()
	w.Say("GET / HTTP/1.1\nHost: x\n\n")
	response, body, err := w.Response("GET")
	if response != nil {
		status = response.StatusCode
	}
	return status, body, err
}

func TestClientsOfHTTP10KeepTheirConnectionWhereTheyAskTo(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").StartNginx()
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			s.serve(scheduler)
			w := s.wire()
			for range 3 {
				w.Say("GET /a HTTP/1.0\nHost: x\nConnection: Keep-Alive\n\n")
				response, body := w.Expect(200, "GET")
				if body != "r1 /a\n" || !strings.EqualFold(response.Header.Get("Connection"), "keep-alive") {
					t.Fatalf("%s: got %q, %v", scheduler, body, response.Header)
				}
			}
			w.Say("GET /a HTTP/1.0\nHost: x\n\n")
			response, body := w.Expect(200, "GET")
			if rest, err := w.Rest(); body != "r1 /a\n" || rest != "" || err != nil || !response.Close {
				t.Errorf("%s: one that does not ask got %q, %v, and then %q, %v", scheduler, body, response.Header, rest, err)
			}
		}
	})
}

func TestRequestsOfHTTP10NeedNoHost(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").StartNginx()
		for _, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			w := s.wire()
			w.Say("GET /old HTTP/1.0\n\n")
			if _, body := w.Expect(200, "GET"); body != "r1 /old\n" {
				t.Errorf("%s: got %q", scheduler, body)
			}
		}
	})
}
