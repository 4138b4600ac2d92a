package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

func TestRequestsGoWhereRulesSendThem(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1", "r2", "r3")
	for _, name := range []string{"r1", "r2", "r3"} {
		n.Host(name).StartNginx()
	}
	n.Balancer.StartDaemon()
	n.Balancer.Operator().Script(`
		-A -i http -s http
		-a -i http -r r1:80
		-a -i http -r r2:80
		-a -i http -r r3:80
		--add-rule -i http --pattern=/images/.* -r r1:80
		--add-rule -i http --pattern=/html/.* -r r2:80
		--add-rule -i http --pattern=.* -r r3:80
		--start -i http`)
	for uri, want := range map[string]string{
		"/images/logo.png": "r1",
		"/html/index.html": "r2",
		"/":                "r3",
		"/x/images/y":      "r1",
	} {
		out, status := n.Client.Curl("http://" + n.VIP(8080) + uri)
		if want := want + " " + uri; status != 0 || strings.TrimSpace(out) != want {
			t.Errorf("%s: curl exits %d with %q, want %q", uri, status, out, want)
		}
	}
}
