package http1

import (
	"bytes"
	"strconv"
)

// Token is what Chunked.Next found.
type Token uint8

// The tokens, in the order in which a chunked body shows them: SizeLine, Data, DataEnd for each chunk, then
// the SizeLine of the last one, whose size is 0, TrailerFields and End.
const (
	NeedMore     Token = iota // not one whole token: give the same bytes and more
	SizeLine                  // a chunk's size line: Remaining is its size
	Data                      // b[:n] is payload, as much as is there of the chunk
	DataEnd                   // the CR LF after a chunk's payload
	TrailerField              // one trailer field line
	End                       // the empty line: the body is complete
)

// Chunked reads a chunked body (RFC 9112 section 7.1); the zero value is ready. It keeps no bytes: each byte
// of a line is looked at once, whatever the pieces it comes in, except for the digits of a size, 16 or maxDigits at most.
type Chunked struct {
	left    int64 // payload bytes of the chunk still to come
	looked  int32 // bytes of an unfinished line already looked at
	colon   int32 // of an unfinished trailer line
	trailer int32 // bytes of trailer lines so far
	step    step
	ext     extState
	odd     bool // the last token is not to be passed on as it is
	bare    bool // it is a line that ends with LF alone
	loose   bool // of a server
}

// Loosen has c take what leaves one meaning only, of a server: lines that end with a bare LF, blanks behind a size, and any
// text as extension. It is to be called before the first Next.
func (c *Chunked) Loosen() { c.loose = true }

// step is the token that comes next.
type step uint8

const (
	atSize step = iota
	inData
	afterData
	inTrailer
	atEnd
)

// Next reads the token that b begins with; it is b[:n].
//
//   - NeedMore, n = 0: b is no whole token; give the same bytes and what follows them, at any address.
//   - Data: n >= 1 bytes of payload, the rest of the chunk or all of b.
//   - SizeLine, DataEnd, TrailerField: the whole line.
//   - End: the body's last CR LF; ever after, End with n = 0.
//   - *Error, n = 0: the body is broken; Status is for a request, with a response the exchange fails.
func (c *Chunked) Next(b []byte, lim *Limits) (n int, t Token, err error) {
	var f fault
	c.odd, c.bare = false, false
	switch c.step {
	case inData:
		if len(b) == 0 {
			return 0, NeedMore, nil
		}
		n = int(min(int64(len(b)), c.left))
		c.Skip(int64(n))
		return n, Data, nil
	case atSize:
		n, t, f = c.sizeLine(b, lim)
	case afterData:
		n, t, f = c.dataEnd(b)
		if t == DataEnd {
			c.step = atSize
		}
	case inTrailer:
		n, t, f = c.trailerLine(b, lim)
	case atEnd:
		return 0, End, nil
	}
	if f != ok && f != needMore {
		return 0, NeedMore, &requestErrors[f]
	}
	return n, t, nil
}

// Canonical reports whether the bytes of the token last returned may be passed on as they are. If not, a
// SizeLine is to be written anew (AppendSizeLine of Remaining), without its extensions, and a TrailerField left
// out, because it is folded or would change framing or routing (RFC 9110 section 6.5.1). A line that is canonical but for its end,
// which is LF, is Bare.
func (c *Chunked) Canonical() bool { return !c.odd && !c.bare }

// Bare reports whether the token last returned may be passed on with CR LF for its last byte.
func (c *Chunked) Bare() bool { return c.bare && !c.odd }

// Remaining is how many payload bytes of the present chunk were neither returned nor skipped.
func (c *Chunked) Remaining() int64 { return c.left }

// Skip notes that n payload bytes of the present chunk went past some other way; n is at most Remaining.
func (c *Chunked) Skip(n int64) {
	c.left -= n
	if c.left == 0 && c.step == inData {
		c.step = afterData
	}
}

// maxDigits bounds the digits of a server's size, most of which can be leading zeros only.
const maxDigits = 64

// sizeLine reads a size with its extensions. Signs and prefixes have no place in it, nor blanks, but for a server, nor
// more digits than an int64 takes, but for a server's leading zeros.
func (c *Chunked) sizeLine(b []byte, lim *Limits) (n int, t Token, f fault) {
	size, i, digits := int64(0), 0, 16
	if c.loose {
		digits = maxDigits
	}
	for ; i < len(b) && hex[b[i]] < 16; i++ {
		if size >= 1<<59 || i == digits {
			return 0, NeedMore, badChunkSize
		}
		size = size<<4 | int64(hex[b[i]])
	}
	switch {
	case i == len(b):
		return 0, NeedMore, needMore
	case i == 0:
		return 0, NeedMore, badChunkSize
	case b[i] == '\r':
	case b[i] == ';', c.loose && (b[i] == ' ' || b[i] == '\t'):
		c.odd = true
		if i, f = c.behindSize(b, i, lim.ChunkExt); f != ok {
			return 0, NeedMore, f
		}
	}
	if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
		n = i + 2
	} else if n, f = c.lineEnd(b, i, badChunkSize); f != ok {
		return 0, NeedMore, f
	}
	c.odd = c.odd || i > 1 && b[0] == '0'
	c.looked, c.ext = 0, extNone
	c.left, c.step = size, inData
	if size == 0 {
		c.step = inTrailer
	}
	return n, SizeLine, ok
}

// behindSize reads from b[i], behind the size, to the line's end, whose offset it returns with ok.
func (c *Chunked) behindSize(b []byte, i, limit int) (end int, f fault) {
	if !c.loose {
		return c.extensions(b, i, limit)
	}
	text := blanksEnd(b, i)
	if text == len(b) || b[text] != ';' {
		switch {
		case text-i > limit:
			return 0, longChunkExt
		case text == len(b):
			return 0, needMore
		}
		return text, ok
	}
	// It is not passed on, so that only its end matters.
	for end = valueEnd(b, max(text, int(c.looked))); end < len(b) && b[end] != '\r' && b[end] != '\n' && b[end] != 0; {
		end = valueEnd(b, end+1)
	}
	c.looked = int32(end)
	switch {
	case end-i > limit:
		return 0, longChunkExt
	case end == len(b):
		return 0, needMore
	}
	return end, ok
}

// dataEnd reads the CR LF after a chunk's payload.
func (c *Chunked) dataEnd(b []byte) (n int, t Token, f fault) {
	switch {
	case len(b) == 0:
		return 0, NeedMore, needMore
	case len(b) > 1 && b[0] == '\r' && b[1] == '\n':
		return 2, DataEnd, ok
	}
	if n, f = c.lineEnd(b, 0, badChunkEnd); f != ok {
		return 0, NeedMore, f
	}
	return n, DataEnd, ok
}

// lineEnd reads CR LF at b[i], which is there; other is the fault of another byte.
func (c *Chunked) lineEnd(b []byte, i int, other fault) (n int, f fault) {
	switch {
	case b[i] == '\n' && c.loose:
		c.bare = true
		return i + 1, ok
	case b[i] == '\n':
		return 0, bareLF
	case b[i] != '\r':
		return 0, other
	case i+1 == len(b):
		return 0, needMore
	case b[i+1] != '\n':
		return 0, bareCR
	}
	return i + 2, ok
}

// trailerLine reads one field line of the trailer section, or the empty line after it.
func (c *Chunked) trailerLine(b []byte, lim *Limits) (n int, t Token, f fault) {
	room := lim.Trailer - int(c.trailer) // below 0 if the limit has been lowered since
	b = b[:min(len(b), max(room+1, int(c.looked)))]
	next, colon, f := fieldLine(b, 0, int(c.looked), int(c.colon))
	if f > needMore && c.loose {
		next, colon, f = looseLine(b, 0, int(c.looked), int(c.colon))
	}
	if f == ok && c.loose {
		next, f = foldEnd(b, next)
	}
	if next > room {
		return 0, NeedMore, longTrailer
	}
	switch f {
	case needMore:
		c.looked, c.colon = int32(next), int32(colon)
		if len(b) > room {
			f = longTrailer
		}
		return 0, NeedMore, f
	case lineEnds:
		c.step = atEnd
		c.bare = next == 1
		return next, End, ok
	case ok:
		c.looked, c.colon = 0, 0
		c.trailer += int32(next)
		c.bare = b[next-2] != '\r'
		folded := c.loose && bytes.IndexByte(b[:next-1], '\n') >= 0
		c.odd = folded || tokenEnd(b, 0) != colon || kindOf(b[:colon]) != OtherField
		return next, TrailerField, ok
	}
	return 0, NeedMore, f
}

// AppendSizeLine appends a chunk's size line. Size 0 is the last chunk: trailer lines and CR LF follow it.
func AppendSizeLine(dst []byte, size int64) []byte {
	return append(strconv.AppendInt(dst, size, 16), "\r\n"...)
}
