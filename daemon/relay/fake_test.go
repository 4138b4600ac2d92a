package relay

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"ktcpvs/daemon/http1"
)

// fake is an event loop without sockets: it executes a session's operations
// on byte slices and holds the session to what a loop may expect of it.
type fake struct {
	*bench
	complain func(format string, args ...any)

	connected bool
	calling   bool // nothing has come of the present server connection
	spliced   bool
	passed    bool   // bytes were spliced, and are in neither stream
	toServer  []byte // over the present server connection
	toClient  []byte
	sent      [][]byte // what went over each server connection before
	aborted   bool
	finished  bool // the stream to the client has ended
	over      bool
	ended     [2]bool // the side's stream
	guarded   [2]bool // the stream to it is not to look whole

	clientGone bool
}

func (f *fake) step(ev *Event) {
	if f.over {
		return
	}
	if ev.Side == Server && ev.Kind == Received || ev.Kind == Connected || ev.Kind == Moved {
		f.calling = false
	}
	if ev.Kind == Received && len(ev.Data) == 0 {
		f.ended[ev.Side] = true
	}
	for _, op := range f.sess.Step(f.ctx, ev) {
		if f.over {
			f.complain("operation %v after the client's end", describe(op))
		}
		f.exec(op)
	}
	if f.over != f.sess.Closed() {
		f.complain("closed is %v, the client's connection is %v", f.sess.Closed(), f.over)
	}
	for _, side := range []Side{Client, Server} {
		if n := f.sess.Wants(side); n < 0 || n > bodyRead || side == Server && n > 0 && !f.connected {
			f.complain("wants %d from side %d", n, side)
		}
	}
	f.clientGone = f.clientGone || ev.Side == Client && (ev.Kind == Failed || ev.Kind == Received && len(ev.Data) == 0)
	if n, most := f.sess.in.len(), f.ctx.Limits.Trailer; f.sess.phase == exchange && !f.sess.request.done && n > most {
		f.complain("keeps %d bytes of a body", n)
	}
	if (f.sess.in.buf != nil || f.sess.answer.buf != nil) && f.sess.in.len()+f.sess.answer.len() == 0 {
		f.complain("holds a buffer with nothing in it, in state %s", f.sess.State())
	}
	if by, at := f.sess.Deadline(); !f.over && (at <= 0 || by == NoTimer) {
		f.complain("the deadline is %v at %v in state %s", by, at, f.sess.State())
	}
	for _, r := range f.ctx.Refusals {
		if r.Reason == "" {
			f.complain("a refusal without a reason in state %s, at %v", f.sess.State(), f.sess.deadline)
		}
	}
}

func (f *fake) exec(op Op) {
	switch op.Kind {
	case Dial:
		f.calling = true
		if op.Again {
			// What was written stays, and goes to the other.
			if !f.connected {
				f.complain("dials again without a connection")
			}
			return
		}
		if f.connected {
			f.complain("dials with a connection in hand")
		}
		f.connected, f.ended[Server] = true, false
	case Write:
		if len(op.Head)+len(op.Data) == 0 {
			f.complain("writes nothing")
		}
		if op.Side == Client {
			f.toClient = append(append(f.toClient, op.Head...), op.Data...)
			return
		}
		if !f.connected {
			f.complain("writes %q to no server", op.Head)
		}
		f.toServer = append(append(f.toServer, op.Head...), op.Data...)
	case Release, HangUp, Abort:
		if op.Kind != Release && op.Side == Client {
			f.judge(op)
			f.over, f.aborted = true, op.Kind == Abort
			return
		}
		if !f.connected {
			f.complain("gives up a connection that is not there")
		}
		f.judge(op)
		f.drop()
	case Guard:
		if op.Side == Server && !f.connected {
			f.complain("guards the connection of no server")
		}
		f.guarded[op.Side] = true
	case Finish:
		if op.Side == Server && !f.connected {
			f.complain("ends the stream to no server")
		}
		f.finished = f.finished || op.Side == Client
		f.judge(op)
		f.guarded[op.Side] = false
	case Splice:
		if !f.connected || op.N <= 0 {
			f.complain("splices %d, connected %v", op.N, f.connected)
		}
		f.spliced, f.passed = true, true
	}
}

// judge checks that what was guarded ends in order only when the other side's
// stream has ended.
func (f *fake) judge(op Op) {
	if op.Kind != Abort && f.guarded[op.Side] && !f.ended[op.Side.Other()] {
		f.complain("%s, whose stream is not whole", describe(op))
	}
}

func (f *fake) drop() {
	f.sent = append(f.sent, f.toServer)
	f.connected, f.calling, f.spliced, f.toServer = false, false, false, nil
	f.guarded[Server] = false
}

// settle ends the session and checks that nothing is left behind.
func (f *fake) settle() {
	f.step(&Event{Kind: Failed, Side: Client, Cause: Reset})
	if !f.over {
		f.complain("a session without its client goes on")
	}
	if f.connected {
		f.complain("a closed session keeps its server connection")
	}
	if held := f.ctx.Buffers.Held(); held != 0 {
		f.complain("a closed session holds %d bytes of buffers", held)
	}
	for _, server := range f.svc.Servers {
		if n := server.Live.Conns.Load(); n != 0 {
			f.complain("a closed session counts %d times at its server", n)
		}
	}
}

// wellFormed checks that what went over each server connection is requests
// that a strict reader understands, the last perhaps cut off.
func (f *fake) wellFormed() {
	for _, stream := range append(f.sent, f.toServer) {
		var p http1.Parser
		var r http1.Request
		lim := http1.DefaultLimits()
		lim.Head, lim.Line = 2*lim.Head, 2*lim.Line // our own fields come on top
		lim.Fields += 8
		for rest := bytes.Clone(stream); len(rest) > 0; {
			n, err := p.Request(rest, &lim, &r)
			if err != nil {
				f.complain("the server got %q: %v", rest, err)
				return
			}
			if n == 0 {
				break
			}
			if r.Upgrade != nil {
				break // what follows may be anything
			}
			var b body
			b.start(r.Body, r.Length, false)
			_, m, err := b.take(rest[n:], &lim, new([]byte))
			if err != nil {
				f.complain("the server got %q: %v", rest, err)
				return
			}
			if !b.done {
				break
			}
			rest = rest[n+m:]
		}
	}
}

// newFake plays a service of the given scheduler with one server.
func newFake(b *bench, complain func(string, ...any)) *fake {
	f := &fake{bench: b, complain: complain}
	f.step(&Event{Kind: Opened})
	return f
}

// origin answers the requests it gets, whole ones only, with what they were.
type origin struct {
	seen int // bytes of the present connection that are answered
}

func (o *origin) answers(stream []byte) (out []byte) {
	var p http1.Parser
	var r http1.Request
	lim := http1.DefaultLimits()
	for {
		rest := bytes.Clone(stream[o.seen:])
		n, err := p.Request(rest, &lim, &r)
		if err != nil || n == 0 {
			return out
		}
		var b body
		b.start(r.Body, r.Length, true)
		text, m, err := b.take(rest[n:], &lim, new([]byte))
		if err != nil || !b.done {
			return out
		}
		o.seen += n + m
		reply := fmt.Sprintf("%s %s %q", r.MethodText, r.URI, text)
		if r.Method == http1.HEAD {
			out = fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(reply))
		} else if strings.Contains(string(r.URI), "chunk") {
			out = append(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"...)
			for len(reply) > 0 {
				k := min(7, len(reply))
				out = fmt.Appendf(out, "%x\r\n%s\r\n", k, reply[:k])
				reply = reply[k:]
			}
			out = append(out, "0\r\n\r\n"...)
		} else {
			out = fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
		}
	}
}

// due is when the session is to hear that its deadline has passed.
func (f *fake) due() time.Duration {
	_, at := f.sess.Deadline()
	return max(at, 1)
}
