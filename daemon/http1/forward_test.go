package http1

import (
	"strings"
	"testing"
)

func TestRequestIsForwarded(t *testing.T) {
	const via = "Via: 1.1 ktcpvs\r\n"
	for _, c := range []struct {
		name, input string
		f           Forward
		want        string
	}{
		{"as it came", "GET /a HTTP/1.1\r\nA: 1\r\nHost: x\r\nB: 2\r\nC: 3\r\n\r\n", Forward{KeepAlive: true},
			"GET /a HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n" + via + "\r\n"},
		{"in one form of blanks", "GET /a HTTP/1.1\r\nHost: x\r\nA:1\r\nB:\t2 \r\nC:\r\nD: 4\r\n\r\n", Forward{KeepAlive: true},
			"GET /a HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: \r\nD: 4\r\n" + via + "\r\n"},
		{"to the last request of a connection", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", Forward{},
			"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + via + "\r\n"},
		{"from HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", Forward{KeepAlive: true},
			"GET / HTTP/1.1\r\nHost: \r\nVia: 1.0 ktcpvs\r\n\r\n"},
		{"from HTTP/1.0 to a named host", "GET / HTTP/1.0\r\n\r\n", Forward{KeepAlive: true, Host: []byte("10.0.0.1")},
			"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nVia: 1.0 ktcpvs\r\n\r\n"},
		{"from absolute-form", "GET http://x:80?q HTTP/1.1\r\nHost: X\r\n\r\n", Forward{KeepAlive: true},
			"GET /?q HTTP/1.1\r\nHost: x:80\r\n" + via + "\r\n"},
		{"without hop-by-hop fields", "GET / HTTP/1.1\r\nHost: x\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nUpgrade: h2c\r\n" +
			"HTTP2-Settings: AAA\r\nConnection: upgrade, http2-settings, te, X-Mine, cookie\r\nx-MINE: 1\r\nCookie: a\r\nTrailer: z\r\nY: 2\r\n\r\n",
			Forward{KeepAlive: true},
			"GET / HTTP/1.1\r\nHost: x\r\nTrailer: z\r\nY: 2\r\n" + via + "\r\n"},
		{"without a field named as an option", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nClose: 1\r\nCloser: 2\r\n\r\n", Forward{KeepAlive: true},
			"GET / HTTP/1.1\r\nHost: x\r\nCloser: 2\r\n" + via + "\r\n"},
		{"with what frames it, whatever Connection names", "POST / HTTP/1.1\r\nConnection: host, content-length, via\r\nHost: x\r\nContent-Length: 007\r\nVia: 1.1 a\r\n\r\n",
			Forward{KeepAlive: true},
			"POST / HTTP/1.1\r\nHost: x\r\nVia: 1.1 a\r\nContent-Length: 7\r\n" + via + "\r\n"},
		{"in chunks, whatever Connection names", "POST / HTTP/1.1\r\nConnection: transfer-encoding\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n",
			Forward{KeepAlive: true},
			"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + via + "\r\n"},
		{"with an empty body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", Forward{KeepAlive: true},
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + via + "\r\n"},
		{"with its expectation", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", Forward{KeepAlive: true},
			"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n" + via + "\r\n"},
		{"without an expectation of no body", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", Forward{KeepAlive: true},
			"GET / HTTP/1.1\r\nHost: x\r\n" + via + "\r\n"},
		{"without an expectation HTTP/1.0 has not", "POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", Forward{KeepAlive: true},
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nVia: 1.0 ktcpvs\r\n\r\n"},
		{"counting down", "OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 5\r\n\r\n", Forward{KeepAlive: true},
			"OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 4\r\n" + via + "\r\n"},
		{"not counting down other methods", "GET / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 5\r\n\r\n", Forward{KeepAlive: true},
			"GET / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 5\r\n" + via + "\r\n"},
		{"to switch protocols", "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			Forward{KeepAlive: true, Upgrade: []byte("websocket")},
			"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" + via + "\r\n"},
		{"to switch protocols or close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
			Forward{Upgrade: []byte("websocket")},
			"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n" + via + "\r\n"},
		{"with more fields", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", Forward{KeepAlive: true, Extra: []byte("X-Forwarded-For: 10.1.1.1\r\n")},
			"GET / HTTP/1.1\r\nHost: x\r\n" + via + "X-Forwarded-For: 10.1.1.1\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lim := DefaultLimits()
			var p Parser
			var r Request
			if n, err := p.Request([]byte(c.input), &lim, &r); err != nil || n != len(c.input) {
				t.Fatal(n, err)
			}
			c.f.Via = "ktcpvs"
			if got := string(AppendRequest([]byte("before"), &r, &c.f)); got != "before"+c.want {
				t.Errorf("got  %q\nwant %q", got, "before"+c.want)
			}
		})
	}
}

func TestResponseIsForwarded(t *testing.T) {
	const now = "Tue, 04 Jun 2024 10:11:12 GMT"
	for _, c := range []struct {
		name, input string
		method      Method
		f           Forward
		want        string
	}{
		{"as it came", "HTTP/1.1 200 Fine\r\nA: 1\r\nContent-Length: 05\r\nB: 2\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1},
			"HTTP/1.1 200 Fine\r\nA: 1\r\nB: 2\r\nContent-Length: 5\r\n\r\n"},
		{"from HTTP/1.0, to close", "HTTP/1.0 200\r\n\r\n", GET, Forward{Minor: 1},
			"HTTP/1.1 200 \r\nConnection: close\r\n\r\n"},
		{"until close, whatever was meant", "HTTP/1.1 200 OK\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1},
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
		{"in chunks as it came", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1, Chunked: true},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"in chunks instead of until close", "HTTP/1.1 200 OK\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1, Chunked: true},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"until close instead of in chunks", "HTTP/1.1 200 OK\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n", GET, Forward{},
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
		{"to an HTTP/1.0 client that stays", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", GET, Forward{KeepAlive: true},
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"},
		{"to HEAD, with its length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", HEAD, Forward{KeepAlive: true, Minor: 1},
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
		{"to HEAD, without chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HEAD, Forward{KeepAlive: true, Minor: 1, Chunked: true},
			"HTTP/1.1 200 OK\r\n\r\n"},
		{"204 without a length", "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1},
			"HTTP/1.1 204 No\r\n\r\n"},
		{"304 with its length", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1},
			"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"},
		{"103 without Connection or Date", "HTTP/1.1 103 Early\r\nLink: a\r\nConnection: close\r\n\r\n", GET, Forward{Date: []byte(now)},
			"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"},
		{"101", "HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", GET, Forward{Minor: 1, Upgrade: []byte("websocket")},
			"HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"426 with what to switch to, to close", "HTTP/1.1 426 Upgrade\r\nConnection: upgrade\r\nUpgrade: tls\r\nContent-Length: 0\r\n\r\n", GET,
			Forward{Minor: 1, Upgrade: []byte("tls")}, "HTTP/1.1 426 Upgrade\r\nContent-Length: 0\r\nConnection: close, upgrade\r\nUpgrade: tls\r\n\r\n"},
		{"426 to HTTP/1.0", "HTTP/1.1 426 Upgrade\r\nConnection: upgrade\r\nUpgrade: tls\r\nContent-Length: 0\r\n\r\n", GET,
			Forward{Upgrade: []byte("tls")}, "HTTP/1.1 426 Upgrade\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"200 to CONNECT", "HTTP/1.1 200 Open\r\nTransfer-Encoding: chunked\r\n\r\n", CONNECT, Forward{Minor: 1},
			"HTTP/1.1 200 Open\r\n\r\n"},
		{"without hop-by-hop fields", "HTTP/1.1 200 OK\r\nConnection: x-mine, keep-alive, date, set-cookie, trailer\r\nDate: then\r\nX-Mine: 1\r\nSet-Cookie: a=b\r\nTrailer: z\r\nKeep-Alive: 5\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\n", GET,
			Forward{KeepAlive: true, Minor: 1}, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"},
		{"with the Date it lacks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1, Date: []byte(now)},
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nDate: " + now + "\r\n\r\n"},
		{"with its own Date", "HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 1\r\n\r\n", GET, Forward{KeepAlive: true, Minor: 1, Date: []byte(now)},
			"HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 1\r\n\r\n"},
		{"with a cookie more", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\n", GET,
			Forward{KeepAlive: true, Minor: 1, Extra: []byte("Set-Cookie: KTCPVS_SID=1; Path=/\r\n")},
			"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\nSet-Cookie: KTCPVS_SID=1; Path=/\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lim := DefaultLimits()
			var p Parser
			var r Response
			if n, err := p.Response([]byte(c.input), &lim, c.method, &r); err != nil || n != len(c.input) {
				t.Fatal(n, err)
			}
			if got := string(AppendResponse([]byte("before"), &r, &c.f)); got != "before"+c.want {
				t.Errorf("got  %q\nwant %q", got, "before"+c.want)
			}
		})
	}
}

// The bytes of a line are forwarded in runs; a head moved since it was parsed must not show.
func TestForwardedHeadDependsOnTheParsedBytesOnly(t *testing.T) {
	lim := DefaultLimits()
	head := "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n"
	var p Parser
	var r Request
	for i := range head {
		moved := []byte(strings.Repeat("#", i) + head[:i+1])[i:]
		if n, err := p.Request(moved, &lim, &r); err != nil || n != 0 && i+1 < len(head) {
			t.Fatal(n, err)
		}
	}
	want := "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nVia: 1.1 ktcpvs\r\n\r\n"
	if got := string(AppendRequest(nil, &r, &Forward{KeepAlive: true, Via: "ktcpvs"})); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
