package http1

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestRequestIsUnderstood(t *testing.T) {
	text := func(s string) []byte { return []byte(s) }
	for _, c := range []struct {
		input string
		want  Request
	}{
		{"GET /a?b=c HTTP/1.1\r\nHost: Ex.com:81\r\n\r\n",
			Request{Method: GET, URI: text("/a?b=c"), Host: text("Ex.com:81"), Minor: 1, KeepAlive: true}},
		{"\r\nget / HTTP/1.1\r\nhOST:\ta \r\n\r\n",
			Request{Method: OtherMethod, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.0\r\n\r\n", Request{Method: GET, URI: text("/")}},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Request{Method: GET, URI: text("/"), KeepAlive: true}},
		{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", Request{Method: GET, URI: text("/")}},
		{"GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n", Request{Method: GET, URI: text("/")}},
		{"GET / HTTP/1.1\r\nHost:\r\nConnection: , CLOSE\r\n\r\n", Request{Method: GET, URI: text("/"), Host: text(""), Minor: 1}},
		{"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("[2001:db8::1]:80"), Minor: 1, KeepAlive: true}},
		{"GET http://A.b/c?d HTTP/1.1\r\nHost: a.B:80\r\n\r\n",
			Request{Method: GET, URI: text("/c?d"), Host: text("A.b"), Minor: 1, KeepAlive: true}},
		{"GET HTTPS://a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a:443"), Minor: 1, KeepAlive: true}},
		{"GET http://a:?x HTTP/1.0\r\n\r\n", Request{Method: GET, URI: text("/?x"), Host: text("a:")}},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n",
			Request{Method: OPTIONS, URI: text("*"), Host: text("a"), Minor: 1, KeepAlive: true, MaxForwards: 3}},
		{"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n",
			Request{Method: OPTIONS, URI: text("*"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 99999999999999999999\r\n\r\n",
			Request{Method: TRACE, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, MaxForwards: 1<<31 - 1}},
		{"GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
			Request{Method: CONNECT, URI: text("a:443"), Host: text("a:443"), Minor: 1, KeepAlive: true}},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
			Request{Method: CONNECT, URI: text("a:443"), Host: text("a:443"), Minor: 1, KeepAlive: true}},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0042\r\nExpect: 100-Continue\r\n\r\n",
			Request{Method: POST, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Body: LengthBody, Length: 42, Expect100: true}},
		{"POST / HTTP/1.0\r\nContent-Length: 9223372036854775807\r\nExpect: what\r\n\r\n",
			Request{Method: POST, URI: text("/"), Body: LengthBody, Length: 1<<63 - 1}},
		{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\t CHUNKED \r\n\r\n",
			Request{Method: PUT, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Body: ChunkedBody, Length: -1}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: x, Upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, NoTrailers: true, Upgrade: text("websocket")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", Request{Method: GET, URI: text("/")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo/1.0, , bar\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("foo/1.0, bar")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo, h2c/1\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("foo")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: \"h2c\"\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo h2c\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo/\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo/1 2\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade:\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: te, cookie\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + strings.Repeat("a,", maxOptions) + "\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, NoTrailers: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: /1\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo\r\nUpgrade: bar\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("foo, bar")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo, H2C\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("foo")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("websocket")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c,,h2, h2c-14 , a b, h2x , http/1.1, HTTP, x/1.1, HTTP/2.0\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("h2x, x/1.1")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: H2, h2-14\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a")}},
		{"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"POST / HTTP/1.9\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
			Request{Method: POST, URI: text("/"), Host: text("a"), Minor: 1, Body: ChunkedBody, Length: -1}},
	} {
		got, n, err := request(t, c.input)
		if err != nil || n != len(c.input) {
			t.Errorf("%q: %d, %v", c.input, n, err)
			continue
		}
		if c.want.MaxForwards == 0 {
			c.want.MaxForwards = -1
		}
		got.Fields, got.MethodText, got.Target, got.upgrade = nil, nil, nil, nil
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%q\ngot  %+v\nwant %+v", c.input, *got, c.want)
		}
	}
}

func TestPipelinedRequestsAreFoundOneByOne(t *testing.T) {
	lim := DefaultLimits()
	input := []byte("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
	var p Parser
	var r Request
	for _, want := range []string{"/1", "/2", "/3"} {
		n, err := p.Request(input, &lim, &r)
		if err != nil || string(r.URI) != want {
			t.Fatalf("got %q, %v, want %q", r.URI, err, want)
		}
		input = input[n:]
	}
	if len(input) != 0 {
		t.Errorf("%q is left", input)
	}
}

func TestHeaderFindsFieldsByName(t *testing.T) {
	r, _, err := request(t, "GET / HTTP/1.1\r\nHost: a\r\nX-a: 1\r\nx-A: 2\r\nX-b: 3\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"1", "2"} {
		if v, found := r.Header("X-A", i); !found || !bytes.Equal(v, []byte(want)) {
			t.Errorf("X-A %d: %q, %v", i, v, found)
		}
	}
	if v, found := r.Header("x-a", 2); found {
		t.Errorf("a third X-A: %q", v)
	}
}

func TestMethodsMeanWhatTheRFCSays(t *testing.T) {
	safe := map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true}
	for _, name := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW"} {
		m := methodOf([]byte(name))
		if m.Safe() != safe[name] {
			t.Errorf("%s: safe %v", name, m.Safe())
		}
		if want := safe[name] || name == "PUT" || name == "DELETE"; m.Idempotent() != want {
			t.Errorf("%s: idempotent %v", name, m.Idempotent())
		}
		if (m == OtherMethod) != (name == "BREW") {
			t.Errorf("%s: taken for %d", name, m)
		}
	}
}
