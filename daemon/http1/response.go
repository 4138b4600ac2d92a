package http1

// Response is the head of a response, as understood. Byte slices alias the input.
type Response struct {
	Status     int
	Reason     []byte
	Minor      uint8 // 0 or 1
	Fields     []Field
	Body       Body
	Length     int64  // bytes of a LengthBody; for NoBody the length stated for HEAD or 304; -1: none stated
	KeepAlive  bool   // the server will go on after this exchange
	Tunnel     bool   // 101, or 2xx to CONNECT: what follows is no longer HTTP/1
	Upgrade    []byte // protocols of the Upgrade field, when Connection says upgrade
	SetsCookie bool   // there is a Set-Cookie field

	head []byte
}

// Header returns the value of the i-th field of that name, counted from 0, compared without regard to case.
func (r *Response) Header(name string, i int) (value []byte, ok bool) {
	return header(r.Fields, name, i)
}

// Response parses the head of the response, to a request of method m, that b begins with.
// Results are as for Request; every *Error has Status 502.
func (p *Parser) Response(b []byte, lim *Limits, m Method, r *Response) (n int, err error) {
	return 0, nil
}
