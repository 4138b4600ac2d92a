package netns

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// chttp: a session lives as long as the server's cookies, read as browsers read them.

func TestASessionLivesAsLongAsABrowserKeepsTheServersCookie(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Set-Cookie"] = r.Header["X-Set"]
		})
		s.serve("chttp")
		tomorrow := time.Now().Add(24 * time.Hour).UTC()
		const day, none = 24 * 3600, 0
		for _, c := range []struct {
			set  []string
			life int64
			mark byte
		}{
			{[]string{"a=b"}, 600, 's'},
			{[]string{"a=b; Max-Age=86400"}, day, 'f'},
			{[]string{"a=b;MAX-AGE = 86400 ;Secure"}, day, 'f'},
			{[]string{"a=b; Expires=" + tomorrow.Format(time.RFC1123)}, day, 'f'},
			{[]string{"a=b; expires=" + tomorrow.Format("Monday, 02-Jan-06 15:04:05 GMT")}, day, 'f'},
			{[]string{"a=b; Expires=" + tomorrow.Format(time.ANSIC)}, day, 'f'},
			{[]string{"a=b; Expires=\"" + tomorrow.Format("Mon, 2-Jan-2006 15:4:5 GMT") + "\""}, day, 'f'},
			{[]string{"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=" + tomorrow.Format(time.RFC850)}, day, 'f'},
			{[]string{"a=; Max-Age=0", "c=d; Max-Age=86400"}, day, 'f'},
			{[]string{"a=b; Max-Age=99999999999999999999999"}, 10 * 365 * day, 'f'},
			{[]string{"a=; Max-Age = 0"}, none, 0},
			{[]string{"a=; Max-Age=-99999999999999999999999"}, none, 0},
			{[]string{"a=; Expires=Thu, 01-Jan-70 00:00:01 GMT"}, none, 0},
			{[]string{"a=; Expires=Thursday, 01-Jan-70 00:00:01 GMT"}, none, 0},
			{[]string{"a=; Expires=Thu Jan  1 00:00:01 1970"}, none, 0},
			{[]string{"a=; Expires=Thu, 1 Jan 1970 0:0:1"}, none, 0},
			{[]string{"a=b; Max-Age=86400", "a=; Max-Age=0"}, none, 0},
			{[]string{"a=b; Max-Age=86400; Path=/", "a=; Max-Age=0"}, none, 0},
			{[]string{"a=b; Max-Age=86400", "a=; Max-Age=0; Path=/a"}, day, 'f'},
		} {
			request, err := http.NewRequest("GET", s.url("/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header["X-Set"] = c.set
			before := time.Now().Unix()
			response, err := s.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			after := time.Now().Unix()
			life, mark := sessionLife(response)
			if life > 0 {
				life -= before
			}
			// The daemon's clock is one of whole seconds, read some time in between.
			if mark != c.mark || life < c.life-2 || life > c.life+2+after-before {
				t.Errorf("Set-Cookie: %q began a session of %d seconds, marked %q, want %d and %q", c.set, life, mark, c.life, c.mark)
			}
		}
	})
}

// sessionLife is when a session ends, in Unix seconds, and how it is marked; 0 if a response begins none.
func sessionLife(r *http.Response) (expires int64, mark byte) {
	for _, cookie := range r.Cookies() {
		if v := cookie.Value; cookie.Name == "KTCPVS_SID" && len(v) == 25 {
			expires, err := strconv.ParseInt(v[16:24], 16, 64)
			if err != nil {
				panic(fmt.Sprintf("the session cookie is %q", v))
			}
			return expires, v[24]
		}
	}
	return 0, 0
}
