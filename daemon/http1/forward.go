package http1

import "strconv"

// Forward is what the gateway decides about a message it passes on.
type Forward struct {
	KeepAlive bool   // whether the next hop is told that the connection stays open
	Host      []byte // request: authority to name instead of the request's own; nil: the request's
	Minor     uint8  // response: the client's minor version
	Chunked   bool   // response: the body is sent in chunks; else by its length, or until close when it has none
	Upgrade   []byte // protocols for the Upgrade field; nil: none
	Via       string // request: the gateway's pseudonym for Via (RFC 9110 section 7.6.3); "": no Via of its own
	Date      []byte // response: value for Date when the server gave none; nil: none
	Extra     []byte // complete field lines to add, CR LF included
}

// kinds is a set of FieldKinds.
type kinds uint32

func (k kinds) has(kind FieldKind) bool { return k>>kind&1 != 0 }

// hopByHop is what concerns one connection only (RFC 9110 section 7.6.1), or is written anew.
const hopByHop = kinds(1<<Connection | 1<<KeepAlive | 1<<ProxyConnection | 1<<TE | 1<<Upgrade |
	1<<HTTP2Settings | 1<<TransferEncoding | 1<<ContentLength | 1<<ByConnection)

// AppendRequest appends the head of r for the next server, as HTTP/1.1: what was understood, in the origin
// form, without hop-by-hop fields, framed as r is.
func AppendRequest(dst []byte, r *Request, f *Forward) []byte {
	dst = append(dst, r.MethodText...)
	dst = append(dst, ' ')
	dst = append(dst, r.URI...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	host := r.Host
	if f.Host != nil {
		host = f.Host
	}
	dst = appendField(dst, "Host: ", host)

	leave := hopByHop | 1<<Host
	if !r.Expect100 || r.Length == 0 {
		leave |= 1 << Expect
	}
	if r.MaxForwards >= 0 {
		leave |= 1 << MaxForwards
		dst = appendNumber(dst, "Max-Forwards: ", int64(max(r.MaxForwards-1, 0)))
	}
	dst = appendFields(dst, r.head, r.Fields, leave)

	switch r.Body {
	case ChunkedBody:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case LengthBody:
		dst = appendNumber(dst, "Content-Length: ", r.Length)
	}
	dst = appendConnection(dst, f, 1)
	if f.Via != "" {
		if r.Minor == 0 {
			dst = append(dst, "Via: 1.0 "...)
		} else {
			dst = append(dst, "Via: 1.1 "...)
		}
		dst = append(dst, f.Via...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, f.Extra...)
	return append(dst, "\r\n"...)
}

// Version is what every response to a client begins with, whatever it is.
const Version = "HTTP/1.1 "

// AppendResponse appends the head of r for the client, as HTTP/1.1: without hop-by-hop fields, framed as f
// says. A body that has neither length nor chunks ends with the connection, whatever f.KeepAlive is.
func AppendResponse(dst []byte, r *Response, f *Forward) []byte {
	dst = append(dst, Version...)
	dst = strconv.AppendUint(dst, uint64(r.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, r.Reason...)
	dst = append(dst, "\r\n"...)
	leave := hopByHop | 1<<Host
	if r.Body == ChunkedBody && !f.Chunked {
		leave |= 1 << Trailer // the trailers go with the chunks
	}
	dst = appendFields(dst, r.head, r.Fields, leave)

	untilClose := false
	switch {
	case r.Body == NoBody || r.Body == LengthBody && !f.Chunked:
		if r.Length >= 0 {
			dst = appendNumber(dst, "Content-Length: ", r.Length)
		}
	case f.Chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	default:
		untilClose = true
	}
	if f.Date != nil && r.Status >= 200 && !r.dated() {
		dst = appendField(dst, "Date: ", f.Date)
	}
	switch about := *f; {
	case r.Tunnel || r.Status < 200:
		// Neither an interim response nor a tunnel's says whether the connection stays open.
		if about.KeepAlive = true; f.Upgrade != nil {
			dst = appendConnection(dst, &about, 1)
		}
	default:
		about.KeepAlive = f.KeepAlive && !untilClose
		dst = appendConnection(dst, &about, f.Minor)
	}
	dst = append(dst, f.Extra...)
	return append(dst, "\r\n"...)
}

// dated reports whether the server gave a Date that is passed on.
func (r *Response) dated() bool {
	for i := range r.Fields {
		if r.Fields[i].Kind == Date {
			return true
		}
	}
	return false
}

// appendConnection appends the fields that tell a recipient of that minor version what becomes of the
// connection; HTTP/1.0 knows no Upgrade.
func appendConnection(dst []byte, f *Forward, minor uint8) []byte {
	switch {
	case minor == 0 && f.KeepAlive:
		return append(dst, "Connection: keep-alive\r\n"...)
	case minor == 0 || f.Upgrade == nil && !f.KeepAlive:
		return append(dst, "Connection: close\r\n"...)
	case f.Upgrade == nil:
		return dst
	case f.KeepAlive:
		dst = append(dst, "Connection: upgrade\r\n"...)
	default:
		dst = append(dst, "Connection: close, upgrade\r\n"...)
	}
	return appendField(dst, "Upgrade: ", f.Upgrade)
}

// appendFields appends the fields whose kind is not in leave. Lines that touch each other in head are copied
// in one run.
func appendFields(dst, head []byte, fields []Field, leave kinds) []byte {
	start, end := int32(0), int32(0)
	for i := range fields {
		f := &fields[i]
		switch {
		case leave.has(f.Kind):
			continue
		case f.end == 0:
			dst = append(dst, head[start:end]...)
			start, end = 0, 0
			dst = append(dst, f.Name...)
			dst = append(dst, ": "...)
			dst = append(dst, f.Value...)
			dst = append(dst, "\r\n"...)
			continue
		case f.start != end:
			dst = append(dst, head[start:end]...)
			start = f.start
		}
		end = f.end
	}
	return append(dst, head[start:end]...)
}

func appendField(dst []byte, name string, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

func appendNumber(dst []byte, name string, n int64) []byte {
	dst = append(dst, name...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, "\r\n"...)
}
