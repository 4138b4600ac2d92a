package netns

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// What is asked of peers that say nothing.

// probed tells, in seconds at most, when the kernel asks the peer of each
// connection that a filter of ss shows; "" is never.
func probed(h *lab.Host, filter string) []string {
	found := []string{}
	timer := regexp.MustCompile(`timer:\(keepalive,(?:(\d+)min)?(?:(\d+)(?:\.\d+)?sec)?`)
	for _, line := range regexp.MustCompile(`(?m)^ESTAB.*$`).FindAllString(h.Shell("ss -Htno '"+filter+"'"), -1) {
		var minutes, seconds int
		m := timer.FindStringSubmatch(line)
		if m == nil {
			found = append(found, "")
			continue
		}
		fmt.Sscan(m[1], &minutes)
		fmt.Sscan(m[2], &seconds)
		found = append(found, fmt.Sprint((60*minutes+seconds)/1000)) // in thousands
	}
	return found
}

func TestTheKernelAsksSilentPeersWhetherTheyAreThere(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		require.Tool(t, "ss")
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		o := n.Balancer.Operator()
		n.Host("r1").Serve(":70", func(conn net.Conn) { io.WriteString(conn, "hello\n"); conn.Read(make([]byte, 1)) })
		server := netip.AddrPortFrom(n.Addr("r1"), 70).String()
		serveOn(o, "wlc", server)
		toClients, toServers := "sport = 8080", "dst "+server
		open := func() *lab.Wire {
			w := n.Client.Wire(n.VIP(8080))
			w.Line()
			return w
		}
		// The values tell one side from the other, and hold however slow this is.
		for _, c := range []struct{ settings, clients, servers string }{
			{"", "0", "0"},
			{"client_keepalive=5900 server_keepalive=7900", "5", "7"},
			{"client_keepalive=0 server_keepalive=7900", "", "7"},
			{"client_keepalive=9900 server_keepalive=0", "9", ""},
		} {
			for _, setting := range regexp.MustCompile(`\S+`).FindAllString(c.settings, -1) {
				o.Does("--knob", setting)
			}
			w := open()
			for filter, want := range map[string]string{toClients: c.clients, toServers: c.servers} {
				if got := probed(n.Balancer, filter); len(got) != 1 || got[0] != want {
					t.Errorf("%q: connections with %s are asked after %q thousand seconds, want %q", c.settings, filter, got, want)
				}
			}
			w.Close()
			lab.Eventually(t, "it is closed", func() bool { return len(probed(n.Balancer, toClients)) == 0 })
			// A service that starts later has them too.
			serveOn(o, "wlc", server)
			w = open()
			if got := probed(n.Balancer, toClients); len(got) != 1 || got[0] != c.clients {
				t.Errorf("%q: clients of a service started later are asked after %q thousand seconds, want %q", c.settings, got, c.clients)
			}
			w.Close()
			lab.Eventually(t, "it is closed", func() bool { return len(probed(n.Balancer, toClients)) == 0 })
		}
		o.Fails(1, "Value out of range: client_keepalive is -1, expected 0 to 32767", "--knob", "client_keepalive=-1")
	})
}
