package netns

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// The whole process stands still for longer than any timeout, as it does on a
// machine that is frozen, or has too much to do. What arrives meanwhile counts.

// crowd is one kind of clients, of a service of their own. before brings them to
// where they are when the process stops, meanwhile is what they do then, and the
// answer comes when it goes on.
type crowd struct {
	what, scheduler, server, before, meanwhile string

	port  int
	wires []*lab.Wire
}

// each has a bit more than one look at the kernel brings.
const each = 300

const simple = "GET / HTTP/1.1\nHost: x\n\n"

func crowds(nowhere string) (all []*crowd) {
	for _, scheduler := range []string{"http", "phttp"} {
		all = append(all,
			&crowd{what: "idle clients that ask", scheduler: scheduler, before: simple, meanwhile: simple},
			&crowd{what: "the rest of a head", scheduler: scheduler, before: simple + "GET / HTTP/1.1\nHost: ", meanwhile: "x\n\n"},
			&crowd{what: "the rest of a body", scheduler: scheduler, before: simple + "PUT / HTTP/1.1\nHost: x\nContent-Length: 4\n\nab", meanwhile: "cd"},
			&crowd{what: "answers", scheduler: scheduler, before: "GET /hold HTTP/1.1\nHost: x\n\n"})
	}
	return append(all,
		&crowd{what: "a tunnel", scheduler: "wlc", before: simple, meanwhile: simple},
		&crowd{what: "a call that is taken", scheduler: "phttp", server: nowhere, before: simple},
		&crowd{what: "a server connection that ends", scheduler: "phttp", server: ":81", before: simple, meanwhile: "POST / HTTP/1.1\nHost: x\nContent-Length: 1\n\nb"})
}

// stoppable is a server that holds some of its answers.
type stoppable struct {
	asked, answered sync.WaitGroup // requests that are held
	answer          chan struct{}
}

func (s *stoppable) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		held := r.URL.Path == "/hold"
		if held {
			s.asked.Done()
			<-s.answer
		}
		io.Copy(io.Discard, r.Body)
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if held {
			s.answered.Done()
		}
		if err != nil {
			return
		}
	}
}

// statuses counts what the clients get.
func (c *crowd) statuses() map[string]int {
	seen := map[string]int{}
	for _, w := range c.wires {
		response, _, err := w.Response("GET")
		if err != nil {
			seen[fmt.Sprintf("%T", err)]++
		} else {
			seen[response.Status]++
		}
	}
	return seen
}

func TestWhatArrivesDuringAStandstillCounts(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		steady.Slower(t, func(t testing.TB, scale int) { standStill(t, poller, time.Duration(20*scale)*time.Second) })
	})
}

// standStill has the daemon stand still for longer than all timeouts. What comes
// before that, and after it, must take less.
func standStill(t testing.TB, poller string, timeout time.Duration) {
	n := lab.NewNetwork(t, "r1")
	daemon, o := n.Balancer.StartDaemon(poller, "--loops=1"), n.Balancer.Operator()
	server := &stoppable{answer: make(chan struct{})}
	n.Host("r1").Serve(":80", server.serve)
	end := make(chan struct{})
	var first sync.Once
	n.Host("r1").Serve(":81", func(conn net.Conn) {
		first.Do(func() { go func() { <-end; conn.Close() }() })
		server.serve(conn)
	})
	nowhere := net.JoinHostPort(n.Strand().String(), "80")
	all, config := crowds(nowhere), ""
	for i, c := range all {
		c.port = 8100 + i
		switch {
		case c.server == "":
			c.server = n.Web("r1")
		case c.server[0] == ':':
			c.server = n.Addr("r1").String() + c.server
		}
		config += fmt.Sprintf("virtual w%d { listen = 0.0.0.0:%d scheduler = %s maxclients = 1000 server = %s 1 rule = pattern .* use server %s }\n",
			i, c.port, c.scheduler, c.server, c.server)
	}
	o.Load(config)
	o.Does("--start")
	for _, knob := range []string{"keepalive_timeout", "header_timeout", "read_timeout", "first_byte_timeout", "connect_timeout"} {
		n.Balancer.SetKnob(knob, fmt.Sprint(timeout.Seconds()))
	}
	for _, c := range all {
		number := each
		if strings.HasPrefix(c.what, "a ") && c.scheduler == "phttp" {
			number = 1
		}
		for range number {
			w := n.Client.Wire(n.VIP(c.port))
			w.SetDeadline(wait.End().Add(2 * timeout))
			c.wires = append(c.wires, w)
		}
		if strings.Contains(c.before, "/hold") {
			server.asked.Add(number)
			server.answered.Add(number)
		}
		for _, w := range c.wires {
			w.Say("%s", c.before)
		}
		if c.meanwhile != "" {
			if got := c.statuses(); got["200 OK"] != number {
				t.Fatalf("%s, %s: first answers %v, want 200 for all %d", c.scheduler, c.what, got, number)
			}
		}
	}
	server.asked.Wait()
	lab.Eventually(t, "the server that is not there is called", func() bool {
		out, _ := n.Balancer.Try("ss -Htn state syn-sent dst " + nowhere)
		return out != ""
	})
	daemon.Signal(unix.SIGSTOP)
	for _, c := range all {
		for _, w := range c.wires {
			if c.meanwhile != "" {
				w.Say("%s", c.meanwhile)
			}
		}
	}
	close(server.answer)
	server.answered.Wait()
	close(end)
	address, _, _ := net.SplitHostPort(nowhere)
	n.Client.Shell("ip addr add " + address + "/24 dev eth0")
	n.Client.Serve(nowhere, server.serve)
	n.Balancer.Shell("ip neigh del " + address + " dev to1")
	wait.Pass(timeout + time.Second)
	daemon.Signal(unix.SIGCONT)
	for _, c := range all {
		if got := c.statuses(); got["200 OK"] != len(c.wires) {
			t.Errorf("%s, %s: answers %v, want 200 for all %d: everything had arrived in time", c.scheduler, c.what, got, len(c.wires))
		}
	}
}
