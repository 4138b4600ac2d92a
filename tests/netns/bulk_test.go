package netns

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// mebibytes is the daemon's memory by that line of /proc/PID/status.
func mebibytes(t testing.TB, d *lab.Daemon, line string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), line+":")
	var kibibytes int
	fmt.Sscan(rest, &kibibytes)
	return kibibytes / 1024
}

func TestBodiesOfAnySizeStreamInBoundedMemory(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		const size = 128 << 20 // twice of what the daemon may grow by
		block := bytes.Repeat([]byte("0123456789abcdef"), 4096)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "PUT" {
				n, err := io.Copy(io.Discard, r.Body)
				fmt.Fprint(w, n, " ", err)
				return
			}
			if r.URL.Path == "/length" {
				w.Header().Set("Content-Length", fmt.Sprint(size))
			}
			for range size / len(block) {
				w.Write(block)
			}
		})
		before := mebibytes(t, s.daemon, "VmRSS")
		for _, zerocopy := range []string{"0", "1"} {
			s.Balancer.SetKnob("zerocopy_send", zerocopy)
			for _, path := range []string{"/length", "/chunks"} {
				response, err := s.client.Get(s.url(path))
				if err != nil {
					t.Fatal(err)
				}
				n, err := io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if n != size || err != nil {
					t.Errorf("%s: %d bytes, %v", path, n, err)
				}
				request, _ := http.NewRequest("PUT", s.url(path), io.LimitReader(endless(block), size))
				if path == "/length" {
					request.ContentLength = size
				}
				if response, err = s.client.Do(request); err != nil {
					t.Fatal(err)
				}
				answer, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if string(answer) != fmt.Sprint(size, " <nil>") {
					t.Errorf("PUT %s: %q", path, answer)
				}
			}
		}
		if most := mebibytes(t, s.daemon, "VmHWM"); most > before+64 {
			t.Errorf("1 GiB of bodies took the daemon from %d to %d MiB", before, most)
		}
	})
}

// endless reads the same block for ever.
type endless []byte

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

func TestASlowReaderHoldsNoMemory(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").StartNginx().Put("bulk", 256<<20)
		before := mebibytes(t, s.daemon, "VmRSS")
		for range 20 {
			w := s.wire()
			w.Say("GET /files/bulk HTTP/1.1\nHost: x\n\n")
			w.Line() // and reads no further
		}
		if status, _, err := lab.Get(s.client, s.url("/")); err != nil || status != 200 {
			t.Errorf("others are served with status %d, %v", status, err)
		}
		if most := mebibytes(t, s.daemon, "VmHWM"); most > before+64 {
			t.Errorf("20 slow readers took the daemon from %d to %d MiB", before, most)
		}
	})
}
