package netns

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

// chttp: a client that a server has set a cookie comes back to that server.

// shop is a service of chttp before servers that set cookies at /login.
func shop(t testing.TB, servers ...string) *farm {
	t.Helper()
	f := newFarm(t, servers...)
	f.Does("-A", "-i", "web", "-s", "chttp")
	for _, name := range servers {
		f.Does("-a", "-i", "web", "-r", name+":80")
	}
	for _, name := range servers {
		f.Does("--add-rule", "-i", "web", "-p", ".*", "-r", name+":80")
	}
	f.Does("--start")
	return f
}

// customer is a client with cookies of its own.
func (f *farm) customer(t testing.TB) *http.Client {
	t.Helper()
	client := f.Client.HTTPClient()
	var err error
	if client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	return client
}

func TestChttpKeepsAClientAtItsServer(t *testing.T) {
	t.Parallel()
	f := shop(t, "r1", "r2", "r3")
	homes := map[string]int{}
	for range 12 {
		client := f.customer(t)
		status, body, err := lab.Get(client, "http://"+f.VIP(8080)+"/login")
		if err != nil || status != 200 {
			t.Fatalf("status %d, %v", status, err)
		}
		home, _, _ := strings.Cut(body, " ")
		homes[home]++
		for i := range 20 {
			if i%5 == 4 {
				client.CloseIdleConnections()
			}
			if got := f.askAs(t, client, fmt.Sprintf("/cart/%d", i)); got != home {
				t.Fatalf("a client of %s is sent to %s", home, got)
			}
		}
		// Another client keeps the home busy, so that the next goes elsewhere.
		f.Does("-e", "-i", "web", "-r", home+":80", "-w", "0")
		if got := f.askAs(t, client, "/cart/quiescent"); got != home {
			t.Errorf("a client of %s, which is quiescent and keeps what it has, is sent to %s", home, got)
		}
		f.Does("-e", "-i", "web", "-r", home+":80", "-w", "1")
	}
	if len(homes) == 0 {
		t.Error("nobody was served")
	}
}

func TestTheSessionCookieIsTheReferences(t *testing.T) {
	t.Parallel()
	f := shop(t, "r1")
	response, err := f.client.Get("http://" + f.VIP(8080) + "/login")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	set := response.Header.Values("Set-Cookie")
	if len(set) != 2 || set[0] != "user=me; Path=/" || !strings.HasPrefix(set[1], "KTCPVS_SID=") || !strings.HasSuffix(set[1], "; Path=/") {
		t.Errorf("a server that sets a cookie: %q", set)
	}
	response, err = f.client.Get("http://" + f.VIP(8080) + "/plain")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if set := response.Header.Values("Set-Cookie"); len(set) != 0 {
		t.Errorf("a server that sets none: %q", set)
	}
}

func TestAffinityEndsWithTheServersCookie(t *testing.T) {
	t.Parallel()
	steady.Slower(t, affinityEndsWithTheCookie)
}

func affinityEndsWithTheCookie(t testing.TB, scale int) {
	life := 2 * scale
	n := lab.NewNetwork(t, "r1", "r2")
	n.Balancer.StartDaemon()
	for _, name := range []string{"r1", "r2"} {
		n.Host(name).ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				w.Header().Set("Set-Cookie", fmt.Sprint("user=me; Max-Age=", life))
			}
			fmt.Fprintln(w, name, r.RequestURI)
		})
	}
	o := n.Balancer.Operator()
	o.Script(`
		-A -i web -s chttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r2:80
		--add-rule -i web -p /login -r r1:80
		--start`)
	f := &farm{Network: n, Operator: o}
	client := f.customer(t)
	if got := f.askAs(t, client, "/login"); got != "r1" {
		t.Fatalf("/login is answered by %s", got)
	}
	if got := f.askAs(t, client, "/a"); got != "r1" {
		t.Errorf("within the life of the cookie the client is sent to %s, want r1", got)
	}
	wait.Pass(time.Duration(life+1)*time.Second + 100*time.Millisecond)
	if got := f.askAs(t, client, "/a"); got != "r2" {
		t.Errorf("after the life of the cookie the client is sent to %s, want r2, where the rules send it", got)
	}
}

func TestAClientWhoseServerIsGoneIsServedByAnother(t *testing.T) {
	t.Parallel()
	f := shop(t, "r1", "r2")
	client := f.customer(t)
	_, body, err := lab.Get(client, "http://"+f.VIP(8080)+"/login")
	if err != nil {
		t.Fatal(err)
	}
	home, _, _ := strings.Cut(body, " ")
	other := map[string]string{"r1": "r2", "r2": "r1"}[home]
	f.Does("--del-rule", "-i", "web", "-p", ".*", "-r", home+":80")
	f.Does("-d", "-i", "web", "-r", home+":80")
	if got := f.askAs(t, client, "/cart"); got != other {
		t.Errorf("answered by %s, want %s", got, other)
	}
}
