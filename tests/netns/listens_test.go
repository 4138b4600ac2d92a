package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// unheard reports whether nobody listens at an address, as a client finds it.
func unheard(t *testing.T, n *lab.Network, addr string) bool {
	t.Helper()
	conn, err := n.Client.Dial(addr)
	if err == nil {
		conn.Close()
	} else if !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("a connection to %s fails with %v, expected a refusal or none", addr, err)
	}
	return err != nil
}

// TestAServiceListensAtAllItsAddresses has a service of every scheduler at addresses of
// IPv4 and IPv6 and at several ports.
func TestAServiceListensAtAllItsAddresses(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "r1") })
		n.Balancer.StartDaemon(poller, "--loops=2")
		o := n.Balancer.Operator()
		var file strings.Builder
		ports := map[string]int{}
		for i, scheduler := range []string{"wlc", "http", "hhttp", "phttp", "chttp"} {
			p := 8000 + 10*i
			ports[scheduler] = p
			rule := "rule = pattern .* use server r1:80"
			if scheduler == "wlc" {
				rule = ""
			}
			fmt.Fprintf(&file, "virtual %s { scheduler = %s listen = 0.0.0.0:%d listen = [::]:%d listen = 10.99.1.1:%d listen = [fd99:1::1]:%d server = r1:80 %s }\n",
				scheduler, scheduler, p, p, p+1, p+2, rule)
		}
		o.Serve(file.String())
		client := n.Client.HTTPClient()
		for scheduler, p := range ports {
			addrs := []string{n.VIP(p), n.VIP6(p), n.VIP(p + 1), n.VIP6(p + 2)}
			for _, addr := range addrs {
				if status, body, err := lab.Get(client, "http://"+addr+"/"); status != 200 || body != "r1" {
					t.Errorf("%s at %s answers %d %q, %v; expected 200 from r1", scheduler, addr, status, body, err)
				}
			}
			for _, addr := range []string{n.VIP6(p + 1), n.VIP(p + 2)} {
				if !unheard(t, n, addr) {
					t.Errorf("%s takes a connection to %s, where it is not to listen", scheduler, addr)
				}
			}
			o.Does("--stop", "-i", scheduler)
			for _, addr := range addrs {
				if !unheard(t, n, addr) {
					t.Errorf("%s takes a connection to %s after it was stopped", scheduler, addr)
				}
			}
			want := fmt.Sprintf("%s 0.0.0.0:%d,[::]:%d,10.99.1.1:%d,[fd99:1::1]:%d ", scheduler, p, p, p+1, p+2)
			stats := o.Does("-Ln", "--stats", "-i", scheduler)
			_, line, found := strings.Cut(stats, "\n"+want)
			if cells := strings.Fields(line); !found || cells[2] != "4" {
				t.Errorf("the counters of %s are\n%s\nexpected %q, and 4 connections in all", scheduler, stats, want)
			}
			if report := n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/services"); !strings.Contains(report, strings.Fields(want)[1]) {
				t.Errorf("the report has not %q:\n%s", want, report)
			}
		}
	})
}

// TestAStartTakesAllAddressesOrNone has programs in the way of one of several.
func TestAStartTakesAllAddressesOrNone(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	greeters(n, "r1")
	n.Balancer.StartDaemon("--loops=2")
	o := n.Balancer.Operator()
	foreign := n.Balancer.Listen("[fd99:1::1]:81")
	o.Load(`virtual a { scheduler = wlc listen = 10.99.1.1:80 listen = [fd99:1::1]:81 listen = 10.99.1.1:82 server = r1:70 }
		virtual b { scheduler = wlc listen = 10.99.1.1:83 server = r1:70 }`)
	none := func(when string) {
		t.Helper()
		for _, addr := range []string{n.VIP(80), n.VIP(82)} {
			if !unheard(t, n, addr) {
				t.Errorf("%s: %s takes a connection", when, addr)
			}
		}
	}
	const taken = `Address already in use: service "a": listen on [fd99:1::1]:81`
	o.Fails(1, taken, "--start", "-i", "a")
	none("the second address is taken")
	o.Fails(1, taken, "--start") // which starts b
	none("all are to start")
	if w := n.Client.Wire(n.VIP(83)); w.Line() != "r1" {
		t.Error("the service that can start does not serve")
	}
	// A change of one that runs: all addresses, or it is as it was.
	other := n.Balancer.Listen("10.99.1.1:85")
	defer other.Close()
	o.Fails(1, `Address already in use: service "b": listen on 10.99.1.1:85`, "-E", "-i", "b", "-l", "10.99.1.1:84", "-l", "10.99.1.1:85", "-l", "[fd99:1::1]:86")
	if unheard(t, n, n.VIP(83)) || !unheard(t, n, n.VIP(84)) {
		t.Error("a change that was refused has b listen elsewhere")
	}
	foreign.Close()
	o.Does("--start", "-i", "a")
	for _, addr := range []string{n.VIP(80), n.VIP6(81), n.VIP(82)} {
		if w := n.Client.Wire(addr); w.Line() != "r1" {
			t.Errorf("%s does not serve when its address is free", addr)
		}
	}
	// What is wrong about a set is told by name.
	o.Fails(4, `Service already exists: service "a"`, "-A", "-i", "a", "-l", "10.99.1.1:90", "-l", "10.99.1.1:91")
	o.Fails(1, `Address already in use: service "b": 10.99.1.1:82 is where service "a" listens: give one of them another address`, "-E", "-i", "b", "-l", "10.99.1.1:83", "-l", "10.99.1.1:82")
	o.Fails(1, `Module is wrong version: service "b": listen address 10.99.1.1:90 is given twice`, "-E", "-i", "b", "-l", "10.99.1.1:90", "-l", "10.99.1.1")
}

// TestAnEditOfTheAddressesEndsNoConnection has clients at the address that stays, at one
// that goes, and in the listen queues of both, while the set is changed by -E and by -f.
func TestAnEditOfTheAddressesEndsNoConnection(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Host("r1").Serve(":70", func(conn net.Conn) { io.Copy(conn, conn) })
		n.Balancer.StartDaemon(poller, "--loops=1")
		o := n.Balancer.Operator()
		echoes := func(w *lab.Wire, what string) {
			t.Helper()
			w.Say("%s\n", what)
			if got := strings.TrimSpace(w.Line()); got != what {
				t.Errorf("%s: the connection answers %q, expected the same", what, got)
			}
		}
		text := func(maxclients int, listens string) string {
			return fmt.Sprintf("virtual web { scheduler = wlc maxclients = %d startservers = 1 %s server = r1:70 }", maxclients, listens)
		}
		o.Serve(text(2, "listen = 10.99.1.1:80 listen = [fd99:1::1]:81"))
		stays, goes := n.Client.Wire(n.VIP(80)), n.Client.Wire(n.VIP6(81))
		echoes(stays, "open where it stays")
		echoes(goes, "open where it goes")
		waits, left := n.Client.Wire(n.VIP(80)), n.Client.Wire(n.VIP6(81)) // both places are taken

		o.Does("-E", "-i", "web", "-l", "10.99.1.1:80", "-l", "10.99.1.1:82", "--maxclients", "9")
		echoes(waits, "waits where it stays")
		echoes(left, "waits where it goes")
		echoes(stays, "goes on where it stays")
		echoes(goes, "goes on where it has gone")
		echoes(n.Client.Wire(n.VIP(82)), "new address")
		if !unheard(t, n, n.VIP6(81)) {
			t.Error("the address that has gone takes a connection")
		}
		before := o.Does("-Sn")
		o.Load(before)
		if again := o.Does("-Sn"); again != before {
			t.Errorf("saved, loaded and saved again it is\n%s\nexpected\n%s", again, before)
		}
		o.Load(text(9, "listen = [fd99:1::1]:83 listen = 10.99.1.1:80"))
		echoes(stays, "goes on over a load")
		echoes(goes, "goes on over a load, too")
		echoes(n.Client.Wire(n.VIP6(83)), "address of the load")
		if !unheard(t, n, n.VIP(82)) {
			t.Error("the address that the file has no more takes a connection")
		}
		if stats := strings.Join(strings.Fields(o.Does("-Ln", "--stats", "-i", "web")), " "); !strings.Contains(stats, "web [fd99:1::1]:83,10.99.1.1:80 running 6 6 ") {
			t.Errorf("the service has not 6 connections of 6:\n%s", stats)
		}
	})
}

// TestSeveralAddressesAreKeptComparedAndTold also restarts the daemon.
func TestSeveralAddressesAreKeptComparedAndTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const block = "virtual web { scheduler = wlc state = running listen = 127.0.0.1:81 listen = [::1]:82 listen = 127.0.0.1:83 server = r1 }"
	o.Load(block)
	head := "Virtual web {\n    listen = 127.0.0.1:81\n    listen = [::1]:82\n    listen = 127.0.0.1:83\n    scheduler = wlc\n"
	if table := o.Table(); !strings.HasPrefix(table, head) || !strings.Contains(table, "server = 192.168.0.11:81 1\n") {
		t.Errorf("the table is\n%s\nexpected\n%s and a server at the port of the first", table, head)
	}
	saved := o.Does("-Sn")
	o.daemon.Kill()
	o.daemon = o.StartDaemon()
	if again := o.Does("-Sn"); again != saved {
		t.Errorf("after a restart it is\n%s\nexpected\n%s", again, saved)
	}
	o.Script("--stop\n-F")
	o.Load(saved)
	if again := o.Does("-Sn"); again != saved || !strings.Contains(saved, head) {
		t.Errorf("saved, restored and saved again it is\n%s\nexpected\n%s", again, saved)
	}
	if out := o.Does("-f", o.File(saved), "--diff"); out != "" {
		t.Errorf("what is there differs from itself:\n%s", out)
	}
	path := o.File("virtual web { scheduler = wlc listen = 127.0.0.1:81 listen = 127.0.0.1:84 server = r1 }\nvirtual two { listen = 127.0.0.1:85 listen = [::1]:85 }")
	const differs = "~ service web: listen 127.0.0.1:81, [::1]:82, 127.0.0.1:83 -> 127.0.0.1:81, 127.0.0.1:84\n"
	r := o.Call("-f", path, "--diff")
	if r.Status != 1 || !strings.Contains(r.Stdout, differs) || !strings.Contains(r.Stdout, "+ service two: listen 127.0.0.1:85, [::1]:85, scheduler http, stopped\n") {
		t.Errorf("status %d, %s\n%s\nexpected 1, a line for the new service and\n%s", r.Status, r.Stderr, r.Stdout, differs)
	}
	o.Does("-E", "-i", "web", "-l", "127.0.0.1:81", "-l", "127.0.0.1:84")
	const told = "  - web: listen = [::1]:82\n  - web: listen = 127.0.0.1:83\n  + web: listen = 127.0.0.1:84\n"
	if history := o.Does("--history", "-n", "1"); !strings.Contains(history, told) {
		t.Errorf("the history is\n%s\nexpected\n%s", history, told)
	}
	own := o.File("virtual web { listen = 127.0.0.1:81 listen = 127.0.0.1:84 redirect = 127.0.0.1:84 }")
	o.Fails(1, own+`:1:9: Module is wrong version: service "web": 127.0.0.1:84 is where the service itself listens (127.0.0.1:84), so that a connection would come back for ever: give another address`, "-f", own)
	o.Fails(1, `Module is wrong version: service "web": a port alone, and the service has 2 listen addresses: give all of them`, "-E", "-i", "web", "-P", "90")
	// Addresses that a client of one address gives take the place of all.
	o.Does("-E", "-i", "web", "-l", "127.0.0.1:86")
	if table := o.Table(); strings.Count(table, "listen = ") != 1 {
		t.Errorf("with one address given the table is\n%s", table)
	}
	bad := o.File("virtual web {\n" + strings.Repeat("listen = 127.0.0.1:1\n", 2) + "}")
	o.Fails(1, bad+`:3:10: expected another address than that of line 2, found "127.0.0.1:1"`, "-f", bad)
}
