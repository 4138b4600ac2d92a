package netns

import (
	"net/http"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

func TestRulesAskForMoreThanTheURI(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2", "r3")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		-a -i web -r r3:80
		--add-rule -i web -p .* -r r3:80`)
	f.Does("--start")
	for _, c := range []struct {
		name string
		rule []string
		hit  func(*http.Request)
		miss func(*http.Request)
	}{
		{"host", []string{"--host", `^shop\.`},
			func(q *http.Request) { q.Host = "SHOP.example.org:8080" },
			func(q *http.Request) { q.Host = "www.shop.example.org" }},
		{"method", []string{"--method", "POST"},
			func(q *http.Request) { q.Method = "POST" },
			func(q *http.Request) { q.Method = "PUT" }},
		{"header", []string{"--header", "X-Version: ^2"},
			func(q *http.Request) { q.Header.Set("x-version", "2.1") },
			func(q *http.Request) { q.Header.Set("x-version", "1.2") }},
		{"header that is there", []string{"--header", "X-Debug"},
			func(q *http.Request) { q.Header.Set("X-Debug", "") },
			func(q *http.Request) { q.Header.Set("X-Debugger", "1") }},
		{"cookie", []string{"--cookie", "group=^beta$"},
			func(q *http.Request) { q.Header.Set("Cookie", "a=b; group=beta") },
			func(q *http.Request) { q.Header.Set("Cookie", "group=beta2") }},
		{"query", []string{"--query", "lang=^pt"},
			func(q *http.Request) { q.URL.RawQuery = "x=1&lang=pt-BR" },
			func(q *http.Request) { q.URL.RawQuery = "language=pt" }},
		{"several", []string{"-p", "/a", "--method", "POST", "--header", "X-A: 1"},
			func(q *http.Request) { q.Method = "POST"; q.URL.Path = "/a"; q.Header.Set("X-A", "1") },
			func(q *http.Request) { q.Method = "POST"; q.URL.Path = "/a" }},
	} {
		rule := append([]string{"-i", "web", "-r", "r1:80"}, c.rule...)
		f.Does(append([]string{"--add-rule"}, rule...)...)
		for want, alter := range map[string]func(*http.Request){"r1": c.hit, "r3": c.miss} {
			if got := f.askAltered(t, alter); got != want {
				t.Errorf("%s: answered by %s, want %s", c.name, got, want)
			}
		}
		saved := f.Does("-Sn")
		f.Does(append([]string{"--del-rule"}, rule...)...)
		if got := f.askAltered(t, c.hit); got != "r3" {
			t.Errorf("%s: answered by %s after the rule was deleted", c.name, got)
		}
		if again := f.Does("-Sn"); again == saved || strings.Count(again, "rule =") != 1 {
			t.Errorf("%s: the rule was not saved, or not deleted:\n%s", c.name, saved)
		}
	}
}

// A rule of the path does not look at the query, as a pattern does; what is saved makes
// the same of an empty table.
func TestRulesAskForThePath(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1", "r2")
		s := &site{n, n.Balancer.Operator(), n.Balancer.StartDaemon(poller), n.Client.HTTPClient()}
		for _, name := range []string{"r1", "r2"} {
			s.Host(name).ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Server", name) })
		}
		s.Serve(`virtual web { scheduler = phttp server = r1:80 1 server = r2:80 1 rule = prefix / use server r2:80 }`)
		// ask sends a target as it is, and tells which server got it.
		ask := func(method, target string) string {
			t.Helper()
			q, err := http.NewRequest(method, s.url("/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			q.URL.Opaque = target
			res, err := s.client.Do(q)
			if err != nil {
				t.Fatalf("%s %s: %v", method, target, err)
			}
			res.Body.Close()
			if res.StatusCode != 200 {
				return res.Status
			}
			return res.Header.Get("X-Server")
		}
		absolute := strings.TrimSuffix(s.url("/"), "/")
		for _, c := range []struct{ rule, hit, miss []string }{
			{[]string{"-p", "/a/"}, []string{"/a/", "/x?from=/a/"}, []string{"/A/"}},
			{[]string{"--path", "/a/"}, []string{"/a/", "/x/a/?b", absolute + "/a/"}, []string{"/x?from=/a/", "/A/", absolute + "/x?/a/"}},
			{[]string{"--path", `^/[a-c]*\.png$`}, []string{"/ab.png", "/ab.png?v=2"}, []string{"/ab.png/", "/x?/ab.png"}},
			{[]string{"--path", `^/[a-c]*\.png$`, "--ignore-case"}, []string{"/aB.PNG?v"}, []string{"/d.PNG"}},
			{[]string{"--prefix", "/a.b/"}, []string{"/a.b/", "/a.b/c?d", absolute + "/a.b/"}, []string{"/a.b", "/axb/", "/x/a.b/", "/x?/a.b/", "/A.B/"}},
			{[]string{"--prefix", "/a.b", "--ignore-case"}, []string{"/A.bc", "/a.B"}, []string{"/a", "/axb"}},
			{[]string{"--prefix", "/%c3%a9", "--ignore-case"}, []string{"/%C3%A9"}, []string{"/%C3%89"}},
		} {
			rule := append([]string{"-i", "web", "-r", "r1:80"}, c.rule...)
			s.Does(append([]string{"--add-rule"}, rule...)...)
			for want, targets := range map[string][]string{"r1": c.hit, "r2": c.miss} {
				for _, target := range targets {
					if got := ask("GET", target); got != want {
						t.Errorf("%s with a rule of %q: answered by %s, want %s", target, c.rule, got, want)
					}
				}
			}
			if got := ask("OPTIONS", "*"); got != "503 Service Unavailable" {
				t.Errorf("OPTIONS * with a rule of %q: %s, which has no path", c.rule, got)
			}
			saved := s.Does("-Sn")
			s.Does("--stop")
			s.Does("-F")
			s.Load(saved)
			if again := s.Does("-Sn"); again != saved {
				t.Errorf("%q: saved as\n%s\nand restored as\n%s", c.rule, saved, again)
			}
			if got := ask("GET", c.hit[0]); got != "r1" {
				t.Errorf("%s with a restored rule of %q: answered by %s, want r1", c.hit[0], c.rule, got)
			}
			s.Does(append([]string{"--del-rule"}, rule...)...)
			if got := ask("GET", c.hit[0]); got != "r2" {
				t.Errorf("%s without a rule of %q: answered by %s, want r2", c.hit[0], c.rule, got)
			}
		}
	})
}

func TestRulesAskForTheClientsAddress(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1", "r2")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		-a -i web -r r2:80
		--add-rule -i web -p .* -r r2:80
		--add-rule -i web --source 203.0.113.0/24 -r r1:80
		--start`)
	if got := f.askAltered(t, nil); got != "r2" {
		t.Errorf("answered by %s, want r2", got)
	}
	f.Does("--add-rule", "-i", "web", "--source", "0.0.0.0/0", "-r", "r1:80")
	if got := f.askAltered(t, nil); got != "r1" {
		t.Errorf("answered by %s, want r1", got)
	}
}

// askAltered sends a request that alter may have changed, and tells which
// server got it.
func (f *farm) askAltered(t testing.TB, alter func(*http.Request)) string {
	t.Helper()
	q, err := http.NewRequest("GET", "http://"+f.VIP(8080)+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if alter != nil {
		alter(q)
	}
	res, err := f.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("X-Server")
}
