package http1

// Token is what Chunked.Next found.
type Token uint8

// The tokens, in the order in which a chunked body shows them.
const (
	NeedMore     Token = iota // not one whole token: give the same bytes and more
	SizeLine                  // a chunk's size line: Remaining is its size, 0 for the last chunk
	Data                      // b[:n] is payload, as much as is there of the chunk
	DataEnd                   // the CR LF after a chunk's payload
	TrailerField              // one trailer field line
	End                       // the empty line: the body is complete
)

// Chunked reads a chunked body (RFC 9112 section 7.1); the zero value is ready.
type Chunked struct {
	size  int64
	plain bool
}

// Next reads the token that b begins with: it is b[:n].
func (c *Chunked) Next(b []byte, lim *Limits) (n int, t Token, err error) { return 0, NeedMore, nil }

// Canonical reports whether the bytes of the token last returned may be passed on as they are. If not, a
// SizeLine is to be written anew (AppendSizeLine of Remaining) and a TrailerField left out.
func (c *Chunked) Canonical() bool { return c.plain }

// Remaining is how many payload bytes of the present chunk have not been returned.
func (c *Chunked) Remaining() int64 { return c.size }

// Skip notes that n payload bytes of the present chunk went past some other way; n is at most Remaining.
func (c *Chunked) Skip(n int64) { c.size -= n }

// AppendSizeLine appends a chunk's size line. Size 0 is the last chunk; the trailer section follows it.
func AppendSizeLine(dst []byte, size int64) []byte { return dst }
