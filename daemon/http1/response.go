package http1

// Response is the head of a response, as understood. Byte slices alias the input, except Upgrade.
type Response struct {
	Status     int
	Reason     []byte
	Minor      uint8 // 0 or 1
	Fields     []Field
	Body       Body
	Length     int64  // bytes of a LengthBody; for NoBody the length stated for HEAD or 304; -1: none stated
	KeepAlive  bool   // the server will go on after this exchange
	Tunnel     bool   // 101, or 2xx to CONNECT: what follows is no longer HTTP/1
	Upgrade    []byte // protocols of the Upgrade fields, when Connection says upgrade; without h2c, nil for a 101 that names it
	NoTrailers bool   // as in a Request
	SetsCookie bool   // there is a Set-Cookie field
	Bound      bool   // a challenge is of a scheme that authenticates the connection

	// BadField and Bad say, behind an *Error, which field was refused, nil for another line, and what of the input it
	// was: a field's value, or part of the line, with the byte that shows the fault.
	BadField, Bad []byte

	head []byte
	made []byte // backing of an Upgrade that was put together
}

// Header returns the value of the i-th field of that name, counted from 0, compared without regard to case.
func (r *Response) Header(name string, i int) (value []byte, ok bool) {
	return header(r.Fields, name, i)
}

// Response parses the head of the response, to a request of method m, that b begins with.
// Results are as for Request; every *Error has Status 502. A server's oddities that leave one meaning are overlooked; a
// folded line is joined in b itself.
func (p *Parser) Response(b []byte, lim *Limits, m Method, r *Response) (n int, err error) {
	resumed := p.stage != atStart
	n, f := p.response(p.within(b, lim), lim, r)
	if f == ok && resumed {
		// As for a request: lines seen by earlier calls may have moved.
		p.Reset()
		n, f = p.response(p.within(b, lim), lim, r)
	}
	if f == needMore {
		return 0, nil
	}
	if f != ok {
		r.blame(b, int(p.line), n)
	}
	p.Reset()
	if f == ok {
		f = r.understand(m)
	}
	if f != ok {
		return 0, &responseErrors[f]
	}
	return n, nil
}

// maxBad bounds what is shown of a line that was refused.
const maxBad = 64

// blame notes the line of b that was refused at the byte before end.
func (r *Response) blame(b []byte, line, end int) {
	r.BadField = nil
	end = min(end, len(b))
	line = min(line, end)
	for end < len(b) && end < line+maxBad && b[end-1] != '\n' {
		end++
	}
	if name := tokenEnd(b[:end], line); name > line && name < end && b[name] == ':' {
		r.BadField = b[line:name]
	}
	r.Bad = b[max(line, end-maxBad):end]
}

// blameField notes the field that was refused, the first of its kind.
func (r *Response) blameField(kind FieldKind) {
	r.BadField, r.Bad = nil, nil
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Kind == kind {
			r.BadField, r.Bad = f.Name, f.Value
			return
		}
	}
}

// response reads the head's lines, without asking what they mean together.
func (p *Parser) response(b []byte, lim *Limits, r *Response) (n int, f fault) {
	if p.stage != inFields {
		if n, f = p.statusLine(b, lim, r); f != ok {
			return n, f
		}
	}
	r.head = b
	r.Fields, n, f = p.section(b, lim, r.Fields[:0], true)
	return n, f
}

// understand fills in what status line and fields mean together, for a request of method m.
func (r *Response) understand(m Method) fault {
	r.SetsCookie, r.Bound = false, false
	fr := framing{length: -1, loose: true}
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Kind {
		case OtherField:
			continue
		case SetCookie:
			r.SetsCookie = true
		case Challenge:
			r.Bound = r.Bound || namesConnectionScheme(f.Value)
		default:
			if bad := fr.note(f); bad != ok {
				r.BadField, r.Bad = f.Name, f.Value
				return bad
			}
		}
	}
	if f := fr.check(r.Minor); f != ok {
		r.blameField(TransferEncoding)
		return f
	}
	r.Upgrade = fr.chosen(r)
	r.KeepAlive = fr.persists(r.Minor)
	r.Tunnel = false
	r.Length = -1
	r.NoTrailers = fr.others
	fr.markNamed(r.Fields)
	return r.frame(&fr, m)
}

// chosen is what the response wants to switch to. A 101 says that it switches, be it by HTTP/1.0 or without saying so in
// Connection; nil for one that switches to more than what may pass.
func (fr *framing) chosen(r *Response) []byte {
	if r.Status != 101 {
		list, _ := fr.protocols(r.Minor, r.Fields, &r.made)
		return list
	}
	fr.switching = true
	if list, whole := fr.protocols(1, r.Fields, &r.made); whole {
		return list
	}
	return nil
}

// frame decides how the body ends (RFC 9112 section 6.3).
func (r *Response) frame(fr *framing, m Method) fault {
	switch {
	case r.Status < 200:
		r.Body = NoBody
		// The next bytes must be the final response's head, never a body posing as one.
		if fr.coded {
			r.blameField(TransferEncoding)
			return bodyIn1xx
		}
		if fr.length > 0 {
			r.blameField(ContentLength)
			return bodyIn1xx
		}
		if r.Status == 101 {
			if r.Upgrade == nil {
				r.blameField(Upgrade)
				return switchToNothing
			}
			r.Tunnel = true
		}
	case m == CONNECT && r.Status < 300:
		r.Body, r.Tunnel = NoBody, true
	case r.Status == 204:
		r.Body = NoBody
		// A server that states a body here may send it, too.
		r.KeepAlive = r.KeepAlive && !fr.coded && fr.length <= 0
	case m == HEAD || r.Status == 304:
		r.Body, r.Length = NoBody, fr.length
	case fr.coded:
		r.Body = ChunkedBody
	case fr.length >= 0:
		r.Body, r.Length = LengthBody, fr.length
	default:
		r.Body, r.KeepAlive = CloseBody, false
	}
	if r.Tunnel {
		r.KeepAlive = false
	}
	return ok
}
