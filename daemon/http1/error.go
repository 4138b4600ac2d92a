package http1

// Error is why a message is refused. Every value is static: it can be compared, kept and returned without cost.
type Error struct {
	Status int    // what the client gets: 4xx or 5xx for a request, 502 for a response
	Reason string // for the log: what was wrong, without any byte of the message
}

func (e *Error) Error() string { return e.Reason }
