package netns

import (
	"fmt"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// What one connection, and what all together may cost.

func TestAConnectionEndsWithItsLastRequest(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newFence(t, scheduler)
		defer f.allClosed()
		w := f.wire()
		asks(w, 200, "/1")
		f.set("max_requests_per_conn=3")
		asks(w, 200, "/2")
		// The last one says so, and what is pipelined behind it goes nowhere.
		w.Say("GET /3 HTTP/1.1\nHost: x\n\nGET /past-4 HTTP/1.1\nHost: x\n\nGET /past-5 HTTP/1.1\nHost: x\n\n")
		f.refused(w, 200)
		if f.origin.got("/past-") {
			t.Error("the server has got a request past the last")
		}
		f.bystander = f.Host("other").Wire(f.VIP(8080)) // which has had all of its own
		f.set("max_requests_per_conn=0")
		w = f.wire()
		for range 20 {
			asks(w, 200, "/no-limit")
		}
	})
}

func TestNoMoreIsReadAheadThanMayBe(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		require.Tool(t, "ss")
		f := newFence(t, scheduler)
		release := make(chan bool)
		f.origin.hold("/hold", release)
		f.set("max_pipeline_bytes=1024")
		unread := func(w *lab.Wire) (bytes int) {
			out := f.Balancer.Shell(`ss -Htn "dst = $1"`, w.LocalAddr().String())
			var state string
			fmt.Sscan(out, &state, &bytes)
			return bytes
		}
		for what, first := range map[string]string{
			"behind a request": "GET /hold HTTP/1.1\nHost: x\n\n",
			"behind a body":    "PUT /hold HTTP/1.1\nHost: x\nContent-Length: 100000\n\n" + strings.Repeat("b", 100_000),
			"behind chunks":    "PUT /hold HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n186a0\n" + strings.Repeat("b", 100_000) + "\n0\n\n",
		} {
			const requests = 500
			text := first + strings.Repeat("GET /next HTTP/1.1\nHost: x\n\n", requests)
			w := f.wire()
			w.Say("%s", text)
			behind := strings.Count(text[len(first):], "") - 1 + strings.Count(text[len(first):], "\n")
			lab.Eventually(t, what+": the rest waits in the socket", func() bool {
				n := unread(w)
				return n >= behind-1024 && n <= behind
			})
			f.othersAreServed()
			release <- true
			for range requests + 1 {
				w.Expect(200, "GET")
			}
		}
	})
}

func TestWhatIsHeldForAllTogetherIsBounded(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp", "--loops=1")
	defer f.allClosed()
	f.set("max_buffered_mb=1")
	// The beginning of a head is held in what it is long, here 4 KiB.
	begin := "GET /slow HTTP/1.1\nX: " + strings.Repeat("x", 3500) + "\n"
	var slow []*lab.Wire
	for range 256 {
		slow = append(slow, f.wire())
	}
	begun := func(n int) {
		lab.Eventually(t, fmt.Sprintf("%d heads are begun", n), func() bool {
			return strings.Count(f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), " READING ") == n
		})
	}
	for _, w := range slow {
		w.Say("%s", begin)
	}
	begun(256)
	f.othersAreServed()          // at the limit
	for i, w := range slow[:3] { // one more: who began first is ended, and told
		f.wire().Say("%s", begin)
		if response, _ := w.Expect(503, "GET"); !response.Close {
			t.Errorf("the %d. to be ended: 503 without Connection: close", i+1)
		}
		f.closed = append(f.closed, w)
		begun(256)
		f.othersAreServed()
	}
	slow[200].Say("Host: x\n\n")
	slow[200].Expect(200, "GET")
}
