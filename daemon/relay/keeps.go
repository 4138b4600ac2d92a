package relay

// Keeps is how many bytes of buffers the session has: those that it waits for
// more of, or for their turn, and the request until its response begins.
func (s *Session) Keeps() int { return cap(s.in.buf) + cap(s.answer.buf) + cap(s.head) }

// HoldsRequest reports whether the session keeps its request, as it does until the
// response begins.
func (s *Session) HoldsRequest() bool { return s.head != nil }
