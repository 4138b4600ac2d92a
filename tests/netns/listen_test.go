package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// A service at [::] takes IPv4 and IPv6, as long as no other one runs at an address
// of IPv4 and that port, and with v6only IPv6 alone; who is there already keeps its
// connections meanwhile.
func TestAServiceOfAllAddressesTakesIPv4Too(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1", "r2")
	greeters(n, "r1", "r2")
	n.Balancer.StartDaemon("--loops=2")
	o := n.Balancer.Operator()
	greets := func(what, addr, want string) *lab.Wire {
		t.Helper()
		w := n.Client.Wire(addr)
		if got := w.Line(); strings.TrimSpace(got) != want {
			t.Errorf("%s: at %s answers %q, expected %q", what, addr, got, want)
		}
		return w
	}
	refuses := func(what, addr string) {
		t.Helper()
		if conn, err := n.Client.Dial(addr); err == nil {
			conn.Close()
			t.Errorf("%s: %s takes a connection, expected a refusal", what, addr)
		}
	}
	o.Serve("virtual both { scheduler = wlc listen = [::]:8080 server = r1:70 1 }")
	first := greets("one service of all", n.VIP(8080), "r1")
	greets("one service of all", n.VIP6(8080), "r1")
	// The client is the same to the balancer in either way.
	if report := n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"); !strings.Contains(report, " "+first.LocalAddr().String()+" ") {
		t.Errorf("the report has not the client's address of IPv4, %v:\n%s", first.LocalAddr(), report)
	}
	o.Does("-A", "-i", "four", "-s", "wlc", "-l", "0.0.0.0:8080")
	o.Does("-a", "-i", "four", "-r", "r2:70")
	greets("another is there, stopped", n.VIP(8080), "r1")
	o.Does("--start", "-i", "four")
	greets("another runs at IPv4", n.VIP(8080), "r2")
	greets("another runs at IPv4", n.VIP6(8080), "r1")
	o.Does("--stop", "-i", "four")
	greets("the other is stopped", n.VIP(8080), "r1")
	o.Does("-E", "-i", "both", "--v6only", "on")
	refuses("v6only", n.VIP(8080))
	greets("v6only", n.VIP6(8080), "r1")
	if !strings.Contains(o.Table(), "\n    v6only = on\n") {
		t.Errorf("the table does not have v6only = on:\n%s", o.Table())
	}
	saved := o.Does("-Sn")
	if o.Load(saved); o.Does("-Sn") != saved {
		t.Errorf("saved, loaded and saved again it is\n%s\nexpected\n%s", o.Does("-Sn"), saved)
	}
	o.Does("-E", "-i", "both", "--v6only", "off")
	greets("v6only is off again", n.VIP(8080), "r1")
	if _, err := first.Write([]byte("x")); err != nil {
		t.Errorf("the first client's connection is gone: %v", err)
	}
	if rest, err := first.Rest(); rest != "" || err != nil {
		t.Errorf("the first client's connection ended with %q, %v, expected its server's end", rest, err)
	}
	// A foreign program at IPv4 is in the way, and the error says of what.
	foreign := n.Balancer.Listen("10.99.1.1:8081")
	defer foreign.Close()
	o.Does("-A", "-i", "third", "-s", "wlc", "-l", "[::]:8081")
	o.Fails(1, `Address already in use: service "third": listen on [::]:8081 (only the port of IPv4 is: v6only = on leaves it alone)`, "--start", "-i", "third")
}

// With freebind a service listens before its address is there, as a backup of VRRP
// does; without, the error says so. What can start does, and each that can not is
// named.
func TestServicesWaitForTheirAddressWithFreebind(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	greeters(n, "r1")
	n.Balancer.StartDaemon("--loops=2")
	o := n.Balancer.Operator()
	o.Load(`
		virtual a { scheduler = wlc listen = 10.99.1.77:8080 server = r1:70 1 }
		virtual b { scheduler = wlc listen = [fd99:1::77]:8080 server = r1:70 1 }
		virtual c { scheduler = wlc listen = 10.99.1.1:8080 server = r1:70 1 }`)
	r := o.Call("--start")
	const hint = " (the address is not this machine's: freebind = on lets the service wait for it)"
	if r.Status != 1 ||
		!strings.Contains(r.Stderr, `tcpvsadm: Cannot assign requested address: service "a": listen on 10.99.1.77:8080`+hint+"\n") ||
		!strings.Contains(r.Stderr, `tcpvsadm: Cannot assign requested address: service "b": listen on [fd99:1::77]:8080`+hint+"\n") ||
		strings.Count(r.Stderr, "\n") != 2 {
		t.Errorf("--start ends with status %d and\n%s\nexpected 1 and a line for each of a and b", r.Status, r.Stderr)
	}
	if w := n.Client.Wire(n.VIP(8080)); strings.TrimSpace(w.Line()) != "r1" {
		t.Error("the service that can start does not serve")
	}
	o.Does("-E", "-i", "a", "--freebind", "on")
	o.Does("-E", "-i", "b", "--freebind", "on")
	o.Does("--start")
	if got := strings.Count(o.Table(), "\n    freebind = on\n"); got != 2 {
		t.Errorf("the table has freebind = on %d times, expected twice:\n%s", got, o.Table())
	}
	n.Balancer.Shell("ip addr add 10.99.1.77/24 dev $(ip -o addr show | grep '10.99.1.1/' | awk '{print $2}'); ip addr add fd99:1::77/64 nodad dev $(ip -o addr show | grep '10.99.1.1/' | awk '{print $2}')")
	for _, addr := range []string{"10.99.1.77:8080", "[fd99:1::77]:8080"} {
		if w := n.Client.Wire(addr); strings.TrimSpace(w.Line()) != "r1" {
			t.Errorf("%s does not serve when its address has come", addr)
		}
	}
}
