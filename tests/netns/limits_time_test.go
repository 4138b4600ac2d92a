package netns

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// How long clients and servers may take.

func TestAHeadMustBeCompleteInTime(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		steady.Slower(t, func(t testing.TB, scale int) { headsMustBeCompleteInTime(t, scheduler, scale) })
	})
}

func headsMustBeCompleteInTime(t testing.TB, scheduler string, scale int) {
	f := newFence(t, scheduler)
	defer f.allClosed()
	unhurried(f.Balancer)
	f.set(fmt.Sprint("header_timeout=", scale))
	w := f.wire()
	w.Say("GET /in-time HTTP/1.1\n")
	wait.Pass(time.Duration(scale) * 300 * time.Millisecond)
	w.Say("Host: x\n\n")
	w.Expect(200, "GET")
	// A client between requests has keepalive_timeout, and the next head its own
	// time, also when it began behind the last request.
	wait.Pass(time.Duration(scale) * 1500 * time.Millisecond)
	start := time.Now()
	w.Say("GET /1 HTTP/1.1\nHost: x\n\nGET /past-1 HTTP/1.1\n")
	w.Expect(200, "GET")
	f.refused(w, 408)
	within(t, "a second head is late", start)
	w = f.wire()
	start = time.Now()
	for _, drip := range []string{"GET /past-2 HTTP/1.1\n", "Host: x\n"} {
		w.Say("%s", drip)
		wait.Pass(time.Duration(scale) * 300 * time.Millisecond)
	}
	f.refused(w, 408)
	within(t, "a first head is late", start)
	if f.origin.got("/past-") {
		t.Error("the server has got a request that was refused")
	}
}

func TestClientsThatSayNothingAreClosedAfterHeaderTimeout(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	unhurried(f.Balancer)
	f.set("header_timeout=2")
	connections := func() int {
		return strings.Count(f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), "10.99.1.2:")
	}
	var silent []*lab.Wire
	start := time.Now()
	for range 200 {
		silent = append(silent, f.wire())
	}
	// The kernel hands them over a second later, when it has waited for their
	// first bytes.
	lab.Eventually(t, "they are known", func() bool { return connections() == 200 })
	f.othersAreServed()
	lab.Eventually(t, "they are closed", func() bool { return connections() == 0 })
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("silent clients are closed after %v, and the knob says 2 s", took)
	}
	for _, w := range silent {
		if rest, err := w.Rest(); rest != "" || err != nil {
			t.Fatalf("a silent client gets %q, %v", rest, err)
		}
	}
	f.othersAreServed()
}

func TestABodyMustComeAtItsRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheduler string
		splice    int
	}{{"phttp", 0}, {"phttp", 1}, {"http", 0}} {
		t.Run(fmt.Sprintf("%s, zerocopy_send=%d", c.scheduler, c.splice), func(t *testing.T) {
			t.Parallel()
			steady.Slower(t, func(t testing.TB, scale int) { bodiesMustComeAtTheirRate(t, c.scheduler, c.splice, scale) })
		})
	}
}

// bodiesMustComeAtTheirRate has one client send a body at a third of the lowest
// rate on a quiet machine, and one at three times that; the rate is lower, and the
// first client goes on for longer, by scale.
func bodiesMustComeAtTheirRate(t testing.TB, scheduler string, splice, scale int) {
	f := newFence(t, scheduler)
	defer f.allClosed()
	f.set(fmt.Sprint("body_min_rate=", 1000/scale), fmt.Sprintf("zerocopy_send=%d", splice))
	const length = 1_000_000
	slow, fast := f.wire(), f.wire()
	start := time.Now()
	for _, w := range []*lab.Wire{slow, fast} {
		w.Say("PUT /body HTTP/1.1\nHost: x\nContent-Length: %d\n\n", length)
	}
	sent := 0
	for passed := time.Duration(0); passed < 13*time.Second; passed = time.Since(start) { // clock: rates are by the second
		wait.Pass(100 * time.Millisecond)
		fast.Say("%s", strings.Repeat("b", 300))
		sent += 300
		if passed < 9*time.Second { // clock: before the daemon has an end of it
			slow.Say("b")
		}
	}
	f.refused(slow, 408)
	fast.Say("%s", strings.Repeat("b", length-sent))
	fast.Expect(200, "PUT")
}

func TestZeroIsNoRateThatABodyMustComeAt(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	f.set("body_min_rate=0")
	w := f.wire()
	w.Say("PUT /body HTTP/1.1\nHost: x\nContent-Length: 2\n\nb")
	wait.Pass(12 * time.Second)
	w.Say("b")
	w.Expect(200, "PUT")
}

func TestAClientOfASlowServerIsNotCalledSlow(t *testing.T) {
	t.Parallel()
	for _, splice := range []int{0, 1} {
		t.Run(fmt.Sprintf("zerocopy_send=%d", splice), func(t *testing.T) {
			t.Parallel()
			f := newFence(t, "phttp")
			f.set("body_min_rate=1000000", fmt.Sprintf("zerocopy_send=%d", splice))
			release := make(chan bool)
			f.Host("r1").Serve(":81", func(conn net.Conn) {
				<-release
				f.origin.serve(conn)
			})
			f.Serve("virtual web { scheduler = phttp server = r1:81 1 rule = pattern .* use server r1:81 }")
			w := f.wire()
			const length = 64 << 20
			sent := make(chan error, 1)
			go func() {
				_, err := fmt.Fprintf(w, "PUT /body HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length)
				if err == nil {
					_, err = io.CopyN(w, zeros{}, length)
				}
				sent <- err
			}()
			wait.Pass(14 * time.Second)
			release <- true
			if err := <-sent; err != nil {
				t.Errorf("the client cannot send: %v", err)
			}
			if _, body := w.Expect(200, "PUT"); body != fmt.Sprintf("%d\n", length) {
				t.Errorf("the server has got %q", body)
			}
		})
	}
}
