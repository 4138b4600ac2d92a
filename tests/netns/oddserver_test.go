package netns

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// Servers whose responses are odd: what has one meaning reaches the client well written, anything else is 502.

const okay = "HTTP/1.1 200 OK\r\n"

// oddAnswers are responses that have one meaning, whose body is "hello", and a line that the client gets of the head.
var oddAnswers = map[string]struct{ says, line string }{
	"bare LF":                            {"HTTP/1.1 200 OK\nX: y\nContent-Length: 5\n\nhello", "X: y"},
	"bare LF for the empty line":         {okay + "X:y\r\nContent-Length: 5\n\nhello", "X: y"},
	"an empty line first":                {"\r\n" + okay + "Content-Length: 5\r\n\r\nhello", ""},
	"two blanks before the status":       {"HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello", ""},
	"no reason":                          {"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", ""},
	"a later minor version":              {"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello", ""},
	"the same length twice":              {okay + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5"},
	"a list of the same lengths":         {okay + "Content-Length: 5, 5\r\n\r\nhello", "Content-Length: 5"},
	"folded fields":                      {okay + "X: a\r\n b\r\n\tc\r\nContent-Length:\r\n 5\r\n\r\nhello", "X: a   b  \tc"},
	"control characters":                 {okay + "X: a\x01\x0b\x1f\x7fb\r\nContent-Length: 5\r\n\r\nhello", "X: a\x01\x0b\x1f\x7fb"},
	"blanks before the colon":            {okay + "X : y\r\nContent-Length \t: 5\r\n\r\nhello", "X: y"},
	"an option that is none":             {okay + "Connection: keep alive\r\nContent-Length: 5\r\n\r\nhello", ""},
	"blanks behind a chunk's size":       {okay + "Transfer-Encoding: chunked\r\n\r\n5   \r\nhello\r\n0 \t\r\n\r\n", "Transfer-Encoding: chunked"},
	"chunks by LF":                       {okay + "Transfer-Encoding: chunked\r\n\r\n2\nhe\n3\nllo\n0\n\n", "Transfer-Encoding: chunked"},
	"chunks with many zeros":             {okay + "Transfer-Encoding: chunked\r\n\r\n00000000000000000000005\r\nhello\r\n000\r\n\r\n", "Transfer-Encoding: chunked"},
	"control characters in an extension": {okay + "Transfer-Encoding: chunked\r\n\r\n5;\x01\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"},
	"folded trailers":                    {okay + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: a\r\n b\r\n\tc\r\nY: d\r\n\r\n", "Transfer-Encoding: chunked"},
	"empty codings":                      {okay + "Transfer-Encoding: ,chunked, \r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"},
	"a head and chunks by LF":            {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\nX-Trailer: z\n\n", "Transfer-Encoding: chunked"},
	"an extension of any text":           {okay + "Transfer-Encoding: chunked\r\n\r\n5 ; =@ x\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"},
	"a body until the end, by bare LF":   {"HTTP/1.0 200 OK\nX: y\n\nhello", "X: y"},
}

// brokenAnswers are responses that have no meaning, or two, by the field and the bytes that the log is to show of them.
var brokenAnswers = map[string]struct{ says, logged string }{
	"lengths that differ":             {okay + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", `field=Content-Length bytes=6`},
	"a list that differs":             {okay + "Content-Length: 5, 6\r\n\r\nhello!", `field=Content-Length bytes="5, 6"`},
	"length and coding":               {okay + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `field=Transfer-Encoding bytes=chunked`},
	"a length that is none":           {okay + "Content-Length: +5\r\n\r\nhello", `field=Content-Length bytes=+5`},
	"NUL in a value":                  {okay + "X-Nul: a\x00b\r\nContent-Length: 5\r\n\r\nhello", `field=X-Nul bytes="X-Nul: a%00b%0D%0A"`},
	"a bare CR in a value":            {okay + "X-Cr: a\rb\r\nContent-Length: 5\r\n\r\nhello", `field=X-Cr bytes="X-Cr: a%0Db%0D%0A"`},
	"a line of blanks":                {okay + "X: y\r\n \r\nContent-Length: 5\r\n\r\nhello", `bytes=" %0D%0A"`},
	"a line without colon":            {okay + "PHP Warning\r\nContent-Length: 5\r\n\r\nhello", `bytes="PHP Warning%0D%0A"`},
	"another major version":           {"HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", `bytes="HTTP/2.0 200 OK%0D%0A"`},
	"a coding that is unknown":        {okay + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", `field=Transfer-Encoding bytes="gzip, chunked"`},
	"a chunk's size that is none":     {okay + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", `bytes=0x5%0D%0Ahello`},
	"a chunk that is too long":        {okay + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n", `bytes=!%0D%0A0%0D%0A`},
	"a trailer with a line of blanks": {okay + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n \r\n\r\n", `bytes="X: y%0D%0A %0D%0A%0D%0A"`},
	"a trailer that is none":          {okay + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nno trailer\r\n\r\n", `bytes="no trailer%0D%0A`},
}

// sayings is a server that answers a request for a name, as its query, with what says says. It keeps its connections, but
// for answers that end with them.
func sayings(says func(name string) string) func(net.Conn) {
	return func(conn net.Conn) {
		for reader := bufio.NewReader(conn); ; {
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			answer := says(request.FormValue("name"))
			io.WriteString(conn, answer)
			if strings.HasPrefix(answer, "HTTP/1.0") {
				return
			}
		}
	}
}

func TestOddResponsesReachTheClientWellWritten(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", sayings(func(name string) string { return oddAnswers[name].says }))
		for i, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			s.Balancer.SetKnob("zerocopy_send", fmt.Sprint(i%2))
			s.serve(scheduler)
			for name, c := range oddAnswers {
				w := s.wire()
				w.Say("GET /?name=%s HTTP/1.1\nHost: x\nConnection: close\n\n", url.QueryEscape(name))
				all, err := w.Rest()
				w.Close()
				head, body, _ := strings.Cut(all, "\r\n\r\n")
				if err != nil || strings.Count(head, "\n") != strings.Count(head, "\r\n") || !strings.HasPrefix(head, "HTTP/1.1 200 ") ||
					!strings.Contains(head+"\r\n", "\r\n"+c.line) {
					t.Errorf("%s: a server that sends %s: the client got %q, %v; want 200, with %q", scheduler, name, all, err, c.line)
				}
				if strings.Contains(head, "chunked") {
					read, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(body)))
					if body = string(read); err != nil || strings.Count(all, "\n") != strings.Count(all, "\r\n") {
						t.Errorf("%s: a server that sends %s: the client got %q, %v", scheduler, name, all, err)
					}
				}
				if body != "hello" {
					t.Errorf("%s: a server that sends %s: the client got %q, of which the body is %q", scheduler, name, all, body)
				}
			}
		}
	})
}

func TestResponsesWithTwoMeaningsBecome502(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Balancer.SetKnob("debug_level", "5") // below it, some lines are only counted
		s.Host("r1").Serve(":80", sayings(func(name string) string { return brokenAnswers[name].says }))
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			s.serve(scheduler)
			for name, c := range brokenAnswers {
				since := s.daemon.Log.Mark()
				for _, version := range []string{"1.1", "1.0"} {
					w := s.wire()
					w.Say("GET /odd?name=%s HTTP/%s\nHost: x\n\n", url.QueryEscape(name), version)
					if response, body, err := w.Response("GET"); err != nil || response.StatusCode != 502 || body != "502 Bad Gateway\n" {
						t.Errorf("%s: a server that sends %s: %v, body %q, %v; want 502", scheduler, name, response, body, err)
					}
					w.Close()
				}
				lab.Eventually(t, "the log says what was wrong: "+c.logged, func() bool {
					line := since()
					return strings.Contains(line, "status=502") && strings.Contains(line, ":80 ") && strings.Contains(line, " server=") &&
						strings.Contains(line, "target=/odd") && strings.Contains(line, c.logged)
				})
			}
		}
	})
}

// What comes first is sent at once, so that a fault behind it is seen by the end of the connection only.
func TestAChunkThatIsBrokenLaterIsVisible(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		next := make(chan bool)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, okay+"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
			<-next
			io.WriteString(conn, "0x5\r\n")
		})
		for _, scheduler := range []string{"http", "phttp"} {
			s.serve(scheduler)
			w := s.wire()
			w.Say("GET / HTTP/1.1\nHost: x\n\n")
			for line := ""; line != "hello"; {
				line = w.Line()
			}
			next <- true
			if rest, _ := w.Rest(); rest != "" {
				t.Errorf("%s: behind the part that is good the client got %q", scheduler, rest)
			}
			w.Close()
		}
	})
}
