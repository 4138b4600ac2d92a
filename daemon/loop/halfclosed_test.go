package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// visits is a server whose answers wait until a test says what they are.
type visits struct {
	mu    sync.Mutex
	paths map[string]*visit
}

type visit struct {
	asked  chan bool   // the whole request has come
	answer chan string // to it
	gone   chan error  // its connection has ended first
}

func (v *visits) to(path string) *visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.paths[path] == nil {
		v.paths[path] = &visit{make(chan bool, 1), make(chan string, 1), make(chan error, 1)}
	}
	return v.paths[path]
}

func (v *visits) serve(c net.Conn) {
	in := bufio.NewReader(c)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	io.Copy(io.Discard, request.Body)
	at := v.to(request.URL.Path)
	at.asked <- true
	go func() {
		_, err := in.ReadByte()
		at.gone <- err
		close(at.answer)
	}()
	if text, is := <-at.answer; is {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	}
}

// patient are the ways for a client to end its stream before its answer.
func patient() []*waiter {
	const get = "GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
	put := "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + strings.Repeat("x", 1<<20)
	return []*waiter{
		{name: "with its request", text: get, early: true},
		{name: "while it waits", text: get},
		{name: "behind a second request", text: get + "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"},
		{name: "with HTTP/1.0", text: "GET %s HTTP/1.0\r\n\r\n"},
		{name: "behind a long body", text: put, early: true},
		{name: "with chunks", text: "PUT %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", early: true},
	}
}

type waiter struct {
	name, text string
	early      bool // it ends its stream before its server has the request
	path       string
	conn       *net.TCPConn
}

// wait has all the clients ask and end their streams, by end; those who are given up
// at once do that when their servers have all of the request.
func (v *visits) wait(t *testing.T, r *rig, end func(*net.TCPConn) error) []*waiter {
	atOnce := r.knobs.Limits.AbortOnClose.Get() == 2
	all := patient()
	for i, w := range all {
		w.path, w.conn = fmt.Sprintf("/%d", i), r.dial()
		if _, err := fmt.Fprintf(w.conn, w.text, w.path); err != nil {
			t.Fatal(err)
		}
		if w.early = w.early && !atOnce; w.early {
			end(w.conn)
		}
	}
	for _, w := range all {
		wait.For(t, "the server is asked by the client that ends "+w.name, v.to(w.path).asked)
		if !w.early {
			end(w.conn)
		}
	}
	return all
}

// eachContent runs a test for each scheduler that knows HTTP, with bodies spliced
// and copied.
func eachContent(t *testing.T, mode int64, f func(t *testing.T, r *rig, v *visits)) {
	for i, scheduler := range []string{"phttp", "chttp", "http", "hhttp"} {
		t.Run(scheduler, func(t *testing.T) {
			r, v := newRig(t, 1), &visits{paths: map[string]*visit{}}
			r.knobs.ZerocopySend.Set(int64(i % 2))
			r.knobs.Limits.AbortOnClose.Set(mode)
			r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, v.serve))
			f(t, r, v)
		})
	}
}

// Its close looks like the end of its stream, and what it waits for may take long:
// its place, its server's time and its buffers are free before.
func TestAClientThatClosesWhileItWaitsHoldsNothing(t *testing.T) {
	for _, mode := range []int64{1, 2} {
		eachContent(t, mode, func(t *testing.T, r *rig, v *visits) {
			resets := 0
			for _, w := range v.wait(t, r, (*net.TCPConn).Close) {
				err := wait.For(t, "the server is told that the client is gone who ended "+w.name, v.to(w.path).gone)
				if errors.Is(err, unix.ECONNRESET) {
					resets++
				}
			}
			if resets == 0 { // it may be an end where an acknowledgement is late
				t.Error("no server's connection is reset, and the ports of all of them are kept for a minute")
			}
			l := r.group.loops[0]
			l.until(t, "nothing is held for the clients that have gone", func() bool {
				return l.listeners[0].first == nil && l.ctx.Buffers.Held() == 0
			})
			if n := r.store.Snapshot().Lookup("web").Live.Stats.Sum().Errors; n != uint64(len(patient())) {
				t.Errorf("%d errors are counted, expected one for each of %d clients", n, len(patient()))
			}
		})
	}
}

// It is asked meanwhile whether it is there, and must not notice.
func TestAClientThatOnlyHasNoMoreToSayGetsItsAnswer(t *testing.T) {
	for _, mode := range []int64{0, 1} {
		eachContent(t, mode, func(t *testing.T, r *rig, v *visits) {
			all := v.wait(t, r, (*net.TCPConn).CloseWrite)
			begun := make([]byte, 1)
			for i, w := range all {
				if mode == 1 {
					if n, err := io.ReadFull(w.conn, begun); err != nil || string(begun) != "H" {
						t.Fatalf("%s: the client was sent %q, %v while it waits, expected H", w.name, begun[:n], err)
					}
				} else if i == 0 {
					wait.Gap(1500 * time.Millisecond) // in which it would have been asked
				}
				v.to(w.path).answer <- "answer to " + w.path
				in := io.Reader(w.conn)
				if mode == 1 {
					in = io.MultiReader(strings.NewReader("H"), w.conn)
				}
				response, err := http.ReadResponse(bufio.NewReader(in), nil)
				if err != nil {
					t.Fatalf("%s: %v, expected an answer", w.name, err)
				}
				text, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != 200 || string(text) != "answer to "+w.path {
					t.Errorf("%s: the client got %d with %q and %v, expected its answer", w.name, response.StatusCode, text, err)
				}
			}
		})
	}
}

// Three requests and the end, as from a shell's pipe, are three answers, however
// long each takes.
func TestRequestsInFrontOfTheEndAreAllAnswered(t *testing.T) {
	for _, scheduler := range []string{"phttp", "http"} {
		answers := make(chan string)
		r := newRig(t, 1)
		r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
			for in := bufio.NewReader(c); ; {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				text := <-answers
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
			}
		}))
		c := r.dial()
		io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 3))
		c.CloseWrite()
		in := bufio.NewReader(c)
		for _, want := range []string{"one", "two", "three"} {
			if _, err := in.Peek(1); err != nil { // it is asked before each
				t.Fatal(err)
			}
			answers <- want
			response, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(response.Body); err != nil || string(text) != want {
				t.Errorf("%s: answer %q, %v, expected %q", scheduler, text, err, want)
			}
		}
		if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
			t.Errorf("%s: behind the last answer: %q, %v, expected the end", scheduler, rest, err)
		}
	}
}

// Whoever is asked and then gets no answer of the server's gets the daemon's.
func TestAnAnswerOfTheDaemonsGoesOnWhereTheQuestionEnded(t *testing.T) {
	r := newRig(t, 1)
	broken := make(chan bool)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		<-broken
		io.WriteString(c, "nonsense\r\n\r\n")
	}))
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	c.CloseWrite()
	in := bufio.NewReader(c)
	if begun, err := in.Peek(1); err != nil || string(begun) != "H" {
		t.Fatalf("%q, %v, expected H", begun, err)
	}
	close(broken)
	if response, err := http.ReadResponse(in, nil); err != nil || response.StatusCode != 502 {
		t.Fatalf("%v, %v, expected 502", response, err)
	}
}
