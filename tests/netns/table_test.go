package netns

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// The behaviour of the table, the reference's section 4, by what clients get.

// farm is a network whose servers are web servers that say their names.
type farm struct {
	*lab.Network
	*lab.Operator
	daemon *lab.Daemon
	web    map[string]*lab.Nginx
	client *http.Client
}

func newFarm(t testing.TB, servers ...string) *farm {
	t.Helper()
	n := lab.NewNetwork(t, servers...)
	f := &farm{Network: n, Operator: n.Balancer.Operator(), daemon: n.Balancer.StartDaemon("--loops=2"), web: map[string]*lab.Nginx{}}
	for _, name := range servers {
		f.web[name] = n.Host(name).StartNginx()
	}
	f.client = n.Client.HTTPClient()
	return f
}

// ask gets a URI over the client's kept connection, and tells which server has
// answered; or "503" and the like where none has.
func (f *farm) ask(t testing.TB, uri string) string {
	t.Helper()
	return f.askAs(t, f.client, uri)
}

// askAnew is ask over a connection of its own.
func (f *farm) askAnew(t testing.TB, uri string) string {
	t.Helper()
	f.client.CloseIdleConnections()
	return f.ask(t, uri)
}

func (f *farm) askAs(t testing.TB, client *http.Client, uri string) string {
	t.Helper()
	status, body, err := lab.Get(client, "http://"+f.VIP(8080)+uri)
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	if status != 200 {
		return fmt.Sprint(status)
	}
	name, rest, _ := strings.Cut(strings.TrimSuffix(body, "\n"), " ")
	if rest != uri {
		t.Fatalf("asked for %s, and got the answer of %s", uri, body)
	}
	return name
}

// routes checks which server answers which URI, each over a connection of its
// own.
func (f *farm) routes(t testing.TB, want map[string]string) {
	t.Helper()
	for uri, server := range want {
		if got := f.askAnew(t, uri); got != server {
			t.Errorf("%s is answered by %s, want %s", uri, got, server)
		}
	}
}

func TestTheNewestRuleIsTriedFirstAndDefaultsLast(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2", "r3")
	f.Script(`
		-A -i web
		-a -i web -r r1:80
		-a -i web -r r2:80
		-a -i web -r r3:80
		--add-rule -i web -p .* -r r3:80
		--add-rule -i web -p /a/ -r r1:80
		--start`)
	f.routes(t, map[string]string{"/a/b": "r1", "/b": "r3"})
	f.Does("--add-rule", "-i", "web", "-p", "/a/b", "-r", "r2:80")
	f.routes(t, map[string]string{"/a/b": "r2", "/a/c": "r1", "/b": "r3"})
	f.Does("--add-rule", "-i", "web", "-p", "^/.*", "-r", "r1:80")
	f.routes(t, map[string]string{"/a/b": "r2", "/a/c": "r1", "/b": "r3"})
	f.Does("--del-rule", "-i", "web", "-p", ".*", "-r", "r3:80")
	f.routes(t, map[string]string{"/a/b": "r2", "/a/c": "r1", "/b": "r1"})
}

func TestExpressionsAreExtendedAndFoundAnywhere(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r2:80`)
	f.Does("--start")
	for expression, uris := range map[string][2]string{
		`/images/`:            {"/x/images/y?z", "/image/s"},
		`^/images/`:           {"/images/a", "/x/images/"},
		`\.(gif|jpe?g)$`:      {"/a.jpg", "/a.jpg?x"},
		`[0-9]{3,4}`:          {"/a/1234", "/a/12"},
		`[[:upper:]]+/[^/]+$`: {"/A/b", "/a/b"},
		`q=(a|b)+c`:           {"/?x=1&q=abac", "/?q=c"},
	} {
		f.Does("--add-rule", "-i", "web", "-p", expression, "-r", "r1:80")
		f.routes(t, map[string]string{uris[0]: "r1", uris[1]: "r2"})
		f.Does("--del-rule", "-i", "web", "-p", expression, "-r", "r1:80")
		f.routes(t, map[string]string{uris[0]: "r2"})
	}
}

func TestAPatternIsComparedWhole(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p ^/images/gif -r r1:80
		--add-rule -i web -p ^/images -r r2:80
		--add-rule -i web -p ^/images/gif/x -r r1:80
		--start`)
	if n := strings.Count(f.Table(), "rule = "); n != 3 {
		t.Errorf("%d rules in\n%s", n, f.Table())
	}
	f.routes(t, map[string]string{"/images/gif/x": "r1", "/images/gif": "r2"})
	f.Fails(4, `No such rule: service "web" has no rule "^/images/g"`, "--del-rule", "-i", "web", "-p", "^/images/g", "-r", "r1:80")
	f.Fails(4, `No such rule: rule "^/images" does not use server 10.99.2.2:80`, "--del-rule", "-i", "web", "-p", "^/images", "-r", "r1:80")
}

func TestAServerStandsInAnyNumberOfRules(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r1:80
		--add-rule -i web -p /a -r r1:80
		--add-rule -i web -p /b -r r2:80
		--add-rule -i web -p /a -r r2:80
		--start`)
	seen := map[string]int{}
	for range 4 {
		seen[f.askAnew(t, "/a")]++
	}
	if len(seen) == 0 || seen["r1"]+seen["r2"] != 4 {
		t.Errorf("answered by %v", seen)
	}
	f.routes(t, map[string]string{"/": "r1", "/b": "r2"})
	f.Fails(1, `Destination is busy (a rule uses it): server 10.99.2.2:80 is used by rule "/a"`, "-d", "-i", "web", "-r", "r1:80")
	f.Does("--del-rule", "-i", "web", "-p", "/a", "-r", "r1:80")
	f.Fails(1, `Destination is busy (a rule uses it): server 10.99.2.2:80 is used by rule ".*"`, "-d", "-i", "web", "-r", "r1:80")
	f.Does("--del-rule", "-i", "web", "-p", ".*", "-r", "r1:80")
	f.Does("-d", "-i", "web", "-r", "r1:80")
	f.routes(t, map[string]string{"/": "503", "/a": "r2", "/b": "r2"})
}

func TestARunningServiceIsNotDeleted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i web
		-A -i two -P 81
		--start -i web`)
	for _, call := range []string{"-D -i web", "-F"} {
		r := o.Call(fields(call)...)
		if r.Status != 1 || !strings.HasPrefix(r.Stderr, `tcpvsadm: Service is running: service "web"`) || !strings.HasSuffix(r.Stderr, ": stop it first\n") {
			t.Errorf("%s: status %d, %s", call, r.Status, r.Stderr)
		}
	}
	o.Does("-D", "-i", "two")
	o.Does("-E", "-i", "web", "-P", "82")
	o.Does("--stop")
	o.Has(virtual("web", "0.0.0.0:82", "http"))
	o.Does("-F")
	o.Has("")
}
