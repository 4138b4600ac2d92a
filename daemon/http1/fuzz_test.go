package http1

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A request is the same whole and in any pieces, and means the same after it was written for the next server.
func FuzzRequest(f *testing.F) {
	for _, c := range refusedRequests {
		f.Add(c.input, uint8(3))
	}
	for _, head := range []string{wrkGET, curlGET, browserGET,
		"POST http://a:80?x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: x\r\nX:1\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nMax-Forwards: 2\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
	} {
		f.Add(head, uint8(7))
	}
	lim := Limits{Line: 200, Head: 800, Fields: 12, ChunkExt: 16, Trailer: 64}
	f.Fuzz(func(t *testing.T, input string, piece uint8) {
		whole := parseRequest(input, 0, &lim)
		if pieces := parseRequest(input, int(piece)+1, &lim); !sameOutcome(whole, pieces) {
			t.Fatalf("%q by %d\nwhole  %d %v %+v\npieces %d %v %+v", input, int(piece)+1, whole.n, whole.err, whole.message, pieces.n, pieces.err, pieces.message)
		}
		if whole.n == 0 {
			return
		}
		var p Parser
		var r Request
		p.Request([]byte(input), &lim, &r)
		forward := Forward{KeepAlive: r.KeepAlive, Upgrade: r.Upgrade}
		written := AppendRequest(nil, &r, &forward)
		wide := Limits{Line: 1000, Head: 2000, Fields: 20}
		again := parseRequest(string(written), 0, &wide)
		if again.err != nil || again.n != len(written) {
			t.Fatalf("%q was written as %q: %d %v", input, written, again.n, again.err)
		}
		if a, b := meaning(&r), meaning(&again.message); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q was written as %q\nbefore %+v\nafter  %+v", input, written, a, b)
		}
	})
}

// requestMeaning is what must survive forwarding.
type requestMeaning struct {
	method, uri, host, upgrade string
	body                       Body
	length                     int64
	keepAlive, expect          bool
	fields                     []string
}

func meaning(r *Request) requestMeaning {
	m := requestMeaning{
		method: string(r.MethodText), uri: string(r.URI), host: string(r.Host), upgrade: string(r.Upgrade),
		body: r.Body, length: r.Length, keepAlive: r.KeepAlive, expect: r.Expect100 && r.Length != 0,
	}
	for _, f := range r.Fields {
		if f.Kind == OtherField || f.Kind == Cookie || f.Kind == Trailer {
			m.fields = append(m.fields, string(f.Name)+": "+string(f.Value))
		}
	}
	return m
}

// A response is the same whole and in any pieces, and frames the same body after it was written for the client.
func FuzzResponse(f *testing.F) {
	f.Add(nginx200, uint8(1), uint8(5))
	f.Add("HTTP/1.0 404\r\n\r\n", uint8(2), uint8(1))
	f.Add("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", uint8(1), uint8(1))
	f.Add("HTTP/1.1 304 S\r\nContent-Length: 5\r\nDate: x\r\nSet-Cookie: a\r\n\r\n", uint8(7), uint8(2))
	f.Add("HTTP/1.0 100 000\n0: 00\n 0\r\n\n", uint8(GET), uint8(23))
	for _, c := range oddResponses {
		f.Add(c.input, uint8(1), uint8(3))
	}
	lim := Limits{Line: 200, Head: 800, Fields: 12}
	f.Fuzz(func(t *testing.T, input string, method, piece uint8) {
		m := Method(method) % (PATCH + 1)
		whole, pieces := parseResponse(input, 0, m, &lim), parseResponse(input, int(piece)+1, m, &lim)
		for _, fields := range [][]Field{whole.message.Fields, pieces.message.Fields} {
			for i := range fields {
				fields[i].start, fields[i].end = 0, 0 // once unfolded, a line is one that may be copied
			}
		}
		if !sameOutcome(whole, pieces) {
			t.Fatalf("%q by %d\nwhole  %d %v %+v\npieces %d %v %+v", input, int(piece)+1, whole.n, whole.err, whole.message, pieces.n, pieces.err, pieces.message)
		}
		if whole.n == 0 {
			return
		}
		var p Parser
		var r Response
		p.Response([]byte(input), &lim, m, &r)
		forward := Forward{KeepAlive: r.KeepAlive, Minor: 1, Chunked: r.Body == ChunkedBody}
		if r.Status == 101 {
			forward.Upgrade = r.Upgrade
		}
		written := AppendResponse(nil, &r, &forward)
		lines := strings.Split(strings.TrimSuffix(string(written), "\r\n\r\n"), "\r\n")
		for i, line := range lines {
			name, _, colon := strings.Cut(line, ":")
			if strings.ContainsAny(line, "\x00\r\n") || i > 0 && (!colon || name == "" || tokenEnd([]byte(name), 0) < len(name)) {
				t.Fatalf("%q was written as %q: line %q", input, written, line)
			}
		}
		wide := Limits{Line: 1000, Head: 2000, Fields: 20}
		again := parseResponse(string(written), 0, m, &wide)
		q := &again.message
		if again.err != nil || again.n != len(written) || q.Status != r.Status || q.Body != r.Body || q.Length != r.Length ||
			q.Tunnel != r.Tunnel || !r.Tunnel && r.Status >= 200 && q.KeepAlive != r.KeepAlive {
			t.Fatalf("%q was written as %q\nbefore %+v\nafter  %d %v %+v", input, written, r, again.n, again.err, *q)
		}
	})
}

// A chunked body is the same whole and in any pieces, and has the same payload after it was passed on: canonical
// tokens as they are, others written anew.
func FuzzChunked(f *testing.F) {
	for _, body := range []string{"0\r\n\r\n", "5\r\nhello\r\n0\r\nA: b\r\nHost: c\r\n\r\n", "0a;b=\"c\\\"\";d\r\n0123456789\r\n00\r\n\r\n", "8000000000000000\r\n", "5 \r\n"} {
		f.Add(body, uint8(2))
	}
	lim := Limits{ChunkExt: 16, Trailer: 64}
	f.Fuzz(func(t *testing.T, body string, piece uint8) {
		tokens, left, err := chunkTokens(body, 0, &lim)
		got, rest, e := chunkTokens(body, int(piece)+1, &lim)
		// What is not decided may have been told in fewer tokens, never in others.
		if got != tokens || e != err || rest != left {
			t.Fatalf("%q by %d\nwhole  %q left %q %v\npieces %q left %q %v", body, int(piece)+1, tokens, left, err, got, rest, e)
		}
		payload, passedOn, complete := passOn([]byte(body), &lim)
		if !complete {
			return
		}
		again, same, ended := passOn(passedOn, &lim)
		if !ended || !bytes.Equal(again, payload) || !bytes.Equal(same, passedOn) {
			t.Fatalf("%q was passed on as %q, with payload %q instead of %q", body, passedOn, again, payload)
		}
		if strings.Contains(strings.ToLower(string(passedOn)), "\nhost:") && !bytes.Contains(bytes.ToLower(payload), []byte("\nhost:")) {
			t.Fatalf("%q: a forbidden trailer was passed on: %q", body, passedOn)
		}
	})
}

// FuzzChunkedOfAServer is FuzzChunked with what is overlooked of a server: what is passed on is read by a strict reader.
func FuzzChunkedOfAServer(f *testing.F) {
	for _, c := range oddChunks {
		f.Add(c.body, uint8(2))
	}
	lim := Limits{ChunkExt: 16, Trailer: 64}
	f.Fuzz(func(t *testing.T, body string, piece uint8) {
		tokens, left, err := chunkTokensOf(Chunked{loose: true}, body, 0, &lim)
		got, rest, e := chunkTokensOf(Chunked{loose: true}, body, int(piece)+1, &lim)
		if got != tokens || e != err || rest != left {
			t.Fatalf("%q by %d\nwhole  %q left %q %v\npieces %q left %q %v", body, int(piece)+1, tokens, left, err, got, rest, e)
		}
		payload, passedOn, complete := passOnFrom(Chunked{loose: true}, []byte(body), &lim)
		if !complete {
			return
		}
		wide := Limits{ChunkExt: 16, Trailer: 256}
		if again, same, ended := passOn(passedOn, &wide); !ended || !bytes.Equal(again, payload) || !bytes.Equal(same, passedOn) {
			if _, trailer, _ := bytes.Cut(passedOn, []byte("0\r\n")); bytes.ContainsFunc(trailer, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				return // a control character in a trailer's value
			}
			t.Fatalf("%q was passed on as %q, with payload %q instead of %q", body, passedOn, again, payload)
		}
	})
}

// passOn reads a chunked body as the gateway does.
func passOn(body []byte, lim *Limits) (payload, passedOn []byte, complete bool) {
	return passOnFrom(Chunked{}, body, lim)
}

func passOnFrom(c Chunked, body []byte, lim *Limits) (payload, passedOn []byte, complete bool) {
	for {
		n, token, err := c.Next(body, lim)
		if err != nil || token == NeedMore {
			return payload, passedOn, false
		}
		switch {
		case token == SizeLine && !c.Canonical():
			passedOn = AppendSizeLine(passedOn, c.Remaining())
		case c.Bare():
			passedOn = append(append(passedOn, body[:n-1]...), "\r\n"...)
		case c.Canonical():
			passedOn = append(passedOn, body[:n]...)
		}
		if token == Data {
			payload = slices.Concat(payload, body[:n])
		}
		if body = body[n:]; token == End {
			return payload, passedOn, true
		}
	}
}
