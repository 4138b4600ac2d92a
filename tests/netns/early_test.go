package netns

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/tests/wait"
)

// Servers that answer before they have read the request, and then close.

func TestAnUploadThatNobodyReadsIsLeftWithItsClient(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		var part part
		over := make(chan struct{})
		s.Host("r1").Serve(":80", part.serve)
		t.Cleanup(func() { close(over) })
		for _, head := range []string{
			"HTTP/1.0 200 OK\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n",
			"HTTP/1.1 413 Content Too Large\r\nContent-Length: 100\r\nConnection: close\r\n\r\n",
		} {
			part.play(func(conn net.Conn) { says(head)(conn); <-over })
			w := s.wire()
			w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 1000000000000\n\n") // which nobody sends in time
			// What sockets hold fills up, and then nobody takes anything.
			var taken atomic.Int64
			go io.Copy(io.MultiWriter(w, counted{&taken}), zeros{})
			wait.Settles(t, time.Second, fmt.Sprintf("after %q nobody takes more of the body", head), taken.Load)
			w.Close()
		}
	})
}

// counted adds up what is written.
type counted struct{ n *atomic.Int64 }

func (c counted) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// zeros is endless.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestAServerMayAnswerAndReadOn(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", func(conn net.Conn) {
			r := bufio.NewReader(conn)
			request, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\n")
			n, err := io.Copy(io.Discard, request.Body)
			fmt.Fprintf(conn, "%d bytes, %v", n, err)
		})
		w := s.wire()
		w.Say("PUT / HTTP/1.1\nHost: x\nContent-Length: 4000000\n\n")
		pause() // the answer overtakes the body
		if _, err := io.CopyN(w, zeros{}, 4000000); err != nil {
			t.Fatal(err)
		}
		if _, body := w.Expect(200, "PUT"); body != "4000000 bytes, <nil>" {
			t.Errorf("the server read %q", body)
		}
	})
}
