package http1

import (
	"strings"
	"testing"
)

// Every answer of the gateway's own is one complete response by its own parser, with a body that fits.
func TestAnswersAreCompleteResponses(t *testing.T) {
	date := []byte("Tue, 04 Jun 2024 10:11:12 GMT")
	for status := 400; status < 600; status++ {
		for _, keepAlive := range []bool{false, true} {
			for _, method := range []Method{GET, HEAD} {
				input := AppendError(nil, status, keepAlive, 1, date, method == HEAD)
				r, n, err := response(t, method, string(input))
				if err != nil || r.Status != status || r.KeepAlive != keepAlive {
					t.Fatalf("%q: %v %+v", input, err, r)
				}
				body := string(input[n:])
				if method == GET && (r.Body != LengthBody || int(r.Length) != len(body) || !strings.Contains(body, string(r.Reason))) {
					t.Errorf("%q: length %d, body %q", input, r.Length, body)
				}
				if method == HEAD && (body != "" || r.Length <= 0) {
					t.Errorf("%q: to HEAD, with body %q or without length", input, body)
				}
				for name, want := range map[string]string{"Date": string(date), "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"} {
					if v, _ := r.Header(name, 0); string(v) != want {
						t.Errorf("%d: %s is %q", status, name, v)
					}
				}
				if _, allows := r.Header("Allow", 0); allows != (status == 405) {
					t.Errorf("%d: Allow present: %v", status, allows)
				}
				if _, retries := r.Header("Retry-After", 0); retries != (status == 429) {
					t.Errorf("%d: Retry-After present: %v", status, retries)
				}
			}
		}
	}
}

// Whatever a request is refused with has a reason phrase of its own.
func TestEveryRefusalHasAReasonPhrase(t *testing.T) {
	for f := notHTTP; f < faults; f++ {
		if e := requestErrors[f]; e.Reason == "" || e.Status < 400 || reasonOf(e.Status) == "Error" {
			t.Errorf("fault %d: %+v", f, e)
		}
		if e := responseErrors[f]; e.Reason == "" || e.Status != 502 {
			t.Errorf("fault %d of a response: %+v", f, e)
		}
	}
}

func TestWhatTheGatewayAnswersWithoutARefusedHeadHasAReasonPhrase(t *testing.T) {
	for _, status := range []int{408, 413, 429, 502, 503, 504} {
		if reasonOf(status) == "Error" {
			t.Errorf("%d has none", status)
		}
	}
}

func TestOptionsAnswerNamesTheMethods(t *testing.T) {
	r, n, err := response(t, OPTIONS, string(AppendOptions(nil, true, 1, nil)))
	if _, dated := r.Header("Date", 0); dated {
		t.Error("a Date that is not known is stated")
	}
	if allow, _ := r.Header("Allow", 0); err != nil || n == 0 || r.Length != 0 || !strings.Contains(string(allow), "PATCH") {
		t.Errorf("%v %+v", err, r)
	}
}
