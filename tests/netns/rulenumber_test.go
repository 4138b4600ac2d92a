package netns

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
)

func TestRulesCountWhatTheyDecideAndKeepTheCount(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
		s.Serve(`virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80
			rule = pattern "^/b" use server r1:80
			rule = pattern "^/a" use server r1:80 }`)
		ask := func(path string, times int) {
			for range times {
				if status, _, err := lab.Get(s.client, s.url(path)); err != nil || status != 200 {
					t.Fatalf("%s: %d, %v", path, status, err)
				}
			}
		}
		// The rules as listed: pattern and hits, and whether they ever decided.
		rules := func() string {
			var list []string
			for line := range strings.Lines(s.Does("-L", "--rules", "-n")) {
				f := strings.Fields(line)
				if i := strings.Index(line, "pattern"); i > 0 {
					last := "then"
					if strings.Contains(line, "never") {
						last = "never"
					} else if _, err := time.Parse(time.DateTime, f[2]+" "+f[3]); err != nil {
						t.Errorf("%q: %v", line, err)
					}
					list = append(list, fmt.Sprint(strings.Fields(line[i:])[1], " ", f[1], " ", last))
				}
			}
			return strings.Join(list, ", ")
		}
		is := func(want string) {
			t.Helper()
			if got := rules(); got != want {
				t.Errorf("the rules are %s, expected %s", got, want)
			}
		}
		is(`"^/a" 0 never, "^/b" 0 never, ".*" 0 never`)
		ask("/a", 3)
		ask("/x", 2)
		is(`"^/a" 3 then, "^/b" 0 never, ".*" 2 then`)
		s.Does("--move-rule", "2", "1", "-i", "web")
		s.Does("--add-rule", "-i", "web", "-p", "^/a/x", "-r", "r1:80", "--at", "3")
		s.Does("-e", "-i", "web", "-r", "r1:80", "-w", "7")
		ask("/a", 1)
		ask("/b", 1)
		is(`"^/b" 1 then, "^/a" 4 then, "^/a/x" 0 never, ".*" 2 then`)
		s.Load(s.Does("-S", "-n"))
		ask("/b", 1)
		is(`"^/b" 2 then, "^/a" 4 then, "^/a/x" 0 never, ".*" 2 then`)
		s.Does("-Z")
		is(`"^/b" 0 then, "^/a" 0 then, "^/a/x" 0 never, ".*" 0 then`)
		s.Does("-d", "-i", "web", "-r", "r1:80", "--with-rules")
		is("")
	})
}
