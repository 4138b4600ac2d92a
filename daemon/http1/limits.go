package http1

// Limits bounds what one message may make the gateway hold. A limit of zero allows nothing.
type Limits struct {
	Line     int // bytes in the start line or one field line, CR LF included: 414 or 431 past it
	Head     int // bytes from the start line to the empty line, that included: 431 past it
	Fields   int // field lines in a head: 431 past it
	ChunkExt int // bytes of chunk extension on one chunk: 400 past it
	Trailer  int // bytes of trailer section after a chunked body: 431 past it
}

// DefaultLimits returns limits that ordinary browsers, API clients and servers stay well below.
func DefaultLimits() Limits {
	return Limits{Line: 8 << 10, Head: 32 << 10, Fields: 100, ChunkExt: 256, Trailer: 8 << 10}
}
