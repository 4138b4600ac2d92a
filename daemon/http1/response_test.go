package http1

import (
	"reflect"
	"strings"
	"testing"
)

func parseResponse(input string, piece int, m Method, lim *Limits) (p parsed[Response]) {
	var parser Parser
	for fed := start(piece, len(input)); ; fed = min(fed+piece, len(input)) {
		p.message = Response{}
		p.n, p.err = parser.Response([]byte(input[:fed]), lim, m, &p.message)
		if p.n > 0 || p.err != nil || fed == len(input) {
			p.message.head, p.message.made = nil, nil
			return p
		}
	}
}

// response parses input whole, byte by byte, by seven bytes and with another response behind it, and fails the
// test if that makes a difference.
func response(t *testing.T, m Method, input string) (*Response, int, error) {
	t.Helper()
	lim := DefaultLimits()
	whole := parseResponse(input, 0, m, &lim)
	for _, piece := range []int{1, 7} {
		if got := parseResponse(input, piece, m, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q\nwhole: %d %v %+v\nby %d: %d %v %+v", input, whole.n, whole.err, whole.message, piece, got.n, got.err, got.message)
		}
	}
	if whole.n > 0 || whole.err != nil {
		if got := parseResponse(input+"HTTP/1.1 500 Next\r\n\r\n", 0, m, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q: trailing data changes %d %v to %d %v", input, whole.n, whole.err, got.n, got.err)
		}
	}
	return &whole.message, whole.n, whole.err
}

func TestResponseIsRefusedWith502(t *testing.T) {
	for _, c := range []struct {
		name, input string
		want        fault
	}{
		{"not HTTP", "SSH-2.0-x\r\n", notHTTP},
		{"a blank behind an empty line", "\r\n HTTP/1.1 200 OK\r\n\r\n", notHTTP},
		{"a bare CR first", "\rHTTP/1.1 200 OK\r\n\r\n", bareCR},
		{"a blank first", " HTTP/1.1 200 OK\r\n\r\n", notHTTP},
		{"HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n", otherVersion},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", otherVersion},
		{"a version of two digits", "HTTP/1.11 200 OK\r\n\r\n", badStatusLine},
		{"a code of two digits", "HTTP/1.1 20 OK\r\n\r\n", badStatusLine},
		{"a code of four digits", "HTTP/1.1 2000 OK\r\n\r\n", badStatusLine},
		{"a code below 100", "HTTP/1.1 099 OK\r\n\r\n", badStatusLine},
		{"a code with a sign", "HTTP/1.1 +20 OK\r\n\r\n", badStatusLine},
		{"NUL in the reason", "HTTP/1.1 200 O\x00K\r\n\r\n", badStatusLine},
		{"a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", bareCR},
		{"a form feed before the code", "HTTP/1.1\f200 OK\r\n\r\n", badStatusLine},
		{"no blank before the code", "HTTP/1.1200 OK\r\n\r\n", badStatusLine},
		{"no blank behind the code", "HTTP/1.1 200OK\r\n\r\n", badStatusLine},
		{"no code", "HTTP/1.1\r\n\r\n", badStatusLine},
		{"a blank before the first field", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", foldedField},
		{"a line of blanks", "HTTP/1.1 200 OK\r\nA: b\r\n \t\r\nContent-Length: 5\r\n\r\n", foldedField},
		{"a line of blanks, by LF", "HTTP/1.1 200 OK\nA: b\n \nContent-Length: 5\n\n", foldedField},
		{"a blank in a name", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", blankBeforeColon},
		{"a blank behind a name, and no colon", "HTTP/1.1 200 OK\r\nA \r\n\r\n", blankBeforeColon},
		{"a line without colon", "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n", badFieldName},
		{"no name", "HTTP/1.1 200 OK\r\n: a\r\n\r\n", badFieldName},
		{"no name, but a blank", "HTTP/1.1 200 OK\r\nA: b\r\n : a\x00\r\n\r\n", badFieldValue},
		{"a byte above ASCII in a name", "HTTP/1.1 200 OK\r\n\xff: a\r\n\r\n", badFieldName},
		{"a bare CR in a value", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", bareCR},
		{"a CR too many", "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", bareCR},
		{"a bare CR for the empty line", "HTTP/1.1 200 OK\r\nA: b\r\n\rX", bareCR},
		{"NUL in a value", "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", badFieldValue},
		{"a Content-Length behind one of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", severalLengths},
		{"a list of lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n", severalLengths},
		{"lists of lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2, 3\r\n\r\n", severalLengths},
		{"an empty length in a list", "HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\n", badLength},
		{"an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", badLength},
		{"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n", badLength},
		{"a length with a blank", "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\n", badLength},
		{"a length with a control character", "HTTP/1.1 200 OK\r\nContent-Length: \x0b2\r\n\r\n", badLength},
		{"a length folded in two", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 3\r\n\r\n", badLength},
		{"a length of 2^63", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", badLength},
		{"a coding with a control character", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n", badCoding},
		{"a coding folded in two", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chu\r\n nked\r\n\r\n", badCoding},
		{"chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", chunkedNotLast},
		{"identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", chunkedNotLast},
		{"two framings, one with a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\nTransfer-Encoding\t: chunked\r\n\r\n", lengthAndCoding},
		{"101 to more than may pass", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n", switchToNothing},
		{"broken Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 1a\r\n\r\n", badLength},
		{"two framings", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", lengthAndCoding},
		{"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", codingInHTTP10},
		{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", unknownCoding},
		{"chunked not last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", chunkedNotLast},
		{"100 with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n", bodyIn1xx},
		{"103 with chunks", "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", bodyIn1xx},
		{"101 to nothing", "HTTP/1.1 101 Switching Protocols\r\n\r\n", switchToNothing},
		{"101 to h2c", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", switchToNothing},
		{"101 to HTTP", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: HTTP/2.0\r\n\r\n", switchToNothing},
		{"101 of HTTP/1.0 to h2c", "HTTP/1.0 101 Switching Protocols\r\nUpgrade: x, h2c\r\n\r\n", switchToNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, n, err := response(t, GET, c.input)
			if n != 0 || err != &responseErrors[c.want] || responseErrors[c.want].Status != 502 {
				t.Errorf("%q\ngot %d, %v\nwant %v", c.input, n, err, &responseErrors[c.want])
			}
		})
	}
}

func TestResponseIsUnderstood(t *testing.T) {
	text := func(s string) []byte { return []byte(s) }
	for _, c := range []struct {
		method Method
		input  string
		want   Response
	}{
		{GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Body: LengthBody, Length: 5, KeepAlive: true}},
		{GET, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
			Response{Status: 200, Reason: text(""), Minor: 1, Body: LengthBody, KeepAlive: true}},
		{GET, "HTTP/1.1 500 Oh\tn\xc3\xb6 \r\ntransfer-encoding: chunked\r\n\r\n",
			Response{Status: 500, Reason: text("Oh\tn\xc3\xb6"), Minor: 1, Body: ChunkedBody, Length: -1, KeepAlive: true}},
		{GET, "HTTP/1.1 200 OK\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Body: CloseBody, Length: -1}},
		{GET, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Body: LengthBody, Length: 1}},
		{GET, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Body: LengthBody, Length: 1}},
		{GET, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Body: LengthBody, Length: 1, KeepAlive: true}},
		{GET, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Body: LengthBody, Length: 1, KeepAlive: true, SetsCookie: true}},
		{HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Length: 5, KeepAlive: true}},
		{HEAD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Length: -1, KeepAlive: true}},
		{HEAD, "HTTP/1.1 200 OK\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Length: -1, KeepAlive: true}},
		{GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 304, Reason: text("Not Modified"), Minor: 1, Length: 5, KeepAlive: true}},
		{GET, "HTTP/1.1 204 No Content\r\n\r\n",
			Response{Status: 204, Reason: text("No Content"), Minor: 1, Length: -1, KeepAlive: true}},
		{GET, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 204, Reason: text("No Content"), Minor: 1, Length: -1}},
		{GET, "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
			Response{Status: 204, Reason: text("No Content"), Minor: 1, Length: -1}},
		{GET, "HTTP/1.1 100 Continue\r\n\r\n",
			Response{Status: 100, Reason: text("Continue"), Minor: 1, Length: -1, KeepAlive: true}},
		{GET, "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
			Response{Status: 100, Reason: text("Continue"), Minor: 1, Length: -1, KeepAlive: true}},
		{GET, "HTTP/1.1 200 OK\r\nConnection: x-mine\r\nContent-Length: 1\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Body: LengthBody, Length: 1, KeepAlive: true, NoTrailers: true}},
		{GET, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
			Response{Status: 101, Reason: text("Switching Protocols"), Minor: 1, Length: -1, Tunnel: true, Upgrade: text("websocket")}},
		{GET, "HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			Response{Status: 101, Reason: text("Switching Protocols"), Minor: 0, Length: -1, Tunnel: true, Upgrade: text("websocket")}},
		{GET, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			Response{Status: 101, Reason: text("Switching Protocols"), Minor: 1, Length: -1, Tunnel: true, Upgrade: text("websocket")}},
		{CONNECT, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 200, Reason: text("OK"), Minor: 1, Length: -1, Tunnel: true}},
		{CONNECT, "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n",
			Response{Status: 403, Reason: text("Forbidden"), Minor: 1, Body: LengthBody, Length: 5, KeepAlive: true}},
	} {
		got, n, err := response(t, c.method, c.input)
		if err != nil || n != len(c.input) {
			t.Errorf("%q: %d, %v", c.input, n, err)
			continue
		}
		got.Fields = nil
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%q\ngot  %+v\nwant %+v", c.input, *got, c.want)
		}
	}
}

func TestResponseIsRefusedAtTheByteThatShowsIt(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range []struct {
		input string
		at    int
	}{{"SSH-2.0", 1}, {"HTTP/2.0", 6}, {"HTTP/1.1 0", 10}, {"HTTP/1.1 2000", 13}, {"HTTP/1.1  2x", 12}, {"\r\n\nS", 4}, {"HTTP/1.1 200 OK\nA : b\x00", 22}, {"HTTP/1.1 200 O\x00", 15}} {
		if p := parseResponse(c.input[:c.at-1], 0, GET, &lim); p.err != nil || p.n != 0 {
			t.Errorf("%q: refused before byte %d: %v", c.input, c.at, p.err)
		}
		if p := parseResponse(c.input[:c.at], 0, GET, &lim); p.err == nil {
			t.Errorf("%q: not refused at byte %d", c.input, c.at)
		}
	}
}

func TestLimitsOfAResponseAnswer502(t *testing.T) {
	lim := Limits{Line: 40, Head: 100, Fields: 2}
	for _, c := range []struct {
		input string
		want  fault
	}{
		{"HTTP/1.1 200 " + strings.Repeat("a", 40), lineTooLong},
		{"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 40), fieldTooLong},
		{"HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", tooManyFields},
		{"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("a", 35)+"\r\n", 3), headTooLong},
	} {
		for _, piece := range []int{0, 1} {
			if p := parseResponse(c.input, piece, GET, &lim); p.err != &responseErrors[c.want] {
				t.Errorf("%q by %d: %v, want %v", c.input, piece, p.err, &responseErrors[c.want])
			}
		}
	}
}

// A loop reads every response into the same memory.
func TestAResponseKeepsNothingOfTheOneBefore(t *testing.T) {
	lim := DefaultLimits()
	plain := "HTTP/1.1 200 OK\r\n\r\n"
	want := parseResponse(plain, 0, GET, &lim)
	for _, before := range []string{
		"HTTP/1.1 101 Switch\r\nConnection: upgrade, x-mine\r\nUpgrade: x\r\nSet-Cookie: a=b\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n",
	} {
		var p Parser
		var got Response
		for _, input := range []string{before, plain} {
			if n, err := p.Response([]byte(input), &lim, GET, &got); err != nil || n != len(input) {
				t.Fatalf("%q: %d, %v", input, n, err)
			}
		}
		got.head, got.made, got.Fields = nil, nil, nil
		want.message.Fields = nil
		if !reflect.DeepEqual(got, want.message) {
			t.Errorf("behind %q\ngot  %+v\nwant %+v", before, got, want.message)
		}
	}
}
