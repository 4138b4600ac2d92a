package relay

import (
	"time"

	"ktcpvs/daemon/stats"
)

// Timer names what a session waits for no longer than a limit. Most are called as
// the knob is that sets it.
type Timer uint8

// The timers.
const (
	NoTimer Timer = iota
	HeaderTimeout
	KeepaliveTimeout
	ConnectTimeout
	ReadTimeout // nothing goes by, either way
	FirstByteTimeout
	BodyMinRate    // what the client has earned by what it has sent of its body
	RequestTimeout // the whole exchange
	Lingering      // what a client still sends behind the last answer
	Draining       // the moment in which a request that is on its way is still taken
	Departure      // the next question to a client that has ended its stream
	timers
)

func (t Timer) String() string {
	return [...]string{"none", "header_timeout", "keepalive_timeout", "connect_timeout", "read_timeout",
		"first_byte_timeout", "body_min_rate", "request_timeout", "linger", "drain", "departure"}[t]
}

// deadline is the earliest end of the timers that run, and which it is.
type deadline struct {
	at time.Duration // on Context.Now's clock; 0: none runs
	by Timer
}

// set has one timer run and no other.
func (d *deadline) set(by Timer, at time.Duration) { *d = deadline{at, by} }

// also has another timer run beside those that do.
func (d *deadline) also(by Timer, at time.Duration) {
	if at < d.at {
		d.set(by, at)
	}
}

// Deadline is which timer ends first, when an Expired is due, and when that is, on
// Context.Now's clock; 0 is never.
func (s *Session) Deadline() (Timer, time.Duration) {
	if next := s.departure.next; next > 0 && next < s.deadline.at {
		return Departure, next
	}
	return s.deadline.by, s.deadline.at
}

// rest waits for the client's next request.
func (s *Session) rest(c *Context) {
	s.phase = idle
	s.method = 0 // of no request: a refusal of the next has a body
	s.ahead = c.Policy.Ahead
	s.active = c.Now
	s.deadline.set(KeepaliveTimeout, c.Now+c.Timeouts.KeepAlive)
}

// call waits for a server to take a connection.
func (s *Session) call(c *Context) {
	s.connecting = true
	s.deadline.set(ConnectTimeout, c.Now+c.Timeouts.Connect)
	s.boundWhole(c)
}

// wait sets the deadline of an exchange or a tunnel after something went by.
func (s *Session) wait(c *Context) {
	s.active = c.Now
	s.bound(c)
}

// bound sets the deadline of an exchange or a tunnel.
func (s *Session) bound(c *Context) {
	t := &c.Timeouts
	s.deadline.set(ReadTimeout, s.active+t.Read)
	if s.phase != exchange {
		return
	}
	if (s.request.done || s.patient) && !s.final && t.FirstByte > 0 {
		s.deadline.set(FirstByteTimeout, s.active+t.FirstByte)
	}
	if !s.request.done && !s.patient && !s.ceased && c.Policy.BodyRate > 0 {
		s.deadline.also(BodyMinRate, s.asked+s.allow)
	}
	s.boundWhole(c)
}

// excuse has the server's time for its first byte not begin yet: it is not read
// before the client has taken what earlier responses have left.
func (s *Session) excuse(c *Context) {
	s.deadline.set(ReadTimeout, s.active+c.Timeouts.Read)
	s.boundWhole(c)
}

// boundWhole bounds an exchange as a whole.
func (s *Session) boundWhole(c *Context) {
	if total := c.Timeouts.Total; total > 0 && s.phase == exchange {
		s.deadline.also(RequestTimeout, s.began+total)
	}
}

// earn lengthens what the client may take for the rest of its body by what it
// has sent of it now: n bytes, at the rate that is asked for. Time in which it
// had to wait for the server is not the client's.
func (s *Session) earn(c *Context, n int64, blocked bool) {
	if rate := c.Policy.BodyRate; rate > 0 {
		if !blocked && !s.patient {
			s.allow -= c.Now - s.asked
		}
		s.allow += time.Duration(min(n, 1<<32)) * time.Second / time.Duration(rate)
		s.allow = max(min(s.allow, c.Timeouts.Read), 0)
	}
	s.asked = c.Now
}

// expire takes in that a timer has ended.
func (s *Session) expire(c *Context, ev *Event) {
	switch by := s.deadline.by; {
	case s.departure.next > 0 && s.inquire(c, ev):
	case s.phase == reading:
		s.method = methodAtSight(s.in.bytes())
		s.refuse(c, 408, headLate)
	case s.final && ev.Stalled && (s.phase == exchange || s.phase == tunnel || s.waiting()):
		s.note(c, 0, notTaken[by])
		s.shut(c, Abort) // there is nobody to wait for
	case s.phase == exchange && !s.request.done && !s.patient && ev.Blocked && !ev.Calling && !s.overdue(c):
		s.earn(c, 0, true)
		s.allow = max(s.allow, c.Timeouts.BodyGrace)
		s.bound(c)
	case s.phase == exchange && s.final:
		if by != BodyMinRate {
			s.blame(c, stats.Timeout)
		}
		s.breakOff(c, notComplete[by])
	case s.phase == exchange && !s.request.done && !s.patient && !ev.Blocked:
		// It is the client who was waited for.
		s.refuse(c, 408, bodyLate[by])
	case s.phase == exchange && ev.Stalled && !ev.Calling && !s.overdue(c):
		s.excuse(c)
	case s.phase == exchange && ev.Stalled && !ev.Calling:
		s.note(c, 0, notTaken[by])
		s.shut(c, Abort)
	case s.phase == exchange, s.phase == tunnel && !s.final:
		s.distrust(c, ev)
		s.noServer(c, TimedOut, ev.Calling, by)
	default:
		s.close(c)
	}
}

// overdue reports whether the server had all the time it may have.
func (s *Session) overdue(c *Context) bool {
	return c.Now >= s.active+c.Timeouts.Read || c.Timeouts.Total > 0 && c.Now >= s.began+c.Timeouts.Total
}

// What is said of a timer that has ended, for who was waited for.
type late [timers]string

const headLate = "head not complete within header_timeout"

var (
	notTaken = late{
		ReadTimeout:      "client took nothing for read_timeout",
		FirstByteTimeout: "client took nothing of earlier responses for first_byte_timeout and read_timeout",
		BodyMinRate:      "client took nothing, and its body was slower than body_min_rate",
		RequestTimeout:   "client has not taken all within request_timeout",
	}
	notComplete = late{
		ReadTimeout:    "response not complete: nothing came for read_timeout",
		BodyMinRate:    "response not complete: the request's body was slower than body_min_rate",
		RequestTimeout: "response not complete within request_timeout",
	}
	bodyLate = late{
		ReadTimeout:    "nothing of the body came for read_timeout",
		BodyMinRate:    "body slower than body_min_rate",
		RequestTimeout: "body not complete within request_timeout",
	}
	noAnswer = late{
		NoTimer:          "server's host does not answer any more",
		ReadTimeout:      "server began no response within read_timeout",
		FirstByteTimeout: "server began no response within first_byte_timeout",
		BodyMinRate:      "server took nothing of the body within read_timeout",
		RequestTimeout:   "server began no response within request_timeout",
	}
	noConnection = late{
		NoTimer:        "no server took a connection before the kernel gave up",
		ConnectTimeout: "no server took a connection within connect_timeout",
		RequestTimeout: "no server took a connection within request_timeout",
	}
)
