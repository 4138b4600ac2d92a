package netns

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
)

// How long clients and servers may take.

func TestAHeadMustBeCompleteInTime(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newFence(t, scheduler)
		defer f.allClosed()
		f.set("header_timeout=1", "keepalive_timeout=60")
		w := f.wire()
		w.Say("GET /in-time HTTP/1.1\n")
		time.Sleep(300 * time.Millisecond)
		w.Say("Host: x\n\n")
		w.Expect(200, "GET")
		// A client between requests has keepalive_timeout, and the next head its own
		// time, also when it began behind the last request.
		time.Sleep(1500 * time.Millisecond)
		w.Say("GET /1 HTTP/1.1\nHost: x\n\nGET /past-1 HTTP/1.1\n")
		w.Expect(200, "GET")
		start := time.Now()
		f.refused(w, 408)
		within(t, "a second head is late", start)
		w = f.wire()
		start = time.Now()
		for _, drip := range []string{"GET /past-2 HTTP/1.1\n", "Host: x\n"} {
			w.Say("%s", drip)
			time.Sleep(300 * time.Millisecond)
		}
		f.refused(w, 408)
		within(t, "a first head is late", start)
		if f.origin.got("/past-") {
			t.Error("the server has got a request that was refused")
		}
	})
}

func TestClientsThatSayNothingAreClosedAfterHeaderTimeout(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	f.set("header_timeout=2", "keepalive_timeout=600")
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
	if took := time.Since(start); took < 2*time.Second || took > 12*time.Second {
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
			f := newFence(t, c.scheduler)
			defer f.allClosed()
			f.set("body_min_rate=1000", fmt.Sprintf("zerocopy_send=%d", c.splice))
			const length = 1_000_000
			slow, steady := f.wire(), f.wire()
			start := time.Now()
			for _, w := range []*lab.Wire{slow, steady} {
				w.Say("PUT /body HTTP/1.1\nHost: x\nContent-Length: %d\n\n", length)
			}
			sent := 0
			for time.Since(start) < 13*time.Second {
				time.Sleep(100 * time.Millisecond)
				steady.Say("%s", strings.Repeat("b", 300))
				sent += 300
				if time.Since(start) < 9*time.Second {
					slow.Say("b")
				}
			}
			f.refused(slow, 408)
			steady.Say("%s", strings.Repeat("b", length-sent))
			steady.Expect(200, "PUT")
		})
	}
}

func TestZeroIsNoRateThatABodyMustComeAt(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	f.set("body_min_rate=0")
	w := f.wire()
	w.Say("PUT /body HTTP/1.1\nHost: x\nContent-Length: 2\n\nb")
	time.Sleep(12 * time.Second)
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
			f.Does("--stop")
			f.Load("virtual web { scheduler = phttp server = r1:81 1 rule = pattern .* use server r1:81 }")
			f.Does("--start")
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
			time.Sleep(14 * time.Second)
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
