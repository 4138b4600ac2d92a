package netns

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// traffic is clients that ask for one thing after the other, each over a
// connection that it keeps as long as it may.
type traffic struct {
	t        testing.TB
	from     *lab.Host
	to       string
	uri      string        // with %d for the client and for the request; none: several
	within   time.Duration // bounds each request; 0: nothing does. See steady.Slower
	accept   func(outcome) bool
	answered atomic.Int64
	failures atomic.Int64
	stop     atomic.Bool
	busy     sync.WaitGroup
}

// outcome is what has become of a request: a status, and else where it ended.
type outcome struct {
	status int
	end    string
}

// How a request may end without a response.
const (
	refused = "refused"                      // nobody listens
	closed  = "closed before the response"   // or reset
	cut     = "closed within the response"   // visibly, by its framing
	strange = "answered with something else" // wrong or mixed up
)

// start lets clients loose. Every outcome must be one that accept takes.
func (tr *traffic) start(clients int) {
	for client := range clients {
		tr.busy.Go(func() { tr.client(client) })
	}
}

// end waits for the clients to finish what they are at.
func (tr *traffic) end() {
	tr.stop.Store(true)
	tr.busy.Wait()
}

// more waits until that many more requests are answered with 200.
func (tr *traffic) more(requests int64) {
	tr.t.Helper()
	goal := tr.answered.Load() + requests
	lab.Eventually(tr.t, "requests are answered", func() bool { return tr.answered.Load() >= goal })
}

func (tr *traffic) client(number int) {
	var w *lab.Connection
	defer func() {
		if w != nil {
			w.Close()
		}
	}()
	for i := 0; !tr.stop.Load(); i++ {
		uri := fmt.Sprintf("/%c/%d/%d", 'a'+i%4, number, i)
		if tr.uri != "" {
			uri = fmt.Sprintf(tr.uri, number, i)
		}
		var got outcome
		start := time.Now()
		got, w = tr.request(w, uri)
		// clock: the callers' tests are called again with longer times on a busy machine
		if took := time.Since(start); tr.within > 0 && took > tr.within {
			tr.t.Errorf("client %d, %s: %+v after %v", number, uri, got, took)
		}
		if !tr.accept(got) {
			tr.t.Errorf("client %d, %s: %+v", number, uri, got)
			return
		}
		if got.status == http.StatusOK {
			tr.answered.Add(1)
		} else {
			tr.failures.Add(1)
		}
	}
}

// request sends one request, over w if there is one, and gives the connection
// for the next.
func (tr *traffic) request(w *lab.Connection, uri string) (outcome, *lab.Connection) {
	if w == nil {
		var err error
		if w, err = tr.from.Connect(tr.to); err != nil {
			return outcome{end: refused}, nil
		}
	}
	w.SetDeadline(wait.End())
	fail := func(end string) (outcome, *lab.Connection) {
		w.Close()
		return outcome{end: end}, nil
	}
	if _, err := fmt.Fprintf(w, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", uri); err != nil {
		return fail(closed)
	}
	response, body, err := w.Response("GET")
	switch {
	case response == nil && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET)):
		return fail(closed)
	case response == nil:
		return fail(strange)
	case err != nil:
		return fail(cut)
	case response.StatusCode == http.StatusOK && !strings.HasSuffix(body, " "+uri+"\n"):
		return fail(strange)
	}
	got := outcome{status: response.StatusCode}
	if response.Close {
		w.Close()
		return got, nil
	}
	return got, w
}

// always takes nothing but answers of a server.
func always(got outcome) bool { return got == outcome{status: http.StatusOK} }
