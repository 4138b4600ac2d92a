package netns

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
)

// What is sent again when a server turns out not to be there, and what is not.

func TestConnectionsThatDiedUnseenMakeNoWrongAnswers(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		server := count(s.Host("r1"))
		// Several are kept in each loop.
		held := make([]*lab.Wire, 12)
		for round, method := range []string{"GET", "POST"} {
			for i := range held {
				held[i] = s.wire()
			}
			for _, w := range held {
				w.Say("GET /fill HTTP/1.1\nHost: x\n\n")
			}
			for _, w := range held {
				w.Expect(200, "GET")
			}
			s.Link("r1").Have(silence)
			pause()
			server.forget(t) // which nobody hears of
			pause()
			s.Link("r1").Have(noFaults)
			posts, failed := server.posts.Load(), 0
			for i, w := range held {
				w.Say("%s /%d/%d HTTP/1.1\nHost: x\nContent-Length: 0\n\n", method, round, i)
				response, body, err := w.Response(method)
				switch {
				case err == nil && response.StatusCode == 200 && body == fmt.Sprintf("/%d/%d", round, i):
				case err == nil && response.StatusCode == 502 && method == "POST":
					failed++
				default:
					t.Errorf("%s: %v, %q, %v", method, response, body, err)
				}
			}
			if method == "POST" {
				if got := int(server.posts.Load() - posts); got != len(held)-failed {
					t.Errorf("%d POSTs were answered, and %d done", len(held)-failed, got)
				}
				// One for each loop finds out, and the others of its kind are given up.
				if failed > loops {
					t.Errorf("%d POSTs failed, over connections that were known to be dead", failed)
				}
			}
			for _, w := range held {
				w.Close()
			}
		}
	})
}

func TestAnAnswerThatIsLostIsNotAskedForAgain(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		server := count(s.Host("r1"))
		s.Host("r2").StartNginx()
		s.Serve("virtual web { scheduler = phttp redirect = 10.99.3.2:80 server = r1:80 1 rule = pattern .* use server r1:80 }")
		w := s.wire()
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")
		// Requests reach the server, its answers nobody.
		s.Link("r1").From.Have(silence)
		w.Say("POST /a HTTP/1.1\nHost: x\nContent-Length: 2\n\nhi")
		w.Expect(504, "POST")
		if n := server.posts.Load(); n != 1 {
			t.Errorf("the server got the POST %d times", n)
		}
		// What can be done twice goes to the redirect address.
		s.Link("r1").From.Have(noFaults)
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")
		s.Link("r1").From.Have(silence)
		w.Say("GET /a HTTP/1.1\nHost: x\n\n")
		if _, body := w.Expect(200, "GET"); body != "r2 /a\n" {
			t.Errorf("answered with %q", body)
		}
	})
}

func TestAnUploadIsWholeAtTheServerThatTakesOver(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		body := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{}).Read(body)
		want := fmt.Sprintf("%x", sha256.Sum256(body))
		s.Host("r2").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			got := sha256.New()
			io.Copy(got, r.Body)
			fmt.Fprintf(w, "%x", got.Sum(nil))
		})
		s.Link("r1").To.Have(rejection)
		for _, zerocopy := range []string{"0", "1"} {
			s.Balancer.SetKnob("zerocopy_send", zerocopy)
			for _, scheduler := range []string{"http", "phttp"} {
				for what, config := range map[string]string{
					"server":   "server = r2:80 1 server = r1:80 1 rule = pattern .* use server r2:80 rule = pattern .* use server r1:80 rule = pattern ^/warm use server r2:80",
					"redirect": "redirect = 10.99.3.2:80 server = r1:80 1 rule = pattern .* use server r1:80",
				} {
					s.Serve("virtual web { scheduler = " + scheduler + " " + config + " }") // as if no server had failed before
					for _, length := range []int64{int64(len(body)), -1} {
						lab.Get(s.client, s.url("/warm")) // phttp: a connection is kept, and taken
						request, _ := http.NewRequest("POST", s.url("/"), io.MultiReader(bytes.NewReader(body)))
						request.ContentLength = length
						if status, got, err := do(s.client, request); err != nil || status != 200 || got != want {
							t.Errorf("%s, %s, length %d, zerocopy_send %s: status %d, %q, %v", scheduler, what, length, zerocopy, status, got, err)
						}
						s.client.CloseIdleConnections()
					}
				}
			}
		}
	})
}

func TestAServerThatIsAwayIsNotWaitedForByEveryRequest(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		steady.Slower(t, func(t testing.TB, scale int) { whoIsAwayIsNotWaitedFor(t, poller, scale) })
	})
}

// whoIsAwayIsNotWaitedFor has the daemon find out after scale seconds that a server
// is away.
func whoIsAwayIsNotWaitedFor(t testing.TB, poller string, scale int) {
	s := newFaultySite(t, poller)
	s.Balancer.SetKnob("connect_timeout", fmt.Sprint(scale))
	s.Host("r1").StartNginx()
	s.Host("r2").StartNginx()
	for _, scheduler := range []string{"phttp", "wlc"} {
		s.Serve("virtual web { scheduler = " + scheduler + ` server = r2:80 1 server = r1:80 1
				rule = pattern .* use server r2:80 rule = pattern .* use server r1:80 }`)
		s.Link("r1").Have(silence)
		waited, start := 0, time.Now()
		for i := range 40 {
			asked := time.Now()
			w := s.wire()
			w.Say("GET /%d HTTP/1.1\nHost: x\nConnection: close\n\n", i)
			if _, body := w.Expect(200, "GET"); body != fmt.Sprintf("r2 /%d\n", i) {
				t.Errorf("%s: answered with %q", scheduler, body)
			}
			w.Close()
			if time.Since(asked) > time.Duration(scale)*900*time.Millisecond { // clock: see steady.Slower
				waited++
			}
		}
		// r1 is the first of equals. Each loop finds out, and looks again after 5 seconds.
		if most := loops * (1 + int(time.Since(start)/(5*time.Second))); waited == 0 || waited > most {
			t.Errorf("%s: %d of 40 requests have waited for the server that is away, %d might", scheduler, waited, most)
		}
		s.Link("r1").Have(noFaults)
		lab.Eventually(t, scheduler+": the server is used again", func() bool {
			_, body, err := lab.Get(s.client, s.url("/"))
			s.client.CloseIdleConnections()
			return err == nil && body == "r1 /\n"
		})
	}
}

func TestAServerThatCannotBeReachedIsReplaced(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		s.Host("r1").StartNginx()
		s.Host("r2").StartNginx()
		requests := []string{
			"GET /a HTTP/1.1\nHost: x\n\n",
			"POST /a HTTP/1.1\nHost: x\nContent-Length: 2\n\nhi",
			"PUT /files/x HTTP/1.1\nHost: x\nContent-Length: 300000\n\n" + strings.Repeat("x", 300_000),
		}
		for what, faults := range map[string]lab.Faults{"cut": silence, "rejecting": rejection} {
			for _, scheduler := range []string{"wlc", "http", "hhttp", "phttp", "chttp"} {
				s.Serve("virtual web { scheduler = " + scheduler + ` server = r2:80 1 server = r1:80 1
					rule = pattern .* use server r2:80 rule = pattern .* use server r1:80 }`)
				s.Link("r1").To.Have(faults)
				var wires []*lab.Wire
				for i := range 12 {
					w := s.wire()
					w.Say("%s", requests[i%3])
					wires = append(wires, w)
				}
				for i, w := range wires {
					response, _, err := w.Response("GET")
					if err != nil || response.Header.Get("X-Server") != "r2" {
						t.Errorf("%s, r1 is %s: request %d: %v, %v", scheduler, what, i, response, err)
					}
					w.Close()
				}
				s.Link("r1").Have(noFaults)
			}
		}
	})
}
