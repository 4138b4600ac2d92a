package http1

import "math"

// Body is how the end of a message's body is known (RFC 9112 section 6.3).
type Body uint8

// The framings.
const (
	NoBody      Body = iota // the message ends with its head
	LengthBody              // Length bytes follow, possibly none
	ChunkedBody             // chunks follow: see Chunked
	CloseBody               // a response: all bytes until the server closes
)

// Request is the head of a request, as understood. Byte slices alias the input, except URI where the
// target had to be completed, and Upgrade; all are valid until the input or the Request is used again.
type Request struct {
	Method     Method
	MethodText []byte
	Target     []byte // the request target as sent
	URI        []byte // path and query, for absolute-form too; "*" for a whole server; the authority for CONNECT
	Host       []byte // authority asked for: of an absolute-form or CONNECT target, else the Host field; nil: an HTTP/1.0 request named none
	Minor      uint8  // 0 or 1
	Fields     []Field
	Body       Body
	Length     int64  // bytes of a LengthBody, 0 for NoBody, -1 for ChunkedBody
	KeepAlive  bool   // the client will go on after this exchange
	Expect100  bool   // the client waits for 100 (Continue) before it sends the body
	NoTrailers bool   // Connection names a field we do not know, which may be a trailer: none is passed on
	Upgrade    []byte // protocols to switch to, when Connection says upgrade; without h2c, which a gateway must not tunnel
	Bound      bool   // the credentials are of a scheme that authenticates the connection
	Passed     bool   // there is a Via field: see Passes
	// MaxForwards, for TRACE and OPTIONS, is how many more times the request may be forwarded; at 0 the
	// gateway answers itself. -1: not given. AppendRequest counts it down (RFC 9110 section 7.6.2).
	MaxForwards int

	head []byte // the input the fields' lines lie in
	made []byte // backing of a URI that had to be completed
	// backing of Upgrade
	upgrade []byte
}

// Header returns the value of the i-th field of that name, counted from 0, compared without regard to case.
func (r *Request) Header(name string, i int) (value []byte, ok bool) {
	return header(r.Fields, name, i)
}

// Request parses the head of the request that b begins with.
//
//   - n > 0: the head is b[:n] and r is filled; what follows is the body, or the next request.
//   - 0, nil: more is needed; give the same bytes and what follows them, at any address.
//   - 0, *Error: b can not begin an acceptable request, whatever follows; the connection is to be closed.
func (p *Parser) Request(b []byte, lim *Limits, r *Request) (n int, err error) {
	resumed := p.stage != atStart
	n, f := p.request(p.within(b, lim), lim, r)
	if f == ok && resumed {
		// Lines seen by earlier calls may have moved since: now that all is there, read it in one go.
		p.Reset()
		n, f = p.request(p.within(b, lim), lim, r)
	}
	if f == needMore {
		return 0, nil
	}
	p.Reset()
	if f == ok {
		f = r.understand()
	}
	if f != ok {
		return 0, &requestErrors[f]
	}
	return n, nil
}

// request reads the head's lines, without asking what they mean together.
func (p *Parser) request(b []byte, lim *Limits, r *Request) (n int, f fault) {
	if p.stage != inFields {
		if f = p.requestLine(b, lim, r); f != ok {
			return 0, f
		}
	}
	r.head = b
	r.Fields, n, f = p.section(b, lim, r.Fields[:0], false)
	return n, f
}

// understand fills in what start line and fields mean together.
func (r *Request) understand() fault {
	r.Method = methodOf(r.MethodText)
	r.Expect100, r.Bound, r.Passed = false, false, false
	r.MaxForwards = -1
	fr := framing{length: -1}
	var host []byte
	hosts := 0
	for i := range r.Fields {
		f := &r.Fields[i]
		var bad fault
		switch f.Kind {
		case OtherField, Cookie:
			continue
		case Host:
			host, hosts = f.Value, hosts+1
		case Expect:
			bad = r.expect(f.Value)
		case Credentials:
			r.Bound = r.Bound || namesConnectionScheme(f.Value)
		case Via:
			r.Passed = true
		case MaxForwards:
			bad = r.maxForwards(f.Value)
		default:
			bad = fr.note(f)
		}
		if bad != ok {
			return bad
		}
	}
	if f := r.resolve(host, hosts); f != ok {
		return f
	}
	if f := r.frame(&fr); f != ok {
		return f
	}
	r.KeepAlive = fr.persists(r.Minor)
	r.Upgrade, _ = fr.protocols(r.Minor, r.Fields, &r.upgrade)
	r.NoTrailers = fr.others
	fr.markNamed(r.Fields)
	return ok
}

// frame decides how the body ends (RFC 9112 section 6.3).
func (r *Request) frame(fr *framing) fault {
	if f := fr.check(r.Minor); f != ok {
		return f
	}
	switch {
	case fr.coded:
		r.Body, r.Length = ChunkedBody, -1
	case fr.length >= 0:
		r.Body, r.Length = LengthBody, fr.length
	default:
		r.Body, r.Length = NoBody, 0
	}
	if r.Length != 0 && (r.Method == CONNECT || r.Method == TRACE) {
		return bodyNotAllowed
	}
	return ok
}

// expect reads an Expect value (RFC 9110 section 10.1.1); HTTP/1.0 has no expectations.
func (r *Request) expect(value []byte) fault {
	if r.Minor == 0 {
		return ok
	}
	if !foldEqual(value, "100-continue") {
		return badExpect
	}
	r.Expect100 = true
	return ok
}

// maxForwards reads a Max-Forwards value; other methods than TRACE and OPTIONS may carry one unheeded. More
// than fits is as good as no end.
func (r *Request) maxForwards(value []byte) fault {
	if r.Method != TRACE && r.Method != OPTIONS {
		return ok
	}
	if r.MaxForwards >= 0 || len(value) == 0 {
		return badMaxForwards
	}
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return badMaxForwards
		}
		n = min(n*10+int(c-'0'), math.MaxInt32)
	}
	r.MaxForwards = n
	return ok
}
