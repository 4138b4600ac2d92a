package netns

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// How long servers may take, and a request in all.

// newLate serves with a server that answers /after/N after N milliseconds, and
// /stream/N in pieces for as long.
func newLate(t testing.TB, scheduler string) *fence {
	t.Helper()
	f := newFence(t, scheduler)
	f.Host("r1").ServeHTTP(":81", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		var after, stream int
		fmt.Sscanf(r.URL.Path, "/after/%d", &after)
		fmt.Sscanf(r.URL.Path, "/stream/%d", &stream)
		left := r.Context().Done() // when the daemon gives it up
		select {
		case <-left:
		case <-time.After(time.Duration(after) * time.Millisecond): // clock: as slow as was asked for
		}
		for range stream / 100 {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			select {
			case <-left:
				return
			case <-time.After(100 * time.Millisecond): // clock: as slow as was asked for
			}
		}
	})
	f.Serve(fmt.Sprintf("virtual web { scheduler = %s server = r1:81 1 rule = pattern .* use server r1:81 }", scheduler))
	f.bystander = f.Host("other").Wire(f.VIP(8080))
	return f
}

func TestAServerMustBeginItsAnswerInTime(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		steady.Slower(t, func(t testing.TB, scale int) { answersBeginInTime(t, scheduler, scale) })
	})
}

func answersBeginInTime(t testing.TB, scheduler string, scale int) {
	f := newLate(t, scheduler)
	unhurried(f.Balancer)
	w := f.wire()
	asks(w, 200, fmt.Sprint("/after/", 1500*scale)) // by default only read_timeout counts
	f.set(fmt.Sprint("first_byte_timeout=", scale))
	asks(w, 200, "/after/300")
	asks(w, 200, fmt.Sprint("/stream/", 1500*scale)) // has begun
	// Time that the client takes for the request is not the server's.
	w.Say("PUT /after/300 HTTP/1.1\nHost: x\nContent-Length: 4\n\n")
	for range 4 {
		wait.Pass(time.Duration(scale) * 400 * time.Millisecond)
		w.Say("b")
	}
	w.Expect(200, "PUT")
	start := time.Now()
	w.Say("GET /after/1000000 HTTP/1.1\nHost: x\n\n")
	w.Expect(504, "GET")
	within(t, "a late answer", start)
	f.othersAreServed()
	f.set("first_byte_timeout=0", "read_timeout=1")
	w = f.wire()
	start = time.Now()
	w.Say("GET /after/1000000 HTTP/1.1\nHost: x\n\n")
	w.Expect(504, "GET")
	within(t, "with 0 it is read_timeout", start)
}

func TestARequestAndItsResponseMustEndInTime(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		steady.Slower(t, func(t testing.TB, scale int) { exchangesEndInTime(t, scheduler, scale) })
	})
}

func exchangesEndInTime(t testing.TB, scheduler string, scale int) {
	f := newLate(t, scheduler)
	unhurried(f.Balancer)
	defer f.allClosed()
	w := f.wire()
	asks(w, 200, fmt.Sprint("/stream/", 1500*scale))
	f.set(fmt.Sprint("request_timeout=", scale))
	asks(w, 200, "/stream/200")
	for path, status := range map[string]int{"/after/1000000": 504, "/stream/1000000": 200} {
		w = f.wire()
		start := time.Now()
		w.Say("GET %s HTTP/1.1\nHost: x\n\n", path)
		response, body, err := w.Response("GET")
		if response == nil || response.StatusCode != status || (err != nil) != (status == 200) {
			t.Errorf("%s: %v, %q, %v", path, response, body, err)
		}
		within(t, path+" is ended", start)
		f.othersAreServed()
	}
	w = f.wire()
	start := time.Now()
	w.Say("PUT /after/0 HTTP/1.1\nHost: x\nContent-Length: 10\n\nb")
	f.refused(w, 408)
	within(t, "a late request is ended", start)
	f.set("request_timeout=0")
	asks(f.wire(), 200, fmt.Sprint("/stream/", 1500*scale))
}

func TestAServerMustTakeTheConnectionInTime(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newFence(t, scheduler)
		nowhere := f.Strand()
		f.Serve(fmt.Sprintf(`virtual web { scheduler = %s server = r1:80 1 server = %v:80 1
			rule = pattern .* use server r1:80 rule = pattern ^/nowhere use server %v:80 }`, scheduler, nowhere, nowhere))
		f.bystander = f.Host("other").Wire(f.VIP(8080))
		unhurried(f.Balancer)
		f.set("connect_timeout=1")
		w := f.wire()
		start := time.Now()
		w.Say("GET /nowhere HTTP/1.1\nHost: x\n\n")
		f.othersAreServed()
		w.Expect(504, "GET")
		within(t, "a server that is not there", start)
		// One that takes it late, but in time.
		f.set("connect_timeout=3600")
		w = f.wire()
		w.Say("GET /nowhere HTTP/1.1\nHost: x\n\n")
		wait.Gap(100 * time.Millisecond)
		f.Client.Shell(fmt.Sprintf("ip addr add %v/24 dev eth0", nowhere))
		f.Client.Serve(net.JoinHostPort(nowhere.String(), "80"), f.origin.serve)
		f.Balancer.Shell(fmt.Sprintf("ip neigh del %v dev to1", nowhere))
		w.Expect(200, "GET")
	})
}

func TestALimitIsToldByNameAndCountedInTheReports(t *testing.T) {
	t.Parallel()
	f := newFence(t, "phttp")
	defer f.allClosed()
	f.set("max_header_fields=3")
	for i := range 3 {
		w := f.wire()
		w.Say("GET / HTTP/1.1\nHost: x\n%s\n", strings.Repeat("A: b\n", 3))
		f.refused(w, 431)
		lab.Eventually(t, "it is counted", func() bool { return f.errors() == fmt.Sprint(i+1) })
	}
	f.Fails(1, "Value out of range: max_header_fields is 0, expected 1 to 10000", "--knob", "max_header_fields=0")
}
