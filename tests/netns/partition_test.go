package netns

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// Servers and clients that the network cuts off: their packets vanish, and
// nobody is told.

func TestAServerThatIsCutOffCostsItsClientsATimeoutEach(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		s.Host("r1").StartNginx()
		link := s.Link("r1")
		for _, scheduler := range []string{"http", "phttp"} { // the former keeps nothing for the latter
			s.serve(scheduler)
			// Nothing is connected: the call is not answered, for uploads as well.
			link.Have(silence)
			start := time.Now()
			var calls []*lab.Wire
			for _, request := range []string{
				"GET / HTTP/1.1\nHost: x\n\n",
				"POST / HTTP/1.1\nHost: x\nContent-Length: 2\n\nhi",
				"PUT /files/x HTTP/1.1\nHost: x\nContent-Length: 1000000\n\n" + strings.Repeat("x", 100_000),
			} {
				w := s.wire()
				w.Say("%s", request)
				calls = append(calls, w)
			}
			for i, w := range calls {
				w.Expect(504, "GET")
				within(t, fmt.Sprintf("%s: request %d is answered", scheduler, i), start)
			}
			link.Have(noFaults)
			// The connection is there: the request is never answered.
			w := s.wire()
			w.Say("GET /a HTTP/1.1\nHost: x\n\n")
			w.Expect(200, "GET")
			link.Have(silence)
			start = time.Now()
			w.Say("GET /b HTTP/1.1\nHost: x\n\n")
			w.Expect(504, "GET")
			within(t, scheduler+": a request over a connection that is there is answered", start)
			// Afterwards nobody needs to do anything.
			link.Have(noFaults)
			w = s.wire()
			for i := range 8 {
				w.Say("GET /%d HTTP/1.1\nHost: x\n\n", i)
				if _, body := w.Expect(200, "GET"); body != fmt.Sprintf("r1 /%d\n", i) {
					t.Errorf("%s: after the cut the answer to %d is %q", scheduler, i, body)
				}
			}
		}
	})
}

func TestAResponseThatIsCutOffIsVisiblyBroken(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		count(s.Host("r1"))
		s.Balancer.SetKnob("read_timeout", "1")
		for _, scheduler := range []string{"phttp", "http", "wlc"} {
			for what, faults := range map[string]lab.Faults{"cut off": silence, "reset on its way": rejection} {
				s.serve(scheduler)
				w := s.wire()
				start := time.Now()
				w.Say("GET /drip HTTP/1.1\nHost: x\n\n")
				w.Line() // it has begun
				s.Link("r1").To.Have(faults)
				s.Link("r1").From.Have(lab.Faults{Cut: faults.Cut})
				rest, err := w.Rest()
				if n := len(rest); n < 4 || n > 5000 || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s, %s: %d bytes, and then %v after %v", scheduler, what, n, err, time.Since(start))
				}
				if scheduler == "wlc" && !errors.Is(err, unix.ECONNRESET) {
					// What it carries may end with the connection, and would look whole.
					t.Errorf("%s, %s: %v, expected a reset", scheduler, what, err)
				}
				if faults.Cut {
					within(t, scheduler+": the response is broken off", start)
				}
				s.Link("r1").Have(noFaults)
			}
		}
	})
}

func TestOthersDoNotNoticeThatAServerIsCutOff(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		steady.Slower(t, func(t testing.TB, scale int) { othersDoNotNotice(t, poller, scale) })
	})
}

// othersDoNotNotice has the server's clients wait for scale seconds each, and others
// for less.
func othersDoNotNotice(t testing.TB, poller string, scale int) {
	s := newFaultySite(t, poller)
	for _, knob := range []string{"connect_timeout", "first_byte_timeout"} {
		s.Balancer.SetKnob(knob, fmt.Sprint(scale))
	}
	s.Host("r1").StartNginx()
	s.Host("r2").StartNginx()
	const rules = `server = r1:80 1 server = r2:80 1 rule = pattern /a/ use server r1:80 rule = pattern /[b-z]/ use server r2:80 }`
	s.Serve(`virtual requests { listen = 0.0.0.0:81 scheduler = phttp ` + rules + `
			virtual connections { listen = 0.0.0.0:82 scheduler = http ` + rules)
	var all []*traffic
	for _, port := range []int{81, 82} {
		others := &traffic{t: t, from: s.Client, to: s.VIP(port), uri: "/b/%d/%d", accept: always, within: time.Duration(scale) * 900 * time.Millisecond}
		victims := &traffic{t: t, from: s.Client, to: s.VIP(port), uri: "/a/%d/%d", accept: func(got outcome) bool {
			return got.end == "" && (got.status == 200 || got.status == 504)
		}}
		others.start(3)
		victims.start(3)
		all = append(all, others, victims)
	}
	for range 2 {
		for _, tr := range all {
			tr.more(50)
		}
		s.Link("r1").Have(silence)
		for _, tr := range all {
			if tr.within > 0 {
				tr.more(50)
			} else {
				failures := tr.failures.Load()
				lab.Eventually(t, "requests to the server that is cut off fail", func() bool { return tr.failures.Load() > failures+2 })
			}
		}
		s.Link("r1").Have(noFaults)
	}
	for _, tr := range all {
		tr.more(50)
		tr.end()
	}
}

func TestClientsThatAreCutOffLeaveNothing(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		web := s.Host("r1").StartNginx()
		web.Put("bulk", 64<<20)
		s.Balancer.SetKnob("read_timeout", "4")
		s.Balancer.SetKnob("keepalive_timeout", "2")
		s.Balancer.SetKnob("header_timeout", "2")
		files := func() int {
			entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.daemon.PID()))
			if err != nil {
				t.Fatal(err)
			}
			return len(entries)
		}
		s.Does("--stop")
		config := ""
		for name, port := range schedulers {
			config += fmt.Sprintf("virtual %s { listen = 0.0.0.0:%d scheduler = %s server = r1:80 1 rule = pattern .* use server r1:80 }\n", name, port, name)
		}
		s.Load(config)
		s.Does("--start")
		table := s.Connect(t)
		before := files()
		for _, zerocopy := range []string{"0", "1"} {
			s.Balancer.SetKnob("zerocopy_send", zerocopy)
			for _, port := range schedulers {
				for range 4 {
					for _, said := range []string{"", "GET / HTT", "GET /a HTTP/1.1\nHost: x\n\n", "GET /files/bulk HTTP/1.1\nHost: x\n\n",
						"PUT /files/x HTTP/1.1\nHost: x\nContent-Length: 1000000\n\nsome"} {
						s.Client.Wire(s.VIP(port)).Say("%s", said)
					}
				}
			}
			pause()
			s.Link("client").Have(silence)
			lab.Eventually(t, "no connection is counted", func() bool {
				for name := range schedulers {
					v, err := table.Virtual(name)
					if err != nil {
						t.Fatal(err)
					}
					if v.Service.ActiveConns != 0 || v.Dests[0].ActiveConns != 0 {
						return false
					}
				}
				return true
			})
			lab.Eventually(t, "no descriptor is left", func() bool { return files() <= before+2 })
			s.Link("client").Have(noFaults)
		}
		if status, _, err := lab.Get(s.Client.HTTPClient(), "http://"+s.VIP(schedulers["phttp"])+"/"); err != nil || status != 200 {
			t.Errorf("status %d, %v", status, err)
		}
	})
}

func TestAResetOnTheWayIsSeen(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		s.Host("r1").StartNginx()
		for _, scheduler := range []string{"phttp", "http"} {
			s.serve(scheduler)
			w := s.wire()
			w.Say("GET /a HTTP/1.1\nHost: x\n\n")
			w.Expect(200, "GET")
			// The acknowledgement of the answer may be late; rejected, it would end the
			// server's connection, and its client's, before the request.
			wait.Settles(t, 300*time.Millisecond, "packets to the server", s.Link("r1").To.Passed.Load)
			s.Link("r1").To.Have(rejection)
			w.Say("GET /b HTTP/1.1\nHost: x\n\n")
			w.Expect(502, "GET")
			s.Link("r1").To.Have(noFaults)
			w = s.wire()
			w.Say("GET /c HTTP/1.1\nHost: x\n\n")
			w.Expect(200, "GET")
			s.Link("client").From.Have(rejection)
			w.Write([]byte("GET /d HTTP/1.1\r\nHost: x\r\n\r\n"))
			if response, _, err := w.Response("GET"); !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("%s: %v, %v", scheduler, response, err)
			}
			s.Link("client").From.Have(noFaults)
		}
	})
}
