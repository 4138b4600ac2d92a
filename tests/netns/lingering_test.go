package netns

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"ktcpvs/tests/wait"
)

// An upload that is refused early and goes on, for longer than a client that pauses is waited for.

func TestARefusedUploadThatGoesOnGetsItsAnswer(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nfull")
		})
		for _, c := range []struct{ who, limit, body string }{
			{"the server", "0", "full"},
			{"the daemon", "1", "413 Content Too Large\n"},
		} {
			s.Balancer.SetKnob("max_body_kb", c.limit)
			for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
				s.serve(scheduler)
				// It keeps a pace, and reads the answer when all is sent.
				w := s.wire()
				w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 10000000\n\n")
				begun, gap := time.Now(), time.Duration(0)
				var err error
				for sent := begun; err == nil && sent.Sub(begun) < 3*time.Second; {
					wait.Pass(50 * time.Millisecond)
					_, err = w.Write(make([]byte, 1000))
					gap, sent = max(gap, time.Since(sent)), time.Now()
				}
				if gap > time.Second { // clock: then nothing is said
					t.Logf("inconclusive: the machine was disturbed for %v, in which the daemon may take the client for one that pauses", gap)
					w.Close()
					continue
				}
				if err != nil {
					t.Fatalf("%s, refused by %s: after %v: %v", scheduler, c.who, time.Since(begun), err)
				}
				if response, body, err := w.Response("PUT"); err != nil || response.StatusCode != 413 || body != c.body {
					t.Errorf("%s, refused by %s: %v, %q, %v; want 413 and %q", scheduler, c.who, response, body, err, c.body)
				}
				w.Close()
			}
		}
	})
}

// Nobody sends on for ever.
func TestARefusedUploadDoesNotGoOnForEver(t *testing.T) {
	t.Parallel()
	s := newSite(t, "--poll=auto")
	s.Balancer.SetKnob("max_body_kb", "1")
	s.Host("r1").StartNginx()
	w := s.wire()
	w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 10000000000\n\n")
	deadline := time.Now().Add(3 * time.Minute)
	w.SetDeadline(deadline.Add(time.Minute))
	for {
		if _, err := w.Write(make([]byte, 100)); err != nil {
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("it ended by %v", err)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a client that was refused has sent for 3 minutes; want 30 seconds at most")
		}
		wait.Pass(50 * time.Millisecond)
	}
}
