package relay

import (
	"bytes"

	"ktcpvs/daemon/http1"
)

// asked is a request as its client knows it.
type asked struct {
	method http1.Method
	minor  uint8
}

// requestsIn is what a strict reader finds in a client's stream; the last may be incomplete or none at all.
func requestsIn(stream []byte, lim *http1.Limits) (list []asked) {
	var p http1.Parser
	var r http1.Request
	for rest := bytes.Clone(stream); len(rest) > 0; {
		n, err := p.Request(rest, lim, &r)
		if err != nil || n == 0 {
			return append(list, asked{methodAtSight(rest), 1})
		}
		list = append(list, asked{r.Method, r.Minor})
		var b body
		b.start(r.Body, r.Length, false)
		_, m, err := b.take(rest[n:], lim, new([]byte))
		if err != nil || !b.done {
			return list
		}
		rest = rest[n+m:]
	}
	return list
}

// answered checks what a client got for what it has sent: a strict reader takes it for one response to each
// request, in their order, and cannot take one that was cut off for whole.
func (f *fake) answered(sent []byte) {
	requests := requestsIn(sent, &f.ctx.Limits)
	lim := http1.DefaultLimits()
	lim.Head, lim.Line = 2*lim.Head, 2*lim.Line // our own fields come on top
	lim.Fields += 8
	var p http1.Parser
	var r http1.Response
	for i, rest := 0, bytes.Clone(f.toClient); len(rest) > 0; {
		if f.sess.departure.sent > 0 && string(rest) == http1.Version[:f.sess.departure.sent] {
			return // the client was asked whether it is still there
		}
		if i == len(requests) {
			f.complain("the client sent %q and got a response too many: %q", sent, rest)
			return
		}
		n, err := p.Response(rest, &lim, requests[i].method, &r)
		if err != nil || n == 0 {
			f.complain("the client sent %q and got %q: %v", sent, rest, err)
			return
		}
		if head := rest[:n]; bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) ||
			bytes.Count(head, []byte("\r")) != bytes.Count(head, []byte("\n")) || bytes.IndexByte(head, 0) >= 0 || bytes.Contains(head, []byte("\n ")) {
			f.complain("the client got a server's oddities passed on: %q", head)
		}
		rest = rest[n:]
		if r.Tunnel {
			return
		}
		if r.Status < 200 {
			if requests[i].minor == 0 {
				f.complain("a client of HTTP/1.0 got a response of %d", r.Status)
			}
			continue
		}
		if requests[i].minor == 0 && r.Body == http1.ChunkedBody {
			f.complain("a client of HTTP/1.0 got chunks")
		}
		i++
		var b body
		b.start(r.Body, r.Length, false)
		_, m, err := b.take(rest, &lim, new([]byte))
		rest = rest[m:]
		switch {
		case err != nil:
			f.complain("the client sent %q and got the body %q: %v", sent, rest, err)
			return
		case r.Body == http1.CloseBody:
			if f.over && !f.aborted && !f.finished && !f.clientGone {
				f.complain("a body that was cut off, until close, looks whole")
			}
			return
		case !b.done:
			if phase := f.sess.phase; phase != exchange && !f.over {
				f.complain("in state %s the client still waits for the rest of a body", f.sess.State())
			}
			if len(rest) > 0 {
				f.complain("within a body the client got %q", rest)
			}
			return
		case !r.KeepAlive && len(rest) > 0:
			f.complain("after its last response the client got %q", rest)
			return
		}
	}
}
