package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// office is a balancer for tests of the table alone: a host that is wired to
// nobody, with a daemon, and with books of names that the tests know.
type office struct {
	*lab.Host
	*lab.Operator
	daemon *lab.Daemon
}

const (
	officeHosts    = "127.0.0.1 localhost\n192.168.0.11 r1\n192.168.0.12 r2\n192.168.0.13 r3\nfd00::6 six\n"
	officeServices = "http 80/tcp www # World Wide Web\nhttp-alt 8080/tcp webcache\nhttp-alt 8080/udp\n"
)

func newOffice(t testing.TB) *office {
	t.Helper()
	h := lab.NewHost(t, "balancer")
	h.Cover("/etc/hosts", officeHosts)
	h.Cover("/etc/services", officeServices)
	return &office{h, h.Operator(), h.StartDaemon()}
}

// fields divides a call's words at blanks.
func fields(call string) []string { return strings.Fields(call) }

// settings are the lines of a service that a test says nothing else about.
const settings = `    startservers = 8
    maxclients = 65535
    minspareservers = 6
    maxspareservers = 18
`

// virtual is a service as it is listed.
func virtual(name, listen, scheduler string, rest ...string) string {
	var b strings.Builder
	b.WriteString("Virtual " + name + " {\n    listen = " + listen + "\n    scheduler = " + scheduler + "\n" + settings)
	for _, line := range rest {
		b.WriteString("    " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}
