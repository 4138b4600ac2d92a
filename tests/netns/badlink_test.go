package netns

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
)

// Networks that delay, lose, double and reorder packets: TCP makes up for it,
// and clients see that it takes longer.

// schedulers are all there are, each with a service at a port of its own.
var schedulers = map[string]int{"wlc": 81, "http": 82, "hhttp": 83, "phttp": 84, "chttp": 85}

func TestABadNetworkMakesAnswersLateAndNothingElse(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewFaultyNetwork(t, "r1")
		n.Host("r1").StartNginx()
		n.Balancer.StartDaemon(poller)
		o := n.Balancer.Operator()
		config := ""
		for name, port := range schedulers {
			config += fmt.Sprintf("virtual %s { listen = 0.0.0.0:%d scheduler = %s server = r1:80 1 rule = pattern .* use server r1:80 }\n", name, port, name)
		}
		o.Load(config)
		o.Does("--start")
		var all []*traffic
		for _, port := range schedulers {
			tr := &traffic{t: t, from: n.Client, to: n.VIP(port), accept: always}
			tr.start(6)
			all = append(all, tr)
		}
		client, server := n.Link("client"), n.Link("r1")
		for _, faults := range []lab.Faults{
			{Delay: 20 * time.Millisecond, Jitter: 10 * time.Millisecond},
			{Delay: time.Millisecond, Reordering: 0.2},
			{Delay: time.Millisecond, Duplication: 0.1},
			{Delay: time.Millisecond, Loss: 0.03},
			{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Reordering: 0.1, Duplication: 0.05, Loss: 0.02},
		} {
			client.Have(faults)
			server.Have(faults)
			for _, tr := range all {
				tr.more(60)
			}
		}
		for _, tr := range all {
			tr.end()
		}
		for _, lane := range []*lab.Lane{&client.To, &client.From, &server.To, &server.From} {
			if lane.Lost.Load() == 0 || lane.Doubled.Load() == 0 || lane.Held.Load() == 0 {
				t.Errorf("of %d packets %d were lost, %d doubled, %d held back: that shows nothing",
					lane.Passed.Load(), lane.Lost.Load(), lane.Doubled.Load(), lane.Held.Load())
			}
		}
	})
}

func TestBodiesArriveWholeOverABadNetwork(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newFaultySite(t, poller)
		bulk := make([]byte, 3<<20)
		rand.NewChaCha8([32]byte{}).Read(bulk)
		sum := sha256.Sum256(bulk)
		unhurried(s.Balancer) // a lost SYN comes again after a second, which is no fault
		s.Balancer.SetKnob("first_byte_timeout", "0")
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "PUT" {
				got := sha256.New()
				io.Copy(got, r.Body)
				fmt.Fprintf(w, "%x", got.Sum(nil))
				return
			}
			if r.URL.Path == "/length" {
				w.Header().Set("Content-Length", fmt.Sprint(len(bulk)))
			}
			w.Write(bulk)
		})
		faults := lab.Faults{Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Loss: 0.01, Reordering: 0.02, Duplication: 0.02}
		s.Link("client").Have(faults)
		s.Link("r1").Have(faults)
		for _, zerocopy := range []string{"0", "1"} {
			s.Balancer.SetKnob("zerocopy_send", zerocopy)
			for _, scheduler := range []string{"phttp", "http", "wlc"} {
				s.serve(scheduler)
				for _, path := range []string{"/length", "/chunks"} {
					status, body, err := lab.Get(s.client, s.url(path))
					if err != nil || status != 200 || sha256.Sum256([]byte(body)) != sum {
						t.Errorf("%s, zerocopy_send %s: GET %s: status %d, %d bytes, right: %v, %v",
							scheduler, zerocopy, path, status, len(body), body == string(bulk), err)
					}
					request, _ := http.NewRequest("PUT", s.url(path), io.MultiReader(bytes.NewReader(bulk)))
					if path == "/length" {
						request.ContentLength = int64(len(bulk))
					}
					if _, body, err = do(s.client, request); err != nil || body != fmt.Sprintf("%x", sum) {
						t.Errorf("%s, zerocopy_send %s: PUT %s: the server got %s, %v", scheduler, zerocopy, path, body, err)
					}
				}
				s.client.CloseIdleConnections()
			}
		}
	})
}

// do sends any request and gives the status and the body.
func do(client *http.Client, request *http.Request) (status int, body string, err error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
