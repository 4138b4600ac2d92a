package netns

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// What one message may cost.

// line pads the line that template makes to size bytes, CR LF included.
func line(size int, template string) string {
	return fmt.Sprintf(template, strings.Repeat("p", size-len(fmt.Sprintf(template, ""))-1)) // \n stands for CR LF
}

// messages are the limits of a message: one of size n is served while the knob
// is set, and one of n+1 refused. %s is its path.
var messages = []struct {
	knob    string
	n       int
	status  int
	message func(path string, n int) string
}{
	{"max_request_line=200", 200, 414, func(path string, n int) string {
		return line(n, "GET "+path+"%s HTTP/1.1\n") + "Host: x\n\n"
	}},
	{"max_request_line=200", 200, 431, func(path string, n int) string {
		return "GET " + path + " HTTP/1.1\nHost: x\n" + line(n, "X-Long: %s\n") + "\n"
	}},
	{"max_header_bytes=1024", 1024, 431, func(path string, n int) string {
		begin, end := "GET "+path+" HTTP/1.1\nHost: x\n", "\n"
		return begin + line(n-len(begin)-2-len(end)-1, "X-Long: %s\n") + end
	}},
	{"max_header_bytes=1024", 1024, 431, func(path string, n int) string { // trailer fields
		return "POST " + path + " HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n1\nb\n0\n" + line(500, "X-One: %s\n") + line(n-500-2, "X-Two: %s\n") + "\n"
	}},
	{"max_header_fields=7", 7, 431, func(path string, n int) string {
		return "GET " + path + " HTTP/1.1\nHost: x\n" + strings.Repeat("X-Field: x\n", n-1) + "\n"
	}},
	{"max_chunk_ext=20", 20, 400, func(path string, n int) string {
		return "POST " + path + " HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n1;" + strings.Repeat("e", n-1) + "\nb\n0\n\n"
	}},
	{"max_chunk_ext=0", 0, 400, func(path string, n int) string {
		ext := ""
		if n > 0 {
			ext = ";e"
		}
		return "POST " + path + " HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n1" + ext + "\nb\n0\n\n"
	}},
	{"max_body_kb=1", 1024, 413, func(path string, n int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nContent-Length: %d\n\n%s", path, n, strings.Repeat("b", n))
	}},
	{"max_body_kb=1", 1024, 413, func(path string, n int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n%x\n%s\n0\n\n", path, n, strings.Repeat("b", n))
	}},
	{"max_body_kb=1", 1024, 413, func(path string, n int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n200\n%s\n%x\n%s\n0\n\n", path, strings.Repeat("b", 512), n-512, strings.Repeat("b", n-512))
	}},
}

func TestAMessageAtItsLimitIsServedAndOnePastItReachesNoServer(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newFence(t, scheduler)
		defer f.allClosed()
		for i, m := range messages {
			name, _, _ := strings.Cut(m.knob, "=")
			initial := strings.TrimSpace(f.Does("--knob", name))
			w := f.wire()
			say := func(kind string, n int) {
				cork(t, w, func() { w.Say("%s", m.message(fmt.Sprintf("/%s-%d/", kind, i), n)) })
			}
			say("before", m.n+1)
			w.Expect(200, "GET")
			f.set(m.knob)
			say("limit", m.n)
			w.Expect(200, "GET")
			say("past", m.n+1)
			f.refused(w, m.status)
			if f.origin.got(fmt.Sprintf("/past-%d/", i)) {
				t.Errorf("%s, %d: the server has got some of what was refused", m.knob, i)
			}
			f.set(strings.ReplaceAll(initial, " ", ""))
			w = f.wire()
			say("after", m.n+1)
			w.Expect(200, "GET")
			if got := f.errors(); got != fmt.Sprint(i+1) {
				t.Errorf("%s, %d: %s errors are counted, want %d", m.knob, i, got, i+1)
			}
		}
	})
}

func TestALargeBodyIsRefusedBeforeTheClientIsToldToContinue(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newFence(t, scheduler)
		defer f.allClosed()
		f.set("max_body_kb=1")
		const ask = "PUT %s HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: %d\n\n"
		w := f.wire()
		w.Say(ask, "/limit/", 1024)
		w.Expect(100, "PUT")
		w.Say("%s", strings.Repeat("b", 1024))
		w.Expect(200, "PUT")
		w.Say(ask, "/past/", 1025)
		f.refused(w, 413)
		if f.origin.got("/past/") {
			t.Error("the server has got what was refused")
		}
	})
}

func TestABodyThatGrowsPastItsLimitNeverLooksWhole(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	defer f.allClosed()
	for _, splice := range []string{"zerocopy_send=0", "zerocopy_send=1"} {
		f.set("max_body_kb=1000", splice)
		w := f.wire()
		const chunk = 500_000
		w.Say("PUT /grows/ HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n")
		for range 2 {
			w.Say("%x\n%s\n", chunk, strings.Repeat("b", chunk))
		}
		w.Say("%x\n", chunk) // which no byte of has to come
		f.refused(w, 413)
		if f.origin.got("\r\n0\r\n\r\n") || f.origin.got(fmt.Sprintf("\r\n%x\r\nb", 2*chunk)) {
			t.Errorf("%s: the server has got a whole body", splice)
		}
	}
}

func TestNarrowLimitsOfRequestsLeaveResponsesAlone(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	f.Host("r1").Serve(":81", func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-Field: "+strings.Repeat("x", 300)+"\r\n", 20)+
			"Transfer-Encoding: chunked\r\n\r\n1;ext=1\r\nb\r\n0\r\n\r\n")
	})
	f.Serve("virtual web { scheduler = phttp server = r1:81 1 rule = pattern .* use server r1:81 }")
	f.set("max_request_line=64", "max_header_bytes=1024", "max_header_fields=5", "max_chunk_ext=0")
	w := f.wire()
	w.Say("GET / HTTP/1.1\nHost: x\n\n")
	if response, body := w.Expect(200, "GET"); body != "b" || len(response.Header["X-Field"]) != 20 {
		t.Errorf("got %q, %d fields", body, len(response.Header["X-Field"]))
	}
}
