package netns

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// tallied is three servers that count their requests.
type tallied struct {
	*lab.Host
	requests [3]atomic.Int64
}

func newTallied(t *testing.T, scheduler, poller string, weights [3]int) *tallied {
	c := &tallied{Host: lab.NewHost(t, "gateway")}
	c.StartDaemon("--loops=2", poller)
	var servers, rules strings.Builder
	for i := range c.requests {
		addr := fmt.Sprintf("127.0.0.1:800%d", i)
		c.ServeHTTP(addr, func(w http.ResponseWriter, r *http.Request) {
			c.requests[i].Add(1)
			fmt.Fprintln(w, i)
		})
		fmt.Fprintf(&servers, "server = %s %d\n", addr, weights[i])
		if scheduler != "wlc" {
			fmt.Fprintf(&rules, "rule = pattern .* use server %s\n", addr)
		}
	}
	c.Operator().Load(fmt.Sprintf("Virtual web {\nlisten = 127.0.0.1:8080\nscheduler = %s\n%s%s}\n", scheduler, servers.String(), rules.String()))
	c.Operator().Does("--start", "-i", "web")
	return c
}

// Servers that have nothing to do are equals: their weights decide.
func TestRequestsOneAfterTheOtherGoToServersByWeight(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		for _, scheduler := range []string{"wlc", "http", "phttp", "chttp"} {
			t.Run(scheduler, func(t *testing.T) {
				t.Parallel()
				c := newTallied(t, scheduler, poller, [3]int{3, 1, 1})
				for range 200 {
					w := c.Wire("127.0.0.1:8080")
					w.Say("GET / HTTP/1.1\nHost: x\nConnection: close\n\n")
					w.Expect(200, "GET")
					w.Close()
					wait.Until(t, "the connection is gone", func() bool {
						return !strings.Contains(c.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), "web")
					})
				}
				for i, want := range []int64{120, 40, 40} {
					if got := c.requests[i].Load(); got < want-2 || got > want+2 {
						t.Errorf("server %d of weights 3, 1, 1 got %d of 200 requests, expected %d", i, got, want)
					}
				}
			})
		}
	})
}

// Clients that keep their connections, with a request under way at any time, are
// spread alike over equal servers.
func TestKeptConnectionsAreSpreadOverEqualServers(t *testing.T) {
	t.Parallel()
	const clients, each = 16, 300
	c := newTallied(t, "phttp", "--poll=epoll", [3]int{1, 1, 1})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			conn, err := c.Connect("127.0.0.1:8080")
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for range each {
				if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Error(err)
					return
				}
				if resp, _, err := conn.Response("GET"); err != nil || resp.StatusCode != 200 {
					t.Errorf("%v, %v", resp, err)
					return
				}
			}
		})
	}
	all.Wait()
	for i := range c.requests {
		got := c.requests[i].Load()
		if off := 3*got - clients*each; off > clients*each/20 || off < -clients*each/20 {
			t.Errorf("server %d got %d of %d requests, expected a third within 5 %%", i, got, clients*each)
		}
	}
}
