package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
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
		schedulers := []string{"http", "hhttp", "phttp", "chttp"}
		var config string
		for i, scheduler := range schedulers {
			config += fmt.Sprintf("virtual %s { listen = 0.0.0.0:%d scheduler = %[1]s server = r1:80 1 rule = pattern .* use server r1:80 }\n", scheduler, 8081+i)
		}
		s.Serve(config)
		for _, c := range []struct{ who, limit, body string }{
			{"the server", "0", "full"},
			{"the daemon", "1", "413 Content Too Large\n"},
		} {
			s.Balancer.SetKnob("max_body_kb", c.limit)
			var all sync.WaitGroup
			for i, scheduler := range schedulers {
				all.Go(func() {
					conn, err := s.Client.Connect(s.VIP(8081 + i))
					if err != nil {
						t.Error(err)
						return
					}
					defer conn.Close()
					uploadOn(t, conn, fmt.Sprintf("%s, refused by %s", scheduler, c.who), c.body)
				})
			}
			all.Wait()
		}
	})
}

// uploadOn keeps a pace for seconds, and reads the answer when all is sent.
func uploadOn(t testing.TB, conn *lab.Connection, what, want string) {
	io.WriteString(conn, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
	begun, gap := time.Now(), time.Duration(0)
	var err error
	for sent := begun; err == nil && sent.Sub(begun) < 3*time.Second; {
		wait.Pass(50 * time.Millisecond)
		_, err = conn.Write(make([]byte, 1000))
		gap, sent = max(gap, time.Since(sent)), time.Now()
	}
	switch response, body, failed := conn.Response("PUT"); {
	case gap > time.Second: // clock: then nothing is said
		t.Logf("inconclusive: the machine was disturbed for %v, in which the daemon may take the client for one that pauses", gap)
	case err != nil:
		t.Errorf("%s: after %v: %v", what, time.Since(begun), err)
	case failed != nil || response.StatusCode != 413 || body != want:
		t.Errorf("%s: %v, %q, %v; want 413 and %q", what, response, body, failed, want)
	}
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
