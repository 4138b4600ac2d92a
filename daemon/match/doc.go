// Package match answers which of a service's rules a request belongs to: the
// first, in the order given, whose conditions all hold.
//
// It owns the meaning of a rule's conditions (Pattern) and everything that is
// computed from a request to decide them. It knows nothing of servers, of
// connections or of how a request was parsed: bytes in, an index out. It is
// pure: no IO, no clock, no goroutine.
package match
