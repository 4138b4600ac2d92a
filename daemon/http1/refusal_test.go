package http1

import (
	"strings"
	"testing"
)

const host = "Host: a\r\n"

// refusedRequests are what may never reach a server, and why.
var refusedRequests = []struct {
	name, input string
	want        fault
}{
	{"a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00", tlsHello},
	{"an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", otherVersion},
	{"a PROXY protocol line", "PROXY TCP4 192.0.2.1 192.0.2.2 1024 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", badVersion},
	{"a PROXY protocol line of no address", "PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", noVersion},
	{"a PROXY protocol header", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x04\x00\x00\x50GET / HTTP/1.1\r\nHost: a\r\n\r\n", notHTTP},
	{"an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n", notHTTP},
	{"HTTP/0.9", "GET /\r\n", noVersion},
	{"HTTP/0.9 by its number", "GET / HTTP/0.9\r\n", otherVersion},
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
	{"Hosts with a comma between", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", badHost},
	{"Host with a path of digits", "GET / HTTP/1.1\r\nHost: a/80\r\n\r\n", badHost},
	{"Host with digits after a bracket", "GET / HTTP/1.1\r\nHost: [::1]80\r\n\r\n", badHost},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", badHost},
	{"Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", badHost},
	{"Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", badHost},
	{"Host with a port out of range", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", badHost},
	{"Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", badHost},
	{"Host with a port only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", badHost},
	{"Host with a broken escape", "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n", badHost},
	{"Host that is no IPv6 address", "GET / HTTP/1.1\r\nHost: [:::1]\r\n\r\n", badHost},
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
	{"a Content-Length behind one of 0", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", severalLengths},
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
	{"OPTIONS with an empty Max-Forwards", "OPTIONS * HTTP/1.1\r\n" + host + "Max-Forwards:\r\n\r\n", badMaxForwards},
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
