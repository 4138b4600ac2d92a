package match

import "net/netip"

// Input is what a request shows to the rules. Match reads it and keeps
// nothing of it.
type Input struct {
	URI    []byte     // the request target as it came, query and all
	Host   []byte     // without a port
	Method []byte     // as it came
	Source netip.Addr // the client; an IPv4 address may come mapped into IPv6
	Fields Fields     // nil: a request without header fields
}

// Fields gives a request's header fields. It is asked only when a rule needs a
// header or a cookie to decide.
type Fields interface {
	// Header returns the value of the i-th field (from 0) of that name, the
	// name compared without regard to case; false past the last one.
	Header(name string, i int) (value []byte, ok bool)
}
