package differential

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The oracle is as good as what it is held to: by hand here, and to net/http
// below.
func TestOracleReadsWhatTheBytesMean(t *testing.T) {
	const host = "Host: h\r\n"
	for text, want := range map[string]string{
		"GET /a HTTP/1.1\r\n" + host + "\r\n":                                                                      "GET /a h 0|all read",
		"\r\nGET /a HTTP/1.1\r\n" + host + "\r\n":                                                                  "GET /a h 0|all read",
		"GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "\r\n":                                   "GET /a h 0|GET /b h 0|all read",
		"GET /a HTTP/1.1\r\n" + host:                                                                               "incomplete",
		"GET /a HTTP/1.1\n" + host + "\r\n":                                                                        "no request line",
		"GET  /a HTTP/1.1\r\n" + host + "\r\n":                                                                     "no request line",
		"GET /a HTTP/1.1\r\n\r\n":                                                                                  "no Host",
		"GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n":                                                           "GET /a  0|closing",
		"GET /a HTTP/1.1\r\nConnection: x, close\r\n" + host + "\r\nmore":                                          "GET /a h 0|closing",
		"GET /a HTTP/1.1\r\n" + host + "Host: h\r\n\r\n":                                                           "several Hosts",
		"GET /a HTTP/1.1\r\n" + host + " X: y\r\n\r\n":                                                             "no field line",
		"GET /a HTTP/1.1\r\n" + host + "X : y\r\n\r\n":                                                             "no field line",
		"GET /a HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n":                                                           "no field line",
		"GET /a HTTP/1.1\r\n" + host + "X: a\nb: c\r\n\r\n":                                                        "no field line",
		"GET http://H:80?q HTTP/1.1\r\n" + host + "\r\n":                                                           "GET /?q H:80 0|all read",
		"GET http://other/ HTTP/1.1\r\n" + host + "\r\n":                                                           "Host contradicts the target",
		"OPTIONS * HTTP/1.1\r\n" + host + "Max-Forwards: 0\r\n\r\n":                                                "OPTIONS * h 0 answered|all read",
		"POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabcX":                                            "POST /a h 3|incomplete",
		"POST /a HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nabc":                                             "POST /a h 3 part|incomplete",
		"POST /a HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc":                                            "no length in Content-Length",
		"POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc":                        "several Content-Lengths",
		"POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":         "both Transfer-Encoding and Content-Length",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n":                             "a transfer coding other than chunked",
		"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                                          "Transfer-Encoding in HTTP/1.0",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":                  "POST /a h 3|all read",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;x=\";\"\r\nabc\r\n00\r\nT: u\r\n\r\n": "POST /a h 3|all read",
		"POST /a HTTP/1.1\r\n" + host + "Connection: T\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: u\r\n\r\n":     "POST /a h 0|all read",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n":                "POST /a h 0 part|no chunk size",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n":                    "POST /a h 0 part|no chunk size",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n":                 "POST /a h 3 part|no line end after a chunk's data",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc":               "POST /a h 0 part|a chunk size that overflows",
		"POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n T: u\r\n\r\n":                     "POST /a h 0 part|no field line in the trailer",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                                                         "no request line",
		"GET /a\r\n\r\n":                                                                                           "no request line",
	} {
		var b strings.Builder
		r := Read(text)
		for _, m := range r.Messages {
			fmt.Fprintf(&b, "%s %s %s %d", m.Method, m.Target, m.Host, len(m.Body))
			if !m.Whole {
				b.WriteString(" part")
			}
			if m.Answered {
				b.WriteString(" answered")
			}
			b.WriteString("|")
		}
		if got := b.String() + r.End; got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

// A second opinion: where net/http reads a message that the oracle reads too,
// it reads the same one.
func TestOracleAgreesWithNetHTTP(t *testing.T) {
	agreed, noOpinion := 0, 0
	for index := range uint64(5000) {
		c := Generate(2, index)
		text := c.Bytes
		for {
			m, rest, end := next(text)
			if m == nil || !m.Whole {
				break
			}
			reader := bufio.NewReader(strings.NewReader(text))
			r, err := http.ReadRequest(reader)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(r.Body)
			}
			if err != nil {
				noOpinion++
			} else {
				agreed++
				left, _ := io.ReadAll(reader)
				if r.Method != m.Method || string(body) != m.Body || string(left) != rest && end == "" {
					t.Fatalf("case %d: net/http reads %s with %d bytes of body and %d bytes behind it, the oracle %s and %d\n%q", index, r.Method, len(body), len(left), m, len(rest), text)
				}
			}
			if end != "" {
				break
			}
			text = rest
		}
	}
	if agreed < 10*noOpinion {
		t.Errorf("net/http has read %d messages of the oracle's, and refused %d", agreed, noOpinion)
	}
}
