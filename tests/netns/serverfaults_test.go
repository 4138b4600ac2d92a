package netns

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// What servers do not do is counted apart, what they were never given is no request,
// and one that is put aside is shown and said, with the reason, as is what is left
// without any.
func TestWhatServersFailInIsCountedApartAndSaid(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	r1 := n.Host("r1")
	good := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine\n") }
	r1.ServeHTTP(":80", good)
	r1.Serve(":82", func(conn net.Conn) {
		conn.Read(make([]byte, 1000))
		lab.Reset(conn)
	})
	r1.Serve(":83", func(conn net.Conn) { io.Copy(io.Discard, conn) })
	r1.Serve(":84", func(conn net.Conn) {
		conn.Read(make([]byte, 1000))
		io.WriteString(conn, "HTTP/1.1 2000 what\r\n\r\n")
	})
	d := n.Balancer.StartDaemon("--loops=2")
	o := n.Balancer.Operator()
	for knob, value := range map[string]string{"first_byte_timeout": "1"} {
		n.Balancer.SetKnob(knob, value)
	}
	var rules, servers strings.Builder
	for port := 80; port <= 84; port++ {
		fmt.Fprintf(&servers, "server = r1:%d 1\n", port)
		fmt.Fprintf(&rules, "rule = pattern ^/%d use server r1:%d\n", port, port)
	}
	o.Serve("virtual web { scheduler = phttp " + servers.String() + rules.String() +
		"rule = pattern ^/both use server r1:80 rule = pattern ^/both use server r1:81 }")
	client, table := n.Client.HTTPClient(), o.Connect(t)
	gets := func(path string, want int) {
		t.Helper()
		if status, _, err := lab.Get(client, "http://"+n.VIP(8080)+path); err != nil || status != want {
			t.Errorf("%s: status %d, %v, expected %d", path, status, err, want)
		}
	}
	counted := func(want map[uint16]proto.Stats) {
		t.Helper()
		v, err := table.Virtual("web")
		if err != nil {
			t.Fatal(err)
		}
		for _, dest := range v.Dests {
			got, want := dest.Stats, want[dest.Addr.Port()]
			got.InBytes, got.OutBytes = 0, 0
			if got != want {
				t.Errorf("server at port %d has counted %+v, expected %+v", dest.Addr.Port(), got, want)
			}
		}
	}
	gets("/80", 200)
	gets("/81", 502)
	gets("/82", 502)
	gets("/83", 504)
	gets("/84", 502)
	want := map[uint16]proto.Stats{
		80: {Conns: 1, Requests: 1},
		81: {Errors: 1, Unconnected: 1},
		82: {Conns: 1, Requests: 1, Errors: 1, Resets: 1},
		83: {Conns: 1, Requests: 1, Errors: 1, Timeouts: 1},
		84: {Conns: 1, Requests: 1, Errors: 1, BadResponses: 1},
	}
	counted(want)
	down := n.Web("r1")
	down = strings.TrimSuffix(down, ":80") + ":81"
	said := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			wait.Until(t, "the log says "+text, func() bool { return d.Log.Has(text) })
		}
	}
	said(`msg="server is down: others are preferred" service=web server=`+down+" because=refused",
		`msg="rule has no server left" service=web rule="\"^/81\""`)
	if got := column(t, o.Does("-Ln", "--stats"), down, "Up"); got != "down" {
		t.Errorf("-L --stats has %q under Up of a server that is put aside, expected down", got)
	}
	if got := column(t, o.Does("-Ln", "--stats"), "web", "Up"); got != "4/5" {
		t.Errorf("-L --stats has %q under Up of the service, expected 4/5", got)
	}
	if report := n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/services"); strings.Count(report, "DOWN") != 1 {
		t.Errorf("the report does not show the one server that is down:\n%s", report)
	}
	for range 4 {
		gets("/both", 200) // the other server of the rule takes over
	}
	if v, err := table.Virtual("web"); err != nil || v.Service.Stats.Errors != 4 || v.Service.Stats.Requests != 9 {
		t.Errorf("the service has counted %+v, %v, expected 4 errors of 9 requests", v.Service.Stats, err)
	}

	r1.ServeHTTP(":81", good)
	gets("/81", 200)
	said(`msg="server is up again" service=web server=`+down, `msg="rule has a server again" service=web rule="\"^/81\""`)

	// The whole service: what an operator takes away, and gives back.
	for port := 80; port <= 84; port++ {
		o.Does("-e", "-i", "web", "-r", fmt.Sprintf("r1:%d", port), "-w", "0")
	}
	said(`msg="service has no server left" service=web servers=5`)
	o.Does("-e", "-i", "web", "-r", "r1:80", "-w", "1")
	said(`msg="service has a server again" service=web`)
	if n := strings.Count(d.Log.String(), "server is down"); n != 1 {
		t.Errorf("the log says %d times that a server is down, expected once:\n%s", n, d.Log)
	}
}
