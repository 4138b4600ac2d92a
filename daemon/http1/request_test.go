package http1

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// parsed is what a parse came to, without aliases.
type parsed[M any] struct {
	message M
	n       int
	err     error
}

// parseRequest feeds input in pieces of the given size (0: at once), each time at another address.
func parseRequest(input string, piece int, lim *Limits) (p parsed[Request]) {
	var parser Parser
	for fed := start(piece, len(input)); ; fed = min(fed+piece, len(input)) {
		p.message = Request{}
		p.n, p.err = parser.Request([]byte(input[:fed]), lim, &p.message)
		if p.n > 0 || p.err != nil || fed == len(input) {
			// What only tells how the bytes are held differs between calls.
			p.message.head, p.message.made = nil, nil
			return p
		}
	}
}

func start(piece, length int) int {
	if piece == 0 {
		return length
	}
	return min(piece, length)
}

// request parses input whole, byte by byte, by seven bytes and with another request behind it, and fails the
// test if that makes a difference.
func request(t *testing.T, input string) (*Request, int, error) {
	t.Helper()
	lim := DefaultLimits()
	whole := parseRequest(input, 0, &lim)
	for _, piece := range []int{1, 7} {
		if got := parseRequest(input, piece, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q\nwhole: %d %v %+v\nby %d: %d %v %+v", input, whole.n, whole.err, whole.message, piece, got.n, got.err, got.message)
		}
	}
	if whole.n > 0 || whole.err != nil {
		if got := parseRequest(input+"GET /next HTTP/1.1\r\n\r\n", 0, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q: trailing data changes %d %v to %d %v", input, whole.n, whole.err, got.n, got.err)
		}
	}
	return &whole.message, whole.n, whole.err
}

func sameOutcome[M any](a, b parsed[M]) bool {
	if a.n != b.n || a.err != b.err {
		return false
	}
	return a.n == 0 || reflect.DeepEqual(a.message, b.message)
}

const host = "Host: a\r\n"

// refusedRequests are what may never reach a server, and why.
var refusedRequests = []struct {
	name, input string
	want        fault
}{
	{"a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00", tlsHello},
	{"an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", otherVersion},
	{"HTTP/0.9", "GET /\r\n", noVersion},
	{"HTTP/0.9 by its number", "GET / HTTP/0.9\r\n", otherVersion},
	{"HTTP/1.2", "GET / HTTP/1.2\r\n", otherVersion},
	{"HTTP/3", "GET / HTTP/3.0\r\n", otherVersion},
	{"a version of two digits", "GET / HTTP/1.10\r\n", badVersion},
	{"a version in lower case", "GET / http/1.1\r\n", badVersion},
	{"a blank after the version", "GET / HTTP/1.1 \r\n", badVersion},
	{"a blank before the method", " GET / HTTP/1.1\r\n", blankFirst},
	{"a tab before the method", "\tGET / HTTP/1.1\r\n", blankFirst},
	{"a tab after the method", "GET\t/ HTTP/1.1\r\n", notHTTP},
	{"two blanks after the method", "GET  / HTTP/1.1\r\n", badTarget},
	{"two blanks after the target", "GET /  HTTP/1.1\r\n", badVersion},
	{"a blank in the target", "GET /a b HTTP/1.1\r\n", badVersion},
	{"a method that is no token", "G@T / HTTP/1.1\r\n", notHTTP},
	{"a method without end", strings.Repeat("A", maxMethod+1), methodTooLong},
	{"a bare LF before the request line", "\nGET / HTTP/1.1\r\n", notHTTP},
	{"two empty lines before the request line", "\r\n\r\nGET / HTTP/1.1\r\n", notHTTP},
	{"a bare CR before the request line", "\rGET / HTTP/1.1\r\n", bareCR},
	{"a bare LF after the request line", "GET / HTTP/1.1\nHost: a\n\n", bareLF},
	{"a bare CR after the request line", "GET / HTTP/1.1\rHost: a\r\r", bareCR},
	{"NUL in the target", "GET /\x00 HTTP/1.1\r\n", badTarget},
	{"DEL in the target", "GET /\x7f HTTP/1.1\r\n", badTarget},
	{"a byte above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\n", badTarget},
	{"a fragment in the target", "GET /a#b HTTP/1.1\r\n", badTarget},

	{"a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", foldedField},
	{"a folded field", "GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", foldedField},
	{"a folded field, by tab", "GET / HTTP/1.1\r\n" + host + "A: b\r\n\tc\r\n\r\n", foldedField},
	{"a blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", blankBeforeColon},
	{"a tab before the colon", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", blankBeforeColon},
	{"a field without colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", badFieldName},
	{"a field without name", "GET / HTTP/1.1\r\n: a\r\n\r\n", badFieldName},
	{"a name that is no token", "GET / HTTP/1.1\r\nHo(st: a\r\n\r\n", badFieldName},
	{"NUL in a name", "GET / HTTP/1.1\r\nHo\x00st: a\r\n\r\n", badFieldName},
	{"a byte above ASCII in a name", "GET / HTTP/1.1\r\nHo\xffst: a\r\n\r\n", badFieldName},
	{"NUL in a value", "GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", badFieldValue},
	{"a control byte in a value", "GET / HTTP/1.1\r\nA: 12345678\x0b\r\n\r\n", badFieldValue},
	{"DEL in a value", "GET / HTTP/1.1\r\nA: \x7f\r\n\r\n", badFieldValue},
	{"a bare CR in a value", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", bareCR},
	{"a bare LF after a value", "GET / HTTP/1.1\r\nHost: a\n\r\n", bareLF},
	{"a bare LF after a name", "GET / HTTP/1.1\r\nHost\n\r\n", bareLF},
	{"a bare LF for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", bareLF},
	{"a bare CR for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX", bareCR},

	{"no Host", "GET / HTTP/1.1\r\n\r\n", noHost},
	{"no Host with an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", noHost},
	{"two Hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", severalHosts},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + host + host + "\r\n", severalHosts},
	{"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", badHost},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", badHost},
	{"Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", badHost},
	{"Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", badHost},
	{"Host with a port out of range", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", badHost},
	{"Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", badHost},
	{"Host with a port only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", badHost},
	{"Host with a broken escape", "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n", badHost},
	{"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", badHost},
	{"Host with a name in brackets", "GET / HTTP/1.1\r\nHost: [abc]\r\n\r\n", badHost},
	{"Host other than the target's authority", "GET http://b/ HTTP/1.1\r\n" + host + "\r\n", hostMismatch},
	{"an empty Host with an absolute target", "GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n", hostMismatch},
	{"Host with another port than the target", "GET http://a:81/ HTTP/1.1\r\n" + host + "\r\n", hostMismatch},
	{"an absolute target with userinfo", "GET http://u@a/ HTTP/1.1\r\n" + host + "\r\n", badAuthority},
	{"an absolute target without authority", "GET http:///a HTTP/1.1\r\n" + host + "\r\n", badAuthority},
	{"another scheme", "GET ftp://a/ HTTP/1.1\r\n" + host + "\r\n", badScheme},
	{"a relative target", "GET a/b HTTP/1.1\r\n" + host + "\r\n", targetForm},
	{"GET *", "GET * HTTP/1.1\r\n" + host + "\r\n", targetForm},
	{"GET of an authority", "GET a:80 HTTP/1.1\r\n" + host + "\r\n", targetForm},
	{"CONNECT to a path", "CONNECT / HTTP/1.1\r\n" + host + "\r\n", connectPort},
	{"CONNECT without a port", "CONNECT a HTTP/1.1\r\n" + host + "\r\n", connectPort},
	{"CONNECT with an empty port", "CONNECT a: HTTP/1.1\r\n" + host + "\r\n", connectPort},
	{"CONNECT elsewhere than Host", "CONNECT b:443 HTTP/1.1\r\n" + host + "\r\n", hostMismatch},

	{"repeated Content-Length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", severalLengths},
	{"conflicting Content-Length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", severalLengths},
	{"a list in Content-Length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5, 5\r\n\r\n", badLength},
	{"Content-Length with plus", "POST / HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\n", badLength},
	{"Content-Length with minus", "POST / HTTP/1.1\r\n" + host + "Content-Length: -5\r\n\r\n", badLength},
	{"Content-Length in hex", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x5\r\n\r\n", badLength},
	{"Content-Length with a blank inside", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5 5\r\n\r\n", badLength},
	{"an empty Content-Length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", badLength},
	{"Content-Length of 2^63", "POST / HTTP/1.1\r\n" + host + "Content-Length: 9223372036854775808\r\n\r\n", badLength},
	{"Content-Length with Transfer-Encoding", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", lengthAndCoding},
	{"Transfer-Encoding with Content-Length", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", lengthAndCoding},
	{"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", codingInHTTP10},
	{"chunked before another coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", chunkedNotLast},
	{"chunked twice", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n", chunkedNotLast},
	{"chunked in two fields", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", chunkedNotLast},
	{"no chunked at all", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n", chunkedNotLast},
	{"an obfuscated coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", chunkedNotLast},
	{"a coding unknown to us", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", unknownCoding},
	{"a coding in another field", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", unknownCoding},
	{"chunked in quotes", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \"chunked\"\r\n\r\n", badCoding},
	{"chunked with a parameter", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked;a=b\r\n\r\n", badCoding},
	{"an empty Transfer-Encoding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n", badCoding},
	{"an empty coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked,\r\n\r\n", badCoding},
	{"CONNECT with a body", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\n", bodyNotAllowed},
	{"TRACE with a body", "TRACE / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", bodyNotAllowed},
	{"a connection option that is no token", "GET / HTTP/1.1\r\n" + host + "Connection: a b\r\n\r\n", badConnection},
	{"many connection options", "GET / HTTP/1.1\r\n" + host + "Connection: " + strings.Repeat("a,", maxOptions+1) + "\r\n\r\n", manyOptions},
	{"another expectation", "POST / HTTP/1.1\r\n" + host + "Expect: 200-ok\r\n\r\n", badExpect},
	{"TRACE with a broken Max-Forwards", "TRACE / HTTP/1.1\r\n" + host + "Max-Forwards: x\r\n\r\n", badMaxForwards},
	{"OPTIONS with two Max-Forwards", "OPTIONS * HTTP/1.1\r\n" + host + "Max-Forwards: 1\r\nMax-Forwards: 2\r\n\r\n", badMaxForwards},
}

func TestRequestIsRefused(t *testing.T) {
	for _, c := range refusedRequests {
		t.Run(c.name, func(t *testing.T) {
			if _, n, err := request(t, c.input); n != 0 || err != &requestErrors[c.want] {
				t.Errorf("%q\ngot %d, %v\nwant %v", c.input, n, err, &requestErrors[c.want])
			}
		})
	}
}

// What the head can not become a request with is known at its first such byte.
func TestRequestIsRefusedAtTheByteThatShowsIt(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range []struct {
		input string
		at    int
	}{
		{"\x16\x03\x01\x02", 1},
		{"\x00", 1},
		{" GET / HTTP/1.1", 1},
		{"GET /a#b HTTP/1.1", 7},
		{"PRI * HTTP/2.0\r\n", 14},
		{"GET /\r\n", 6},
		{"GET / HTTP/1.1\r\nA b: c", 18},
		{"GET / HTTP/1.1\r\nA: b\x00c", 21},
		{"GET / HTTP/1.1\r\nA: b\r\n c", 23},
	} {
		if p := parseRequest(c.input[:c.at-1], 0, &lim); p.err != nil || p.n != 0 {
			t.Errorf("%q: refused before byte %d: %v", c.input, c.at, p.err)
		}
		if p := parseRequest(c.input[:c.at], 0, &lim); p.err == nil {
			t.Errorf("%q: not refused at byte %d", c.input, c.at)
		}
	}
}

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
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true, Upgrade: text("websocket")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
		{"GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", Request{Method: GET, URI: text("/")}},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo, H2C\r\nConnection: upgrade\r\n\r\n",
			Request{Method: GET, URI: text("/"), Host: text("a"), Minor: 1, KeepAlive: true}},
	} {
		got, n, err := request(t, c.input)
		if err != nil || n != len(c.input) {
			t.Errorf("%q: %d, %v", c.input, n, err)
			continue
		}
		if c.want.MaxForwards == 0 {
			c.want.MaxForwards = -1
		}
		got.Fields, got.MethodText, got.Target = nil, nil, nil
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

func TestResetForgetsABegunHead(t *testing.T) {
	lim := DefaultLimits()
	var p Parser
	var r Request
	if n, err := p.Request([]byte("GET /one HTTP/1.1\r\nHos"), &lim, &r); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	p.Reset()
	if n, err := p.Request([]byte("PUT /x HTTP/1.1\r\nHost: b\r\n\r\n"), &lim, &r); n == 0 || err != nil || string(r.Host) != "b" {
		t.Error(n, err, string(r.Host))
	}
}

// Each limit accepts what just fits and refuses one more, at the byte that is too many.
func TestLimitsOfAHead(t *testing.T) {
	line := "GET /aaaa HTTP/1.1\r\n"
	head := line + "Host: a\r\nA: 34567890\r\n\r\n"
	fits := Limits{Line: len(line), Head: len(head), Fields: 2}
	longField := strings.Replace(head, "34567890", "345678901234567890", 1)
	for _, c := range []struct {
		name, input string
		lim         Limits
		want        fault
		status      int
	}{
		{"all fit", head, fits, ok, 0},
		{"request line", head, Limits{Line: len(line) - 1, Head: 1000, Fields: 9}, lineTooLong, 414},
		{"field line", longField, Limits{Line: len(line), Head: 1000, Fields: 9}, fieldTooLong, 431},
		{"head", head, Limits{Line: len(line), Head: len(head) - 1, Fields: 9}, headTooLong, 431},
		{"fields", head, Limits{Line: len(line), Head: len(head), Fields: 1}, tooManyFields, 431},
	} {
		for _, piece := range []int{0, 1, 5} {
			p := parseRequest(c.input, piece, &c.lim)
			var refused *Error
			switch {
			case c.want == ok && (p.err != nil || p.n != len(c.input)):
				t.Errorf("%s by %d: %d, %v", c.name, piece, p.n, p.err)
			case c.want != ok && (p.err != &requestErrors[c.want] || !errors.As(p.err, &refused) || refused.Status != c.status):
				t.Errorf("%s by %d: %v, want %v", c.name, piece, p.err, &requestErrors[c.want])
			}
		}
	}
	endless := "GET /" + strings.Repeat("a", 100)
	lim := Limits{Line: 50, Head: 1000, Fields: 9}
	if p := parseRequest(endless[:50], 1, &lim); p.err != nil {
		t.Error("refused before the limit:", p.err)
	}
	if p := parseRequest(endless[:51], 1, &lim); p.err != &requestErrors[lineTooLong] {
		t.Error("an endless target is not refused at the limit:", p.err)
	}
}

// Feeding byte by byte costs no more than twice reading it: after every byte the parser stands at the end.
func TestParserLooksAtNoByteAgainWhileItWaits(t *testing.T) {
	lim := DefaultLimits()
	head := []byte(browserGET)
	var p Parser
	var r Request
	for i := 1; i < len(head); i++ {
		if n, err := p.Request(head[:i], &lim, &r); n != 0 || err != nil {
			t.Fatal(i, n, err)
		}
		// A CR waits for its LF; the method is read again.
		if p.stage != atStart && p.stage != inVersion && int(p.pos) < i-1 {
			t.Fatalf("after %d bytes the parser stands at %d", i, p.pos)
		}
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
