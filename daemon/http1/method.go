package http1

// Method is a request method the gateway knows by name, or OtherMethod (RFC 9110 section 9, RFC 5789).
// The zero value is no method.
type Method uint8

// The methods. Names are case-sensitive: "get" is an OtherMethod.
const (
	OtherMethod Method = 1 + iota
	GET
	HEAD
	POST
	PUT
	DELETE
	OPTIONS
	TRACE
	CONNECT
	PATCH
)

// Safe reports whether the method asks for no change at the server (RFC 9110 section 9.2.1).
func (m Method) Safe() bool {
	return m == GET || m == HEAD || m == OPTIONS || m == TRACE
}

// Idempotent reports whether repeating the request means the same as sending it once, so that it may be
// retried on another connection (RFC 9110 section 9.2.2).
func (m Method) Idempotent() bool {
	return m.Safe() || m == PUT || m == DELETE
}

// methodOf names a method token.
func methodOf(token []byte) Method {
	switch string(token) {
	case "GET":
		return GET
	case "HEAD":
		return HEAD
	case "POST":
		return POST
	case "PUT":
		return PUT
	case "DELETE":
		return DELETE
	case "OPTIONS":
		return OPTIONS
	case "TRACE":
		return TRACE
	case "CONNECT":
		return CONNECT
	case "PATCH":
		return PATCH
	}
	return OtherMethod
}
