package netns

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// What one source address may cost. Sources are the client's addresses, and the
// bystander, who is at another one.

// origins are where the limits are asked: a source, the address it connects to,
// another address of the same source if it has several, and another source.
var origins = []struct{ name, from, to, same, another string }{
	{"IPv4", "10.99.1.2", "10.99.1.1:8080", "10.99.1.2", "10.99.1.3"},
	{"IPv6", "fd99:1::2", "[fd99:1::1]:8080", "fd99:1::3", "fd99:1:0:1::3"},
}

func newSources(t testing.TB, scheduler string) *fence {
	t.Helper()
	f := newFence(t, scheduler)
	f.Client.Shell(`ip addr add 10.99.1.3/24 dev eth0
		ip addr add fd99:1::3/64 dev eth0 nodad
		ip addr add fd99:1:0:1::3/64 dev eth0 nodad`)
	f.Balancer.Shell("ip -6 route add fd99:1:0:1::/64 dev to1")
	return f
}

// asks sends one request, which must be answered with the status.
func asks(w *lab.Wire, status int, path string) {
	w.Say("GET %s HTTP/1.1\nHost: x\n\n", path)
	w.Expect(status, "GET")
}

func TestASourceHasSoManyConnectionsAtOnceAndOthersTheirOwn(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		f := newSources(t, scheduler)
		defer f.allClosed()
		for _, src := range origins {
			first := f.Client.WireFrom(src.from, src.to)
			asks(first, 200, "/first") // before there is a limit, and counts
			f.set("max_conns_per_source=2")
			second := f.Client.WireFrom(src.same, src.to)
			asks(second, 200, "/second")
			third := f.Client.WireFrom(src.from, src.to)
			third.Say("GET /past-conns HTTP/1.1\nHost: x\n\n")
			f.refused(third, 429)
			another := f.Client.WireFrom(src.another, src.to)
			asks(another, 200, "/another")
			asks(first, 200, "/goes-on")
			second.Close()
			lab.Eventually(t, src.name+": a place is free again", func() bool { return !f.open(second) })
			asks(f.Client.WireFrom(src.from, src.to), 200, "/again")
			f.set("max_conns_per_source=0")
			for range 5 {
				asks(f.Client.WireFrom(src.from, src.to), 200, "/no-limit")
			}
		}
		if f.origin.got("/past-conns") {
			t.Error("the server has got what was refused")
		}
		if got := f.errors(); got != "1" {
			t.Errorf("%s errors are counted for IPv4, want 1", got)
		}
	})
}

func TestRefusedConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	f := newSources(t, "phttp")
	f.Serve("virtual web { scheduler = phttp maxclients = 3 server = r1:80 1 rule = pattern .* use server r1:80 }")
	unhurried(f.Balancer)
	f.set("max_conns_per_source=1")
	asks(f.Client.WireFrom(origins[0].from, origins[0].to), 200, "/first")
	for range 150 {
		w := f.Client.WireFrom(origins[0].from, origins[0].to)
		w.Say("GET /past-many HTTP/1.1\nHost: x\n\n") // and does not read, nor close
	}
	// What was refused is closed after header_timeout, an hour, by itself.
	asks(f.Client.WireFrom(origins[0].another, origins[0].to), 200, "/another")
	if f.origin.got("/past-many") {
		t.Error("the server has got what was refused")
	}
}

func TestASourceOpensSoManyConnectionsASecond(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		steady.Slower(t, func(t testing.TB, _ int) { opensSoManyASecond(t, scheduler) })
	})
}

// opensSoManyASecond holds where no second passes between two of its lines.
func opensSoManyASecond(t testing.TB, scheduler string) {
	f := newSources(t, scheduler)
	defer f.allClosed()
	for _, src := range origins {
		dial := func(from string, status int) {
			t.Helper()
			w := f.Client.WireFrom(from, src.to)
			w.Say("GET /dial-%d HTTP/1.1\nHost: x\n\n", status)
			if status != 200 {
				f.refused(w, status)
				return
			}
			w.Expect(status, "GET")
			w.Close()
		}
		f.set("conn_rate_per_source=1")
		dial(src.from, 200)
		dial(src.same, 429)
		dial(src.another, 200)
		wait.Pass(1100 * time.Millisecond)
		dial(src.from, 200)
		f.set("conn_rate_per_source=0")
		for range 20 {
			dial(src.from, 200)
		}
	}
	if f.origin.got("/dial-429") {
		t.Error("the server has got what was refused")
	}
}

func TestASourceSendsSoManyRequestsASecondPipelinedOrNot(t *testing.T) {
	withEachUnit(t, func(t *testing.T, scheduler string) {
		steady.Slower(t, func(t testing.TB, _ int) { sendsSoManyASecond(t, scheduler) })
	})
}

// sendsSoManyASecond holds where no second passes between two of its lines.
func sendsSoManyASecond(t testing.TB, scheduler string) {
	f := newSources(t, scheduler)
	defer f.allClosed()
	for i, src := range origins {
		w := f.Client.WireFrom(src.from, src.to)
		another := f.Client.WireFrom(src.another, src.to)
		f.set("request_rate_per_source=3")
		// A bucket holds a second's worth, which may be spent at once.
		cork(t, w, func() {
			for range 3 {
				w.Say("GET /within HTTP/1.1\nHost: x\n\n")
			}
			w.Say("GET /past-rate-%d HTTP/1.1\nHost: x\n\n", i)
		})
		for range 3 {
			w.Expect(200, "GET")
		}
		if response, _ := w.Expect(429, "GET"); response.Close || response.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: %v", src.name, response.Header)
		}
		asks(another, 200, "/another")
		// Nothing of what it sent is unread: it may go on, a second later.
		wait.Pass(1100 * time.Millisecond)
		for range 3 {
			asks(w, 200, "/later")
		}
		// With a body that nobody will read the connection ends.
		same := f.Client.WireFrom(src.same, src.to)
		f.set("request_rate_per_source=1")
		wait.Pass(1100 * time.Millisecond)
		asks(w, 200, "/slower")
		same.Say("PUT /past-rate-%d HTTP/1.1\nHost: x\nContent-Length: 1000\n\nbegin", i)
		f.refused(same, 429)
		f.set("request_rate_per_source=0")
		for range 20 {
			asks(w, 200, "/no-limit")
		}
		if f.origin.got(fmt.Sprintf("/past-rate-%d", i)) {
			t.Error("the server has got what was refused")
		}
	}
	if got := f.errors(); got != "2" {
		t.Errorf("%s errors are counted for IPv4, want 2", got)
	}
}

func TestAWlcSourceWithTooManyConnectionsIsResetAndCounted(t *testing.T) {
	t.Parallel()
	f := newSources(t, "wlc")
	unhurried(f.Balancer)
	f.set("max_conns_per_source=1")
	asks(f.Client.WireFrom(origins[0].from, origins[0].to), 200, "/first")
	conn, err := f.Client.DialFrom(origins[0].from, origins[0].to)
	var rest []byte
	if err == nil {
		defer conn.Close()
		rest, err = io.ReadAll(conn)
	}
	if !errors.Is(err, unix.ECONNRESET) || len(rest) > 0 {
		t.Errorf("a connection too many gets %q, %v, expected a reset: an end would look like an answer", rest, err)
	}
	f.othersAreServed()
	lab.Eventually(t, "it is counted", func() bool { return f.errors() == "1" })
}
