package netns

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// Services that lead back to the daemon.

func TestARequestThatLeadsBackIsRefusedAndTheLogSaysOfWhichService(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			t.Run(scheduler, func(t *testing.T) { leadsBack(t, poller, scheduler) })
		}
	})
}

// leadsBack has a daemon of its own: kept connections of services that were
// stopped a moment ago would say that these are gone.
func leadsBack(t *testing.T, poller, scheduler string) {
	n := lab.NewNetwork(t)
	daemon := n.Balancer.StartDaemon(poller)
	o := n.Balancer.Operator()
	o.Does("--knob", "debug_level=1")
	// One that leads to itself, two that lead to each other, and two whose
	// redirect addresses do.
	o.Load(fmt.Sprintf(`
		virtual self { scheduler = %[1]s listen = 0.0.0.0:8080 maxclients = 16
			server = %[2]s:8080 rule = pattern .* use server %[2]s:8080 }
		virtual one { scheduler = %[1]s listen = 0.0.0.0:8081 maxclients = 16
			server = 127.0.0.1:8082 rule = pattern .* use server 127.0.0.1:8082 }
		virtual two { scheduler = %[1]s listen = 0.0.0.0:8082 maxclients = 16 via = on
			server = 127.0.0.1:8081 rule = pattern .* use server 127.0.0.1:8081 }
		virtual spare { scheduler = %[1]s listen = 0.0.0.0:8083 maxclients = 16 via = spare
			redirect = 127.0.0.1:8084 }
		virtual again { scheduler = %[1]s listen = 0.0.0.0:8084 maxclients = 16 via = spare
			redirect = 127.0.0.1:8083 }`, scheduler, hostOf(n.VIP(8080))))
	o.Does("--start")
	for _, port := range []int{8080, 8081, 8082, 8083} {
		status, _, err := lab.Get(n.Client.HTTPClient(), "http://"+n.VIP(port)+"/loop")
		if err != nil || status != 508 {
			t.Errorf("port %d: status %d, %v, want 508", port, status, err)
		}
	}
	for _, name := range []string{"self", "again"} {
		lab.Eventually(t, "the log names "+name+" as leading back", func() bool {
			return slices.ContainsFunc(strings.Split(daemon.Log.String(), "\n"), func(line string) bool {
				return strings.Contains(line, "refused") && strings.Contains(line, name) &&
					strings.Contains(line, "508") && strings.Contains(line, "leads back")
			})
		})
	}
}

// Requests that lead back, so many at once that each takes a place and none is left
// for the next hop: none waits for the others, and afterwards the places are free.
func TestRequestsThatLeadBackDoNotTakeEachOthersPlaces(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			t.Run(scheduler, func(t *testing.T) { takePlaces(t, poller, scheduler) })
		}
	})
}

func takePlaces(t *testing.T, poller, scheduler string) {
	const places = 8
	n := lab.NewNetwork(t)
	n.Balancer.StartDaemon(poller)
	o := n.Balancer.Operator()
	o.Load(fmt.Sprintf(`
		virtual self { scheduler = %[1]s listen = 0.0.0.0:8080 maxclients = %[3]d
			server = %[2]s:8080 rule = pattern .* use server %[2]s:8080 }
		virtual one { scheduler = %[1]s listen = 127.0.0.1:8081 maxclients = %[3]d
			server = 127.0.0.1:8082 rule = pattern .* use server 127.0.0.1:8082 }
		virtual two { scheduler = %[1]s listen = 0.0.0.0:8082 maxclients = %[3]d via = two
			server = 127.0.0.1:8081 rule = pattern .* use server 127.0.0.1:8081 }
		virtual spare { scheduler = %[1]s listen = 0.0.0.0:8083 maxclients = %[3]d
			redirect = 127.0.0.1:8085 }
		virtual again { scheduler = %[1]s listen = 0.0.0.0:8085 maxclients = %[3]d via = spare
			redirect = 127.0.0.1:8083 }
		virtual single { scheduler = %[1]s listen = 0.0.0.0:8084 maxclients = 1
			server = 127.0.0.1:8084 rule = pattern .* use server 127.0.0.1:8084 }`, scheduler, hostOf(n.VIP(8080)), places))
	o.Does("--start")
	for port, clients := range map[int]int{8080: places, 8082: places, 8083: places, 8084: 1} {
		for range 2 {
			var wires []*lab.Wire
			for range clients {
				wires = append(wires, n.Client.Wire(n.VIP(port)))
			}
			for _, w := range wires {
				w.Say("GET / HTTP/1.1\nHost: x\nConnection: close\n\n")
			}
			for i, w := range wires {
				response, _, err := w.Response("GET")
				if err != nil || response.StatusCode != 508 && response.StatusCode != 503 {
					t.Fatalf("port %d, client %d of %d: %v, %v; want 508, or 503 where no place was left", port, i, clients, response, err)
				}
				w.Close()
			}
		}
	}
}

// hostOf is an address without its port.
func hostOf(address string) string { return address[:strings.LastIndexByte(address, ':')] }

// One service before another is no loop, and each may be known by its own name.
func TestAServiceMayStandBeforeOthersOfTheDaemon(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		n.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, strings.Join(r.Header.Values("Via"), ", "))
		})
		o := n.Balancer.Operator()
		o.Load(`
			virtual a { scheduler = phttp listen = 0.0.0.0:8080 server = 127.0.0.1:8081 rule = pattern .* use server 127.0.0.1:8081 }
			virtual b { scheduler = http listen = 0.0.0.0:8081 via = edge server = 127.0.0.1:8082 rule = pattern .* use server 127.0.0.1:8082 }
			virtual c { scheduler = chttp listen = 0.0.0.0:8082 server = r1:80 rule = pattern .* use server r1:80 }
			virtual off { scheduler = phttp listen = 0.0.0.0:8083 via = off server = r1:80 rule = pattern .* use server r1:80 }`)
		o.Does("--start")
		get := func(port int) string {
			status, via, err := lab.Get(n.Client.HTTPClient(), "http://"+n.VIP(port)+"/")
			if err != nil || status != 200 {
				t.Fatalf("port %d: status %d, %v", port, status, err)
			}
			return via
		}
		hops := strings.Split(get(8080), ", ")
		if len(hops) != 3 || hops[0] != hops[2] || hops[1] != "1.1 edge" || !strings.HasPrefix(hops[0], "1.1 ktcpvs-") {
			t.Errorf("Via is %q, want 1.1 ktcpvs-NAME, 1.1 edge, and the first again", hops)
		}
		if via := get(8083); via != "" {
			t.Errorf("Via is %q of a service without it", via)
		}
		o.Does("-E", "-i", "off", "--via", "on")
		if via := get(8083); via != hops[0] {
			t.Errorf("Via is %q of a service that has it on again, want %q", via, hops[0])
		}
		o.Does("-E", "-i", "off", "--via", "edge-2")
		if via := get(8083); via != "1.1 edge-2" {
			t.Errorf("Via is %q, want 1.1 edge-2", via)
		}
		if list := o.Does("-Ln"); strings.Count(list, "via = ") != 2 || !strings.Contains(list, "    via = edge-2\n") {
			t.Errorf("the listing has via where it is not the default only, which it is for two:\n%s", list)
		}
	})
}

// A service that shows nothing of where its connections have been is refused a
// server that is this daemon, at whichever step that shows.
func TestAServerThatIsAListenerOfTheDaemonIsRefused(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t)
	n.Balancer.StartDaemon()
	o := n.Balancer.Operator()
	own := hostOf(n.VIP(1))
	refused := func(args ...string) {
		t.Helper()
		before, r := o.Table(), o.Call(args...)
		out := r.Stderr
		if r.Status != 1 || o.Table() != before {
			t.Errorf("%v: status %d, want 1 and the table as it was", args, r.Status)
		}
		for _, word := range []string{`"w"`, "allow-loop = on"} {
			if !strings.Contains(out, word) {
				t.Errorf("%v is refused with %q, want %s in it", args, out, word)
			}
		}
	}
	o.Does("-A", "-i", "web", "-s", "http", "-P", "8080")
	o.Does("-A", "-i", "six", "-s", "http", "-l", "[::]:8086")
	o.Does("-A", "-i", "w", "-s", "wlc", "-l", own+":9000")
	for _, server := range []string{own + ":8080", "127.0.0.1:8080", "127.9.9.9:8080", "[::ffff:127.0.0.1]:8080", own + ":9000", "[::1]:8086", "127.0.0.1:8086"} {
		refused("-a", "-i", "w", "-r", server)
	}
	for _, server := range []string{"[::1]:8080", "127.0.0.1:8081", "10.99.99.99:8080"} {
		o.Does("-a", "-i", "w", "-r", server)
	}
	refused("-A", "-i", "late", "-s", "http", "-P", "8081")
	refused("-E", "-i", "web", "-P", "8081")
	o.Does("-E", "-i", "w", "--allow-loop", "on")
	o.Does("-a", "-i", "w", "-r", own+":8080")
	refused("-E", "-i", "w", "--allow-loop", "off")
	if list := o.Does("-Ln", "-i", "w"); !strings.Contains(list, "    allow-loop = on\n") {
		t.Errorf("the listing lacks allow-loop:\n%s", list)
	}
	o.Does("--start")
}
