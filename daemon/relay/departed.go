package relay

import (
	"time"

	"ktcpvs/daemon/http1"
)

// A client that ends its stream while it waits for an answer has gone, or only says
// that it sends nothing more: to TCP that is the same, until something is sent to it.
// A host where nobody has the connection any more answers with a reset, and one where
// somebody still reads takes it. So the client is asked: it gets the first bytes of
// its answer, which are the same whatever the answer will be, one at a time:
//
//	             it has gone: a reset, and the request is given up
//	its end     /
//	   |------"H"-------"T"---------"T"-------- ...
//	          1 s       3 s         7 s  \
//	                                      it has not: the rest of its answer when that comes

// HalfClosed is what becomes of a client that ends its stream before its answer begins.
type HalfClosed uint8

// What becomes of it.
const (
	Wait   HalfClosed = iota // it waits as any other
	Ask                      // it is asked, and given up if it has gone
	GiveUp                   // it counts as gone
)

// patience is how long after its end a client is asked first. Most answers come
// sooner, and in one piece then.
const patience = time.Second

// departure is what is done about a client that has ended its stream.
type departure struct {
	next time.Duration // when something is to be done, on Context.Now's clock; 0 is never
	sent uint8         // bytes of http1.Version that went ahead of the answer
}

// rest is what of an answer's head the client has not got yet. It begins another
// answer after this one, if it has sent more requests before its end.
func (d *departure) rest(c *Context, head []byte) []byte {
	if len(head) == 0 {
		return nil
	}
	head = head[d.sent:]
	*d = departure{next: c.Now + patience}
	return head
}

// departs takes in that the client has ended its stream.
func (s *Session) departs(c *Context) {
	if s.phase == tunnel || s.departure != (departure{}) {
		return // it shows where the stream is read, or is known
	}
	s.departure.next = c.Now + patience
	if c.Policy.HalfClosed == GiveUp {
		s.departure.next = max(c.Now, 1) // when what has come of the server by now is handled
	}
}

// inquire does what is due about a client that has ended its stream, and reports
// whether nothing else is. A client that has yet to take what it was sent before needs
// no question: that is one.
func (s *Session) inquire(c *Context, ev *Event) bool {
	d := &s.departure
	if c.Now < d.next {
		return false
	}
	if d.next = c.Now + patience; s.phase == tunnel {
		d.next = 0
	}
	if s.phase == exchange && !s.final && !ev.Stalled {
		switch c.Policy.HalfClosed {
		case Ask:
			s.ask(c)
		case GiveUp:
			s.abandon(c, "client ended its stream before its answer began, and abort_on_close is 2")
		}
	}
	return s.deadline.at == 0 || c.Now < s.deadline.at
}

// ask sends the client the next byte of its answer, and has the next question wait
// twice as long. The last one comes after eight minutes and a half.
func (s *Session) ask(c *Context) {
	d := &s.departure
	n := int(d.sent)
	if n == len(version) {
		d.next = 0
		return
	}
	d.sent++
	d.next = c.Now + patience<<d.sent
	s.outBytes++
	c.write(Client, nil, version[n:n+1])
}

var version = []byte(http1.Version)

// abandon gives up the request of a client that has gone. Its server is told at once,
// and what that would still send is not waited for.
func (s *Session) abandon(c *Context, why string) {
	s.live.Stats.Cell(c.Loop).Errors.Add(1)
	s.note(c, 0, why)
	s.settled = true
	s.close(c)
}
