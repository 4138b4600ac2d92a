package relay

import (
	"bytes"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/stats"
)

// spliceAfter is how many receives in a row fill the buffer before a tunnel is
// taken for a bulk transfer, and spliced.
const spliceAfter = 4

// switchProtocols turns the session into a tunnel, as the 101 in c.res says;
// data is what the server has sent behind it.
func (s *Session) switchProtocols(c *Context, data []byte) {
	if !s.upgrade || !s.request.done || !offered(s.head, c.res.Upgrade) {
		s.blame(c, stats.BadResponse)
		s.lose(c)
		s.answerSelf(c, 502, "101 response to a request that offers no such protocol, or is not complete")
		return
	}
	start := len(c.scratch)
	c.scratch = http1.AppendResponse(c.scratch, &c.res, &http1.Forward{
		KeepAlive: true, Minor: s.minor, Upgrade: c.res.Upgrade, Date: c.Date,
	})
	s.forget(c)
	s.phase, s.final = tunnel, true
	s.wait(c)
	c.op(Op{Kind: Guard, Side: Client})
	c.op(Op{Kind: Guard, Side: Server})
	c.send(s, c.scratch[start:], data)
	c.write(Server, nil, s.in.bytes())
	s.in.drop(c.Buffers)
	s.answer.drop(c.Buffers)
}

// offered reports whether a request, as it was forwarded, offered the protocols
// that a server switches to: it must not choose any other (RFC 9110, section
// 7.8).
func offered(request, chosen []byte) bool {
	const field = "\r\nUpgrade: "
	i := bytes.Index(request, []byte(field))
	if i < 0 || len(chosen) == 0 {
		return false
	}
	line, _, _ := bytes.Cut(request[i+len(field):], []byte("\r\n"))
	for protocol := range bytes.SplitSeq(chosen, []byte{','}) {
		found := false
		for offer := range bytes.SplitSeq(line, []byte{','}) {
			found = found || bytes.EqualFold(bytes.TrimSpace(offer), bytes.TrimSpace(protocol))
		}
		if !found {
			return false
		}
	}
	return true
}

// pass hands a tunnel's bytes to the other side.
func (s *Session) pass(c *Context, from Side, data []byte) {
	s.final = s.final || from == Server
	s.wait(c)
	if from == Client {
		s.inBytes += uint64(len(data))
	} else {
		s.outBytes += uint64(len(data))
	}
	c.write(from.Other(), nil, data)
	if len(data) < bodyRead {
		s.streak = 0
		return
	}
	if s.streak++; s.streak >= spliceAfter && c.SpliceFrom > 0 {
		s.streak = 0
		s.splice(c, from, 1<<30)
	}
}

// progress takes in that bytes have gone by.
func (s *Session) progress(c *Context, ev *Event) {
	if s.phase != exchange && s.phase != tunnel || s.connecting {
		return // their deadlines do not move
	}
	b := &s.response
	if ev.Side == Client {
		b = &s.request
		s.inBytes += uint64(ev.N)
		s.earn(c, ev.N, ev.Blocked)
	} else {
		s.outBytes += uint64(ev.N)
	}
	if s.phase == exchange && ev.N > 0 {
		b.skip(ev.N)
	}
	s.wait(c)
}

// moved takes in that a splice has ended.
func (s *Session) moved(c *Context, ev *Event) {
	s.splicing[ev.Side] = false
	s.progress(c, ev)
	if s.phase != exchange {
		return
	}
	b := &s.response
	if ev.Side == Client {
		b = &s.request
	}
	if ev.Side == Server && b.done {
		s.spoiled = s.spoiled || ev.Surplus
		s.finish(c)
	} else if ev.N > 0 && s.bulk(c, b) && !(ev.Side == Client && s.ceased) {
		s.splice(c, ev.Side, b.run())
	}
}
