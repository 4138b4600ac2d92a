package relay

import (
	"bytes"
	"errors"

	"ktcpvs/daemon/http1"
)

// Refusal is why a client did not get what it asked for. It is for the log, and
// costs nothing but its place in Context.Refusals.
type Refusal struct {
	Status int    // what the client was told; 0: nothing, its connection ends
	Reason string // static
	Target []byte // path asked for, nil if it is not known; valid as operations are
	Field  []byte // of a server's message, which field was refused; likewise
	Bytes  []byte // and what of it, or of another line
}

// maxShown bounds what is shown of a message in the log.
const maxShown = 64

// show adds to the last refusal what of a server's message it is about.
func (c *Context) show(field, bytes []byte) {
	if n := len(c.Refusals); n > 0 {
		r := &c.Refusals[n-1]
		r.Field, r.Bytes = field[:min(len(field), maxShown)], bytes[:min(len(bytes), maxShown)]
	}
}

// TooManyConns is the reason of a Refuse with 429, which the loop decides.
const TooManyConns = "more connections of this source than max_conns_per_source or conn_rate_per_source"

// Reasons that are given in several places.
const (
	noBuffers = "max_buffered_mb is reached"
	longBody  = "body longer than max_body_kb"
	looped    = "request leads back here: it has passed this daemon, or a service of this pseudonym, three times already"
)

// note keeps the reason for the log.
func (s *Session) note(c *Context, status int, reason string) {
	r := Refusal{Status: status, Reason: reason}
	switch {
	case s.head != nil:
		_, target, _ := bytes.Cut(s.head, []byte{' '})
		r.Target, _, _ = bytes.Cut(target, []byte{' '})
	case s.phase == exchange && !s.final:
		r.Target = c.req.URI // the request has only just come
	}
	// What is behind it may be secret.
	r.Target, _, _ = bytes.Cut(r.Target, []byte{'?'})
	c.Refusals = append(c.Refusals, r)
}

// judgement is what the client of a message that http1 refuses gets, and why.
func judgement(err error) (status int, reason string) {
	if refused, is := errors.AsType[*http1.Error](err); is {
		return refused.Status, refused.Reason
	}
	return 400, "malformed"
}

// reason is why there is no response, of a server that is still called or that
// has the request.
func (cause Cause) reason(calling bool, by Timer) string {
	switch {
	case cause == TimedOut && calling:
		return noConnection[by]
	case cause == TimedOut:
		return noAnswer[by]
	case cause == Refused:
		return "server refuses connections"
	case cause == Unreachable:
		return "server is unreachable"
	case cause == Portless:
		return "no local port left to connect to a server"
	case cause == Exhausted:
		return "no descriptor or memory left to connect to a server"
	case cause == Crowded:
		return "request leads back here, where maxclients are taken"
	case calling:
		return "server reset the connection attempt"
	}
	return "server closed its connection before a response"
}
