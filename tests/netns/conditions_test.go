package netns

import (
	"net/http"
	"strings"
	"testing"
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
