package netns

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// What happens when there is no server to be had, and when there are more
// clients than a service takes.

func TestWithoutAServerAClientIsToldSo(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	o := n.Balancer.Operator()
	client := n.Client.HTTPClient()
	web := "http://" + n.VIP(8080) + "/"
	for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
		for want, config := range map[int]string{
			503: "",
			// Nobody listens there.
			502: "server = r1:81 1 rule = pattern .* use server r1:81",
		} {
			o.Load("virtual web { scheduler = " + scheduler + " " + config + " }")
			o.Does("--start")
			for range 3 {
				if status, _, err := lab.Get(client, web); err != nil || status != want {
					t.Errorf("%s, %q: status %d, %v, want %d", scheduler, config, status, err, want)
				}
			}
			client.CloseIdleConnections()
			o.Does("--stop")
		}
		o.Load("virtual web { scheduler = " + scheduler + " server = r1:80 0 rule = pattern .* use server r1:80 }")
		o.Does("--start")
		if status, _, err := lab.Get(client, web); err != nil || status != 503 {
			t.Errorf("%s, all servers quiescent: status %d, %v", scheduler, status, err)
		}
		client.CloseIdleConnections()
		o.Does("--stop")
	}
	// No protocol to say it in: the connection is reset, maybe before its caller looks.
	for _, config := range []string{"", "server = r1:81 1", "server = r1:80 0"} {
		o.Load("virtual web { scheduler = wlc " + config + " }")
		o.Does("--start")
		if rest, err := n.Client.Heard(n.VIP(8080)); rest != "" || !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("wlc, %q: got %q, %v, expected a reset", config, rest, err)
		}
		o.Does("--stop")
	}
}

func TestTheRedirectAddressStandsInForAServer(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	n.Balancer.StartNginx() // the local address
	o := n.Balancer.Operator()
	client := n.Client.HTTPClient()
	for _, scheduler := range []string{"wlc", "http", "hhttp", "phttp", "chttp"} {
		for why, config := range map[string]string{
			"no rule matches": "server = r1:81 1 rule = pattern /other use server r1:81",
			"all quiescent":   "server = r1:81 0 rule = pattern .* use server r1:81",
			"refused":         "server = r1:81 1 rule = pattern .* use server r1:81",
		} {
			o.Load("virtual web { scheduler = " + scheduler + " redirect = 127.0.0.1:80 " + config + " }")
			o.Does("--start")
			for range 3 {
				status, body, err := lab.Get(client, "http://"+n.VIP(8080)+"/a")
				if err != nil || status != 200 || body != "balancer /a\n" {
					t.Errorf("%s, %s: status %d, %q, %v", scheduler, why, status, body, err)
				}
			}
			client.CloseIdleConnections()
			o.Does("--stop")
		}
	}
}

func TestPastMaxclientsConnectionsWaitInTheQueue(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon("--loops=2")
	o := n.Balancer.Operator()
	server := n.Host("r1").Serve(":70", func(conn net.Conn) {
		conn.Write([]byte("served\n"))
		conn.Read(make([]byte, 1))
	})
	o.Load("virtual any { scheduler = wlc maxclients = 5 server = r1:70 1 }")
	o.Does("--start")
	served := make(chan *lab.Wire, 20)
	waiting := map[*lab.Wire]bool{}
	for range 20 {
		w := n.Client.Wire(n.VIP(8080)) // the kernel connects them all
		waiting[w] = true
		go func() {
			buf := make([]byte, 7)
			if size, err := w.Read(buf); err == nil && string(buf[:size]) == "served\n" {
				served <- w
			}
		}()
	}
	for left := 20; left > 0; {
		batch := min(5, left)
		var now []*lab.Wire
		for range batch {
			now = append(now, wait.For(t, fmt.Sprintf("the next of %d clients is served", left), served))
		}
		wait.Stays(t, 150*time.Millisecond, "no clients more than maxclients are served", func() bool { return len(served) == 0 })
		if open := server.Open.Load(); open > 5 {
			t.Errorf("the server has %d connections", open)
		}
		for _, w := range now {
			w.Close()
		}
		left -= batch
	}
}

func TestSpareServersAreKeptWarm(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	// The contexts themselves are not to be seen; that any number of them
	// serves is.
	for _, numbers := range []string{
		"startservers = 1 minspareservers = 1 maxspareservers = 1",
		"startservers = 100 minspareservers = 50 maxspareservers = 60",
		"startservers = 65535 minspareservers = 1 maxspareservers = 65535",
	} {
		f.Load("virtual web { " + numbers + " server = r1:80 1 rule = pattern .* use server r1:80 }")
		f.Does("--start")
		for range 30 {
			if got := f.askAs(t, f.Client.HTTPClient(), "/"); got != "r1" {
				t.Errorf("%s: answered by %s", numbers, got)
			}
		}
		f.Does("--stop")
	}
}

func TestCountersCountWhatHasPassed(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p ^/a -r r1:80
		--add-rule -i web -p ^/b -r r2:80
		--start`)
	for range 10 {
		f.routes(t, map[string]string{"/a": "r1", "/b": "r2", "/c": "503"})
	}
	table := f.Connect(t)
	var got [4]uint64
	lab.Eventually(t, "30 connections are counted", func() bool {
		v, err := table.Virtual("web")
		if err != nil {
			t.Fatal(err)
		}
		s := v.Service.Stats
		got = [4]uint64{s.Conns, s.Requests, v.Dests[0].Stats.Requests, v.Dests[1].Stats.Requests}
		return got == [4]uint64{30, 30, 10, 10} && s.Errors == 10 && s.InBytes > 0 && s.OutBytes > s.InBytes/2
	})
	stats := f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/stats")
	if words := strings.Fields(strings.Split(stats, "\n")[1]); words[0] != "web" || words[1] != "30" || words[2] != "30" {
		t.Errorf("the report is\n%s", stats)
	}
	services := f.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/services")
	if !strings.Contains(services, "RUNNING") || strings.Count(services, "->") != 3 {
		t.Errorf("the report is\n%s", services)
	}
	f.Does("-Z", "-i", "web")
	if out := f.Does("-Ln", "--stats"); strings.Contains(out, " 30 ") {
		t.Errorf("after -Z:\n%s", out)
	}
}

func TestOpenConnectionsAreReported(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	greeters(n, "r1")
	n.Balancer.Operator().Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	w := n.Client.Wire(n.VIP(8080))
	w.Line()
	lines := strings.Split(n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), "\n")
	if len(lines) != 2 {
		t.Fatalf("the report is %q", lines)
	}
	words := strings.Fields(lines[1])
	if want := []string{"any", w.LocalAddr().String(), "10.99.2.2:70", "TUNNEL"}; strings.Join(words[:4], " ") != strings.Join(want, " ") {
		t.Errorf("reported %v, want %v", words, want)
	}
}
