package relay

import (
	"bytes"
	"net/netip"
	"time"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
)

// Timeouts bound how long a session waits; 0 is for ever, where it is allowed.
type Timeouts struct {
	Head      time.Duration // the connection's begin, later a request's first byte, to the end of its head
	Connect   time.Duration // a new server connection
	FirstByte time.Duration // the server's response, once the request is sent; 0: Read
	Read      time.Duration // a relayed connection with no byte either way
	Total     time.Duration // a request and its response; may be 0
	KeepAlive time.Duration // a client between requests
	Linger    time.Duration // a refused client that sends on, with no byte from it
	BodyGrace time.Duration // before Policy.BodyRate is asked for

	LingerMost time.Duration // and in all
}

// DefaultTimeouts are those of the reference's section 6, and for what it
// leaves open those that operators of other balancers know.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		Head:      30 * time.Second,
		Connect:   5 * time.Second,
		Read:      180 * time.Second,
		KeepAlive: 30 * time.Second,
		Linger:    2 * time.Second,
		BodyGrace: 10 * time.Second,

		LingerMost: 30 * time.Second,
	}
}

// Policy bounds what a client may cost; 0 is no bound, but for Ahead.
type Policy struct {
	Body        int64 // bytes of a request's body
	Requests    int   // on one connection
	RequestRate int   // a second, from one source
	BodyRate    int   // bytes a second that a client must send of a body
	Ahead       int   // bytes received at once while a head is expected
	HalfClosed  HalfClosed
}

// Sources remembers how fast each address sends requests.
type Sources interface {
	Request(addr netip.Addr, rate int, now time.Duration) bool
}

// Context is what the sessions of one loop share. The loop owns it and keeps
// it up to date; a Step uses it for its own duration only.
type Context struct {
	Now      time.Duration // monotonic
	Unix     int64         // seconds, the wall clock
	Date     []byte        // an HTTP-date of Unix
	Loop     int           // index of the loop's counters
	Snapshot *table.Snapshot
	Limits   http1.Limits // of requests
	Answers  http1.Limits // of responses
	Timeouts Timeouts
	Policy   Policy
	Sources  Sources // asked only when Policy.RequestRate is set
	// SpliceFrom is the rest of a body, in bytes, from which on it is spliced; 0 is
	// never, and copies a tunnel, too.
	SpliceFrom int64
	Short      bool   // others of the service hold more than they may, and a new request gets 503
	Veil       Veil   // over what the session cookie says
	Via        string // pseudonym of the daemon, for services that have none of their own
	Buffers    *Buffers
	Refusals   []Refusal // of the last Step, mostly none
	Turned     bool      // a server has gone down, or has come up; whoever takes that in sets it back

	shun    table.Avoid
	ops     []Op
	scratch []byte // heads made in this Step
	grown   []byte // chunks that have grown
	req     http1.Request
	res     http1.Response
	in      match.Input
}

// NewContext makes the context of loop number index.
func NewContext(index int) *Context {
	return &Context{
		Loop:     index,
		Limits:   http1.DefaultLimits(),
		Answers:  http1.DefaultLimits(),
		Timeouts: DefaultTimeouts(),
		Policy:   Policy{Ahead: headRead, HalfClosed: Ask},
		Buffers:  NewBuffers(),
		Via:      "ktcpvs",
		scratch:  make([]byte, 0, 64<<10),
	}
}

func (c *Context) begin() {
	c.ops = c.ops[:0]
	c.Refusals = c.Refusals[:0]
	c.scratch = c.scratch[:0]
	c.Buffers.settle()
}

func (c *Context) op(op Op) { c.ops = append(c.ops, op) }

func (c *Context) write(side Side, head, data []byte) {
	if len(head)+len(data) == 0 {
		return
	}
	if len(head) == 0 {
		head, data = data, nil
	}
	if n := len(c.ops); n > 0 && c.ops[n-1].extend(side, head, data) {
		return
	}
	c.ops = append(c.ops, Op{Kind: Write, Side: side, Head: head, Data: data})
}

// extend has a Write go on with head and data, if head lies right behind what it
// writes, as the answers to requests that came together do: they are one send.
func (op *Op) extend(side Side, head, data []byte) bool {
	n := len(op.Head)
	if op.Kind != Write || op.Side != side || len(op.Data) > 0 || n+len(head) > cap(op.Head) || &op.Head[:n+1][n] != &head[0] {
		return false
	}
	op.Head, op.Data = op.Head[:n+len(head)], data
	return true
}

// input is the present request as match wants it.
func (c *Context) input(source netip.Addr) *match.Input {
	c.in = match.Input{
		URI:    c.req.URI,
		Host:   hostOnly(c.req.Host),
		Method: c.req.MethodText,
		Source: source,
		Fields: &c.req,
	}
	return &c.in
}

// hostOnly is an authority without its port.
func hostOnly(authority []byte) []byte {
	if i := bytes.LastIndexByte(authority, ':'); i >= 0 && bytes.IndexByte(authority[i:], ']') < 0 {
		return authority[:i]
	}
	return authority
}
