package http

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"ktcpvs/daemon/http1"
)

// forwarded is what the gateway sends to a server for the requests it finds complete in input, and what it
// takes them for.
func forwarded(input string) (stream string, messages []message) {
	lim := http1.DefaultLimits()
	var p http1.Parser
	var r http1.Request
	b := []byte(input)
	for {
		n, err := p.Request(b, &lim, &r)
		if n == 0 || err != nil || r.Method == http1.CONNECT {
			return stream, messages
		}
		m := message{start: string(r.MethodText) + " " + string(r.URI)}
		out := http1.AppendRequest(nil, &r, &http1.Forward{KeepAlive: true, Via: "ktcpvs"})
		b = b[n:]
		switch r.Body {
		case http1.LengthBody:
			if r.Length > int64(len(b)) {
				return stream, messages
			}
			m.body = string(b[:r.Length])
			out, b = append(out, m.body...), b[r.Length:]
		case http1.ChunkedBody:
			var c http1.Chunked
			for token := http1.NeedMore; token != http1.End; {
				if n, token, err = c.Next(b, &lim); err != nil || token == http1.NeedMore {
					return stream, messages
				}
				switch {
				case token == http1.SizeLine && !c.Canonical():
					out = http1.AppendSizeLine(out, c.Remaining())
				case c.Canonical():
					out = append(out, b[:n]...)
				}
				if token == http1.Data {
					m.body += string(b[:n])
				}
				b = b[n:]
			}
		}
		stream += string(out)
		messages = append(messages, m)
		if !r.KeepAlive {
			return stream, messages
		}
	}
}

// What the gateway forwards is, to the parser of net/http, the same messages with the same bodies. That one may
// refuse more: it checks escapes in paths, for instance.
func FuzzForwardedStreamMeansTheSameToNetHTTP(f *testing.F) {
	for _, seed := range []string{
		"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhelloGET /b HTTP/1.0\r\n\r\n",
		"PUT http://a:80?x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: x, close\r\nX:1\r\n\r\n05;a=b\r\nhello\r\n0\r\nT: u\r\nHost: b\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\nMax-Forwards: 2\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
	} {
		f.Add(seed)
	}
	for _, v := range loadVectors(f) {
		if !v.response {
			f.Add(v.input)
		}
	}
	f.Fuzz(func(t *testing.T, input string) {
		stream, messages := forwarded(input)
		reader := bufio.NewReader(strings.NewReader(stream))
		for i, want := range messages {
			r, err := http.ReadRequest(reader)
			if err != nil {
				return // it refuses, and so closes
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatalf("%q was forwarded as %q: body %d: %v", input, stream, i, err)
			}
			if got := (message{start: r.Method + " " + r.RequestURI, body: string(body)}); got.start != want.start || got.body != want.body {
				t.Fatalf("%q was forwarded as %q\nmessage %d is taken for %+v\nwant %+v", input, stream, i, got, want)
			}
		}
		if rest, _ := io.ReadAll(reader); len(rest) > 0 {
			t.Fatalf("%q was forwarded as %q, in which another message begins: %q", input, stream, rest)
		}
	})
}
