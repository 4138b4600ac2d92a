package netns

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// At maxclients, who is kept between two requests gives way to who waits, the one
// that has been idle for longest first, in whatever loop both are; and it is said and
// counted.
func TestIdleClientsGiveWayToNewcomersTheLongestIdleFirst(t *testing.T) {
	t.Parallel()
	for _, poll := range []string{"epoll", "io_uring"} {
		t.Run(poll, func(t *testing.T) {
			t.Parallel()
			n := lab.NewNetwork(t, "r1")
			n.Host("r1").StartNginx()
			d := n.Balancer.StartDaemon("--loops=2", "--poll="+poll)
			o := n.Balancer.Operator()
			unhurried(n.Balancer)
			port := 8080
			for _, scheduler := range []string{"http", "phttp"} {
				port++
				o.Does("-A", "-i", scheduler, "-s", scheduler, "-P", fmt.Sprint(port), "--maxclients", "4")
				o.Does("-a", "-i", scheduler, "-r", "r1:80")
				o.Does("--add-rule", "-i", scheduler, "-p", ".*", "-r", "r1:80")
				o.Does("--start", "-i", scheduler)
				var kept []*lab.Wire
				for range 4 {
					w := n.Client.Wire(n.VIP(port))
					asks(w, 200, "/")
					kept = append(kept, w)
				}
				asks(kept[0], 200, "/again") // so that the second has been idle for longest
				kept = append(kept[1:], kept[0])
				for i := range 3 {
					newcomer := n.Client.Wire(n.VIP(port))
					asks(newcomer, 200, "/new") // it waits for as long as it takes
					if rest, err := kept[0].Rest(); err != nil || rest != "" {
						t.Errorf("%s, newcomer %d: the client that was idle for longest got %q, %v, expected the end of its connection",
							scheduler, i, rest, err)
					}
					kept = append(kept[1:], newcomer)
				}
				for i, w := range kept {
					w.Say("GET /kept HTTP/1.1\nHost: x\n\n")
					if _, _, err := w.Response("GET"); err != nil {
						t.Errorf("%s: client %d of those who were idle for less: %v", scheduler, i, err)
					}
				}
				v, err := o.Connect(t).Virtual(scheduler)
				if err != nil || v.Service.Stats.Limited < 3 || v.Service.ActiveConns != 4 {
					t.Errorf("%s: %d connections are counted as limited, %d active, %v, expected 3 at least and 4",
						scheduler, v.Service.Stats.Limited, v.Service.ActiveConns, err)
				}
				if got := column(t, o.Does("-Ln", "--stats", "-i", scheduler), scheduler, "Limited"); got != fmt.Sprint(v.Service.Stats.Limited) {
					t.Errorf("%s: -L --stats has %s under Limited, expected %d", scheduler, got, v.Service.Stats.Limited)
				}
				if got := column(t, n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/stats"), scheduler, "Limited"); got != fmt.Sprint(v.Service.Stats.Limited) {
					t.Errorf("%s: the report has %s under Limited, expected %d", scheduler, got, v.Service.Stats.Limited)
				}
				wait.Until(t, "the log says that maxclients is reached", func() bool {
					return d.Log.Has("maxclients is reached: newcomers wait in the listen queue\" service=" + scheduler + " maxclients=4")
				})
			}
		})
	}
}

// Who has a request under way keeps its place, and so does who has yet to take its
// answer: newcomers wait for them.
func TestBusyClientsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	asked, answer := make(chan bool, 2), make(chan bool)
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		conn.Read(make([]byte, 1000))
		asked <- true
		<-answer
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	n.Balancer.StartDaemon("--loops=2")
	unhurried(n.Balancer)
	o := n.Balancer.Operator()
	o.Serve("virtual web { scheduler = phttp maxclients = 1 server = r1:80 1 rule = pattern .* use server r1:80 }")
	busy, newcomer := n.Client.Wire(n.VIP(8080)), n.Client.Wire(n.VIP(8080))
	busy.Say("GET /busy HTTP/1.1\nHost: x\n\n")
	wait.For(t, "the first client's request reaches the server", asked)
	newcomer.Say("GET /new HTTP/1.1\nHost: x\n\n")
	table := o.Connect(t)
	wait.Until(t, "the newcomer is counted as limited", func() bool {
		v, err := table.Virtual("web")
		return err == nil && v.Service.Stats.Limited == 1
	})
	close(answer)
	busy.Expect(200, "GET")
	newcomer.Expect(200, "GET")
}

// column is what stands under a heading in the line of a service.
func column(t testing.TB, table, service, heading string) string {
	t.Helper()
	after := -1 // columns
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		for i, word := range words {
			if word == heading && after < 0 {
				after = len(words) - i
			}
		}
		if after > 0 && len(words) > after && (words[0] == service || words[1] == service) {
			return words[len(words)-after]
		}
	}
	t.Fatalf("no column %s of %s in\n%s", heading, service, table)
	return ""
}
