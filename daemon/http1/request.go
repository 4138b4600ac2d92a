package http1

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
// target had to be completed; all are valid until the input or the Request is used again.
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
	Upgrade    []byte // protocols to switch to, when Connection says upgrade; nil for h2c, which a gateway must not tunnel
	// MaxForwards, for TRACE and OPTIONS, is how many more times the request may be forwarded; at 0 the
	// gateway answers itself. -1: not given. AppendRequest counts it down (RFC 9110 section 7.6.2).
	MaxForwards int

	head []byte // the input the fields' lines lie in
	made []byte // backing of a URI that had to be completed
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
	return 0, nil
}

func header(fields []Field, name string, i int) ([]byte, bool) { return nil, false }
