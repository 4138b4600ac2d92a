package netns

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// HTTP/1.x over real sockets.

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1", "r2", "r3")
		n.Balancer.StartDaemon(poller)
		for _, name := range []string{"r1", "r2", "r3"} {
			n.Host(name).StartNginx()
		}
		n.Balancer.Operator().Script(`
			-A -i web -s phttp
			-a -i web -r r1:80
			-a -i web -r r2:80
			-a -i web -r r3:80
			--add-rule -i web -p ^/0/ -r r1:80
			--add-rule -i web -p ^/1/ -r r2:80
			--add-rule -i web -p ^/2/ -r r3:80
			--start`)
		w := n.Client.Wire(n.VIP(8080))
		const requests = 90
		var all strings.Builder
		for i := range requests {
			fmt.Fprintf(&all, "GET /%d/%d HTTP/1.1\nHost: x\n\n", i%3, i)
		}
		w.Say("%s", all.String())
		for i := range requests {
			if _, body := w.Expect(200, "GET"); body != fmt.Sprintf("r%d /%d/%d\n", i%3+1, i%3, i) {
				t.Fatalf("answer %d is %q", i, body)
			}
		}
	})
}

func TestChunksAndTrailersPassBothWays(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			w.Header().Set("Trailer", "X-Sum")
			fmt.Fprintf(w, "%v %v %s|", err, r.TransferEncoding, r.Trailer.Get("X-Mark"))
			w.(http.Flusher).Flush()
			w.Write(body)
			w.Header().Set("X-Sum", fmt.Sprint(len(body)))
		})
		for _, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			w := s.wire()
			for range 3 {
				w.Say("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nTrailer: X-Mark\n\n" +
					"5\nhello\n6;ext=1\n world\n0\nX-Mark: here\n\n")
				response, body := w.Expect(200, "POST")
				if body != "<nil> [chunked] here|hello world" || response.Trailer.Get("X-Sum") != "11" {
					t.Errorf("%s: got %q, trailer %v", scheduler, body, response.Trailer)
				}
			}
			w.Close()
		}
	})
}

func TestResponsesWithoutABody(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").StartNginx().Put("ten", 10)
		w := s.wire()
		for range 3 {
			w.Say("HEAD /files/ten HTTP/1.1\nHost: x\n\n")
			head, body := w.Expect(200, "HEAD")
			if head.ContentLength != 10 || body != "" {
				t.Errorf("HEAD: length %d, body %q", head.ContentLength, body)
			}
			w.Say("GET /empty HTTP/1.1\nHost: x\n\n")
			if response, body := w.Expect(204, "GET"); body != "" || response.Header.Get("Content-Length") != "" {
				t.Errorf("204: %v, body %q", response.Header, body)
			}
			w.Say("GET /files/ten HTTP/1.1\nHost: x\nIf-None-Match: %s\n\n", head.Header.Get("ETag"))
			if _, body := w.Expect(304, "GET"); body != "" {
				t.Errorf("304: body %q", body)
			}
			w.Say("GET /files/ten HTTP/1.1\nHost: x\n\n")
			if _, body := w.Expect(200, "GET"); len(body) != 10 {
				t.Errorf("GET: %d bytes", len(body))
			}
		}
	})
}

func TestInterimResponsesPass(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			conn.Read(make([]byte, 1))
		})
		w := s.wire()
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		if response, _ := w.Expect(103, "GET"); response.Header.Get("Link") != "</a.css>" {
			t.Errorf("the hint is %v", response.Header)
		}
		if _, body := w.Expect(200, "GET"); body != "ok" {
			t.Errorf("got %q", body)
		}
		// A client of HTTP/1.0 does not know them.
		w = s.wire()
		w.Say("GET / HTTP/1.0\nHost: x\n\n")
		if _, body := w.Expect(200, "GET"); body != "ok" {
			t.Errorf("got %q", body)
		}
	})
}

func TestExpectContinueIsTheServersToAnswer(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/no" {
				w.WriteHeader(http.StatusExpectationFailed)
				return
			}
			n, err := io.Copy(io.Discard, r.Body) // this is when it says to continue
			fmt.Fprintln(w, n, err)
		})
		w := s.wire()
		w.Say("PUT /yes HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-continue\n\n")
		w.Expect(100, "PUT")
		w.Say("12345")
		if _, body := w.Expect(200, "PUT"); body != "5 <nil>\n" {
			t.Errorf("got %q", body)
		}
		w = s.wire()
		w.Say("PUT /no HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-continue\n\n")
		if response, _ := w.Expect(417, "PUT"); !response.Close {
			t.Error("the connection is kept, though the client may still send its body")
		}
		file := s.File(strings.Repeat("x", 8<<20))
		out, status := s.Client.Curl("-v", "-H", "Expect: 100-continue", "-T", file, s.url("/yes"))
		if status != 0 || !strings.Contains(out, "< HTTP/1.1 100 Continue") || !strings.Contains(out, "8388608 <nil>") {
			t.Errorf("curl exits %d:\n%s", status, out)
		}
	})
}

func TestUpgradedConnectionsAreTunnels(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			buf := make([]byte, 64<<10)
			size, _ := conn.Read(buf)
			if !strings.Contains(string(buf[:size]), "Upgrade: echo") {
				io.WriteString(conn, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
				return
			}
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome\n")
			io.Copy(conn, conn)
			io.WriteString(conn, "bye\n")
		})
		for _, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			w := s.wire()
			w.Say("GET /chat HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: echo\n\n")
			response, _ := w.Expect(101, "GET")
			if response.Header.Get("Upgrade") != "echo" {
				t.Errorf("%s: the answer has %v", scheduler, response.Header)
			}
			if line := w.Line(); line != "welcome" {
				t.Errorf("%s: got %q", scheduler, line)
			}
			for i := range 50 {
				w.Say("%d\n", i)
				if line := w.Line(); line != fmt.Sprint(i) {
					t.Fatalf("%s: got %q, want %d", scheduler, line, i)
				}
			}
			// Each direction ends by itself.
			w.Conn.(*net.TCPConn).CloseWrite()
			if rest, err := w.Rest(); rest != "bye\n" || err != nil {
				t.Errorf("%s: the tunnel ends with %q, %v", scheduler, rest, err)
			}
		}
	})
}

func TestConnectIsRefused(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		server := s.Host("r1").Serve(":80", func(net.Conn) {})
		w := s.wire()
		w.Say("CONNECT elsewhere:443 HTTP/1.1\nHost: elsewhere:443\n\n")
		w.Expect(405, "CONNECT")
		if _, err := w.Rest(); err != nil {
			t.Errorf("the connection ends with %v", err)
		}
		if n := server.Accepted.Load(); n != 0 {
			t.Errorf("the server has had %d connections", n)
		}
	})
}

func TestRequestsThatAreNoneReachNoServer(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		server := s.Host("r1").Serve(":80", func(net.Conn) {})
		for request, status := range map[string]int{
			"nonsense\n\n":                         400,
			"GET / HTTP/1.1\n\n":                   400,
			"GET / HTTP/2.0\nHost: x\n\n":          505,
			"GET / HTTP/1.1\nHost: x\nA : b\n\n":   400,
			"GET / HTTP/1.1\nHost: x\nHost: y\n\n": 400,
			"POST / HTTP/1.1\nHost: x\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n":        400,
			"POST / HTTP/1.1\nHost: x\nContent-Length: 1\nContent-Length: 2\n\n":                      400,
			"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip\n\n":                                   400,
			"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip, chunked\n\n0\n\n":                     501,
			"GET /" + strings.Repeat("x", 1<<16) + " HTTP/1.1\nHost: x\n\n":                           414,
			"GET / HTTP/1.1\nHost: x\n" + strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\n", 200): 431,
		} {
			w := s.wire()
			w.Say("%s", request)
			if response, _, err := w.Response("GET"); err != nil || response.StatusCode != status {
				t.Errorf("%.60q: %v, %v, want %d", request, response, err, status)
			}
			w.Close()
		}
		if n := server.Accepted.Load(); n != 0 {
			t.Errorf("the server has had %d connections", n)
		}
	})
}

func TestIPv6OnBothSides(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1", "r2")
		n.Balancer.StartDaemon(poller)
		n.Host("r1").StartNginx()
		n.Host("r2").StartNginx()
		o := n.Balancer.Operator()
		o.Load(`virtual six { listen = [::]:8080 scheduler = phttp server = r1-6:80 1 server = r2:80 1
			rule = pattern .* use server r1-6:80 rule = pattern ^/four use server r2:80 }
			virtual four { listen = 0.0.0.0:8080 scheduler = http server = [fd99:2::2]:80 1 rule = pattern .* use server [fd99:2::2]:80 }`)
		o.Does("--start")
		client := n.Client.HTTPClient()
		for url, want := range map[string]string{
			"http://" + n.VIP6(8080) + "/a":    "r1 /a\n",
			"http://" + n.VIP6(8080) + "/four": "r2 /four\n",
			"http://" + n.VIP(8080) + "/b":     "r1 /b\n",
		} {
			for range 3 {
				if status, body, err := lab.Get(client, url); err != nil || status != 200 || body != want {
					t.Errorf("%s: status %d, %q, %v", url, status, body, err)
				}
			}
		}
		if out := o.Does("-Ln"); !strings.Contains(out, "server = [fd99:2::2]:80 1") || !strings.Contains(out, "listen = [::]:8080") {
			t.Errorf("listed as\n%s", out)
		}
	})
}
