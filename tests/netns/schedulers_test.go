package netns

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// Each scheduler's choice, the reference's section 5, as the servers see it.

// greeters are servers of no protocol at all: each says its name unasked, and
// then holds the connection until the client ends it.
func greeters(n *lab.Network, names ...string) map[string]*lab.Backend {
	servers := map[string]*lab.Backend{}
	for _, name := range names {
		servers[name] = n.Host(name).Serve(":70", func(conn net.Conn) {
			fmt.Fprintln(conn, name)
			conn.Read(make([]byte, 1))
		})
	}
	return servers
}

func TestWlcSpreadsOpenConnectionsByWeight(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1", "r2", "r3")
	n.Balancer.StartDaemon()
	o := n.Balancer.Operator()
	servers := greeters(n, "r1", "r2", "r3")
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70 -w 1
		-a -i any -r r2:70 -w 2
		-a -i any -r r3:70 -w 3
		--start`)
	var open []*lab.Wire
	counts := func() [3]int64 {
		return [3]int64{servers["r1"].Open.Load(), servers["r2"].Open.Load(), servers["r3"].Open.Load()}
	}
	connect := func(count int) {
		t.Helper()
		for range count {
			w := n.Client.Wire(n.VIP(8080))
			w.Line()
			open = append(open, w)
		}
	}
	connect(120)
	if got := counts(); got != [3]int64{20, 40, 60} {
		t.Errorf("of 120 connections at weights 1, 2 and 3 the servers have %v", got)
	}
	// Those that end count no more.
	for _, w := range open {
		w.Close()
	}
	open = nil
	for _, name := range []string{"r1", "r2", "r3"} {
		lab.Eventually(t, name+" has no connection", func() bool { return servers[name].Open.Load() == 0 })
	}
	table := o.Connect(t)
	lab.Eventually(t, "the daemon counts no connection", func() bool {
		v, err := table.Virtual("any")
		if err != nil {
			t.Fatal(err)
		}
		return v.Service.ActiveConns+v.Dests[0].ActiveConns+v.Dests[1].ActiveConns+v.Dests[2].ActiveConns == 0
	})
	connect(60)
	if got := counts(); got != [3]int64{10, 20, 30} {
		t.Errorf("of 60 connections more the servers have %v", got)
	}
	// A new weight counts from the next connection on, with what is open.
	o.Does("-e", "-i", "any", "-r", "r1:70", "-w", "6")
	connect(50)
	if got := counts(); got != [3]int64{60, 20, 30} {
		t.Errorf("with weights 6, 2 and 3 and 110 connections the servers have %v", got)
	}
}

func TestWlcRelaysWhateverIsSaid(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	n.Host("r1").Serve(":70", func(conn net.Conn) {
		buf := make([]byte, 1<<16)
		for {
			size, err := conn.Read(buf)
			if err != nil {
				return
			}
			conn.Write(buf[:size])
		}
	})
	o := n.Balancer.Operator()
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	w := n.Client.Wire(n.VIP(8080))
	for _, said := range []string{"\x00\xff\x16\x03\x01", "GET / HTTP/9.9\r\n\r\n", strings.Repeat("bulk", 1<<18)} {
		go w.Write([]byte(said))
		got := make([]byte, len(said))
		for have := 0; have < len(got); {
			size, err := w.Read(got[have:])
			if err != nil {
				t.Fatal(err)
			}
			have += size
		}
		if string(got) != said {
			t.Errorf("%d bytes came back changed", len(said))
		}
	}
}

func TestAQuiescentServerGetsNothingNew(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1", "r2")
	n.Balancer.StartDaemon()
	o := n.Balancer.Operator()
	servers := greeters(n, "r1", "r2")
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		-a -i any -r r2:70 -w 0
		--start`)
	kept := n.Client.Wire(n.VIP(8080))
	if name := kept.Line(); name != "r1" {
		t.Errorf("answered by %s, which is quiescent", name)
	}
	o.Script(`
		-e -i any -r r1:70 -w 0
		-e -i any -r r2:70 -w 1`)
	for range 20 {
		if name := n.Client.Wire(n.VIP(8080)).Line(); name != "r2" {
			t.Errorf("answered by %s, which is quiescent", name)
		}
	}
	if open := servers["r1"].Open.Load(); open != 1 {
		t.Errorf("r1 has %d connections, and should keep its one", open)
	}
}

func TestHttpChoosesByTheFirstRequestOfAConnection(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web -s http
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r2:80
		--add-rule -i web -p /images/ -r r1:80
		--start`)
	for round := range 100 {
		f.client.CloseIdleConnections()
		first, second := "/images/", "/html/"
		want := "r1"
		if round%2 == 1 {
			first, second, want = second, first, "r2"
		}
		for _, uri := range []string{first, second, first} {
			if got := f.ask(t, uri); got != want {
				t.Fatalf("round %d: %s is answered by %s, want %s as the connection began there", round, uri, got, want)
			}
		}
	}
	for name, web := range f.web {
		if n := web.Served(150); n != 50 {
			t.Errorf("%s has served 50 connections' requests over %d", name, n)
		}
	}
}

func TestHttpTakesTheLeastLoadedServerOfARule(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2", "r3")
	f.Script(`
		-A -i web -s http
		-a -i web -r r1:80 -w 2
		-a -i web -r r2:80 -w 1
		-a -i web -r r3:80 -w 0
		--add-rule -i web -p .* -r r1:80
		--add-rule -i web -p .* -r r2:80
		--add-rule -i web -p .* -r r3:80
		--start`)
	seen := map[string]int{}
	for i := range 60 {
		// Each client keeps its connection, and with it its server.
		seen[f.askAs(t, f.Client.HTTPClient(), fmt.Sprintf("/%d", i))]++
	}
	if seen["r1"] != 40 || seen["r2"] != 20 {
		t.Errorf("60 open connections at weights 2, 1 and 0: %v", seen)
	}
}

func TestHhttpHashesTheCaptureGroup(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2", "r3")
	f.Script(`
		-A -i web -s hhttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		-a -i web -r r3:80
		--add-rule -i web -p ^/users/([^/]+)/(.*) -m 1 -r r1:80
		--add-rule -i web -p ^/users/([^/]+)/(.*) -m 1 -r r2:80
		--add-rule -i web -p ^/users/([^/]+)/(.*) -m 1 -r r3:80
		--start`)
	list := []string{"r3", "r2", "r1"} // newest first
	for i := range 300 {
		user := fmt.Sprintf("user%d", i*7919)
		sum := 0
		for _, b := range []byte(user) {
			sum += int(b)
		}
		if got, want := f.askAnew(t, fmt.Sprintf("/users/%s/%d", user, i)), list[sum%3]; got != want {
			t.Fatalf("user %s, whose bytes add up to %d, is sent to %s, want %s", user, sum, got, want)
		}
	}
}

func TestPhttpChoosesForEachRequest(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2", "r3")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		-a -i web -r r3:80
		--add-rule -i web -p .* -r r3:80
		--add-rule -i web -p /html/ -r r2:80
		--add-rule -i web -p /images/ -r r1:80
		--start`)
	// One client connection; its requests go to three servers in turn.
	for range 100 {
		for uri, want := range map[string]string{"/images/a": "r1", "/html/b": "r2", "/c": "r3"} {
			if got := f.ask(t, uri); got != want {
				t.Fatalf("%s is answered by %s, want %s", uri, got, want)
			}
		}
	}
	for name, web := range f.web {
		if n := web.Served(100); n != 1 {
			t.Errorf("%s has served one client over %d connections, want 1 from the pool", name, n)
		}
	}
}

func TestPhttpServerConnectionsAreSharedByAllClients(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		--add-rule -i web -p .* -r r1:80
		--start`)
	// 60 clients, of which at most 3 ask at once.
	var busy sync.WaitGroup
	for worker := range 3 {
		busy.Go(func() {
			for i := range 20 {
				client := f.Client.HTTPClient()
				for range 5 {
					status, _, err := lab.Get(client, fmt.Sprintf("http://%s/%d/%d", f.VIP(8080), worker, i))
					if err != nil || status != 200 {
						t.Errorf("status %d, %v", status, err)
						return
					}
				}
			}
		})
	}
	busy.Wait()
	// Each of the two loops has a pool.
	if n := f.web["r1"].Served(300); n > 3*2 {
		t.Errorf("60 clients, 3 at a time, were served over %d connections", n)
	}
}

func TestPhttpGivesRequestsOfHTTP10AConnectionEach(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		--add-rule -i web -p .* -r r1:80
		--start`)
	for range 10 {
		w := f.Client.Wire(f.VIP(8080))
		w.Say("GET /old HTTP/1.0\nHost: x\n\n")
		rest, err := w.Rest()
		if err != nil || !strings.HasPrefix(rest, "HTTP/1.1 200") || !strings.HasSuffix(rest, "r1 /old\n") {
			t.Fatalf("got %q, %v", rest, err)
		}
	}
}

func TestChangingTheSchedulerOfARunningService(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web -s http
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r2:80
		--add-rule -i web -p /a -r r1:80
		--start`)
	for _, scheduler := range []string{"phttp", "http", "chttp", "hhttp", "phttp", "http"} {
		f.Does("-E", "-i", "web", "-s", scheduler)
		f.routes(t, map[string]string{"/a": "r1", "/b": "r2"})
	}
	f.Script(`
		-E -i web -s wlc
		-e -i web -r r1:80 -w 0`)
	f.routes(t, map[string]string{"/a": "r2", "/b": "r2"})
}
