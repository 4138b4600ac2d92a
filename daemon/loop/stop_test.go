package loop

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// Requests that have come before the stop are answered, whether their
// connection was accepted already or not.
func TestStoppingAnswersTheRequestsThatHaveCome(t *testing.T) {
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, "done")
	}))
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	var clients []net.Conn
	for range 10 {
		c := r.dial()
		io.WriteString(c, request)
		if code := status(t, c); code != 200 {
			t.Fatal(code)
		}
		clients = append(clients, c)
	}
	l := r.group.loops[0]
	busy := make(chan struct{})
	l.do(func() { <-busy })
	for _, c := range clients {
		io.WriteString(c, request)
	}
	for range 10 {
		c := r.dial()
		io.WriteString(c, request)
		clients = append(clients, c)
	}
	stopped := make(chan error)
	go func() { stopped <- r.stop("web") }()
	wait.Gap(100 * time.Millisecond) // the stop is under way, most likely
	close(busy)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	for i, c := range clients {
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("client %d: %v", i, err)
			continue
		}
		if body, _ := io.ReadAll(res.Body); string(body) != "done" || !res.Close {
			t.Errorf("client %d: %q, close %v", i, body, res.Close)
		}
	}
}

// The kernel lets one more connection wait than the backlog says.
func TestStoppingAnswersAllThatAFullListenQueueHolds(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.MaxBacklog.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	busy := make(chan struct{})
	r.group.loops[0].do(func() { <-busy })
	var clients []net.Conn
	for range 2 { // as many as wait
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		clients = append(clients, c)
	}
	stopped := make(chan error)
	go func() { stopped <- r.stop("web") }()
	wait.Gap(100 * time.Millisecond) // the stop is under way, most likely
	close(busy)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	for i, c := range clients {
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != 200 {
			t.Errorf("client %d: %v", i, err)
		}
	}
}
