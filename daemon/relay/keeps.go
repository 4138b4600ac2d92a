package relay

// Keeps is how many bytes of buffers the session has: those that it waits for
// more of, or for their turn, and the request until its response begins.
func (s *Session) Keeps() int { return cap(s.in.buf) + cap(s.answer.buf) + cap(s.head) }

// Asking reports whether the session waits for a response to begin.
func (s *Session) Asking() bool { return s.head != nil }
