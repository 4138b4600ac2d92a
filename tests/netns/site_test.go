package netns

import (
	"fmt"
	"net/http"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// site is a service of phttp with one server, r1, that a test writes.
type site struct {
	*lab.Network
	*lab.Operator
	daemon *lab.Daemon
	client *http.Client
}

func newSite(t testing.TB, poller string) *site {
	t.Helper()
	n := lab.NewNetwork(t, "r1")
	s := &site{n, n.Balancer.Operator(), n.Balancer.StartDaemon(poller), n.Client.HTTPClient()}
	s.serve("phttp")
	return s
}

// serve starts the service anew with another scheduler.
func (s *site) serve(scheduler string) {
	s.Serve(fmt.Sprintf("virtual web { scheduler = %s server = r1:80 1 rule = pattern .* use server r1:80 }", scheduler))
}

// url is that of a path of the site.
func (s *site) url(path string) string { return "http://" + s.VIP(8080) + path }

// wire connects to the site.
func (s *site) wire() *lab.Wire { return s.Client.Wire(s.VIP(8080)) }
