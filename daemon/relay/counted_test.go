package relay

import (
	"fmt"

	"ktcpvs/daemon/stats"
)

// counted is what the service and its servers have counted, a line each.
func (b *bench) counted() (lines []string) {
	line := func(name string, n stats.Sums) {
		text := fmt.Sprintf("\t%s: %d connections, %d requests, %d bytes in, %d out, %d errors", name,
			n.Conns, n.Requests, n.InBytes, n.OutBytes, n.Errors)
		for _, c := range []struct {
			what string
			n    uint64
		}{{"unconnected", n.Unconnected}, {"resets", n.Resets}, {"timeouts", n.Timeouts}, {"bad responses", n.BadResponses}} {
			if c.n > 0 {
				text += fmt.Sprintf(", %d %s", c.n, c.what)
			}
		}
		lines = append(lines, text)
	}
	line("service", b.svc.Live.Stats.Sum())
	for _, server := range b.svc.Servers {
		line(server.Addr.String(), server.Live.Stats.Sum())
	}
	return lines
}
