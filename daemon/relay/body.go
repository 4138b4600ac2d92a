package relay

import "ktcpvs/daemon/http1"

// body follows one message body as it passes.
type body struct {
	kind    http1.Body
	done    bool
	unchunk bool  // the receiver does not know chunks
	bare    bool  // trailers are left out
	left    int64 // of a LengthBody
	size    int64 // payload of a ChunkedBody so far
	chunks  http1.Chunked
}

// start begins a body with the framing of its head.
func (b *body) start(kind http1.Body, length int64, unchunk bool) {
	*b = body{kind: kind, unchunk: unchunk}
	switch kind {
	case http1.NoBody:
		b.done = true
	case http1.LengthBody:
		b.left = length
		b.done = length == 0
	}
}

// take reads what belongs to the body from the front of data, n bytes, and
// returns what of it is to be sent on: what was not understood or not meant for
// the next hop is squeezed out. It lies within data, or in spare where it has
// grown. An error is one of http1's, of what begins at data[n]; nothing of data
// is to be sent on then.
func (b *body) take(data []byte, lim *http1.Limits, spare *[]byte) (out []byte, n int, err error) {
	switch {
	case b.done:
		return nil, 0, nil
	case b.kind == http1.LengthBody:
		n = int(min(int64(len(data)), b.left))
		b.left -= int64(n)
		b.done = b.left == 0
		return data[:n], n, nil
	case b.kind == http1.CloseBody:
		return data, len(data), nil
	}
	return b.takeChunks(data, lim, spare)
}

// takeChunks reads chunks.
func (b *body) takeChunks(data []byte, lim *http1.Limits, spare *[]byte) (out []byte, n int, err error) {
	w := writing{data: data, spare: spare}
	for !b.done && n < len(data) {
		m, token, err := b.chunks.Next(data[n:], lim)
		if err != nil {
			return nil, n, err
		}
		if token == http1.NeedMore {
			n += m
			break
		}
		pass := data[n : n+m]
		n += m
		switch token {
		case http1.Data:
			b.size += int64(m)
		case http1.End:
			b.done = true
			if b.unchunk {
				continue
			}
		default:
			if b.unchunk || b.bare && token == http1.TrailerField {
				continue
			}
		}
		switch {
		case b.chunks.Canonical():
			w.put(pass, n)
		case token == http1.SizeLine:
			var line [18]byte
			w.put(http1.AppendSizeLine(line[:0], b.chunks.Remaining()), n)
		case b.chunks.Bare():
			w.put(pass[:m-1], n)
			w.put(crlf, n)
		}
	}
	return w.out(), n, nil
}

var crlf = []byte("\r\n")

// writing writes to the front of data what was read of it. That is not longer
// as a rule; where what is written would overtake what was read, as it does with
// a server whose lines end with LF, all goes to spare instead.
type writing struct {
	data  []byte
	n     int // data[:n] is written, or else *spare
	spare *[]byte
	moved bool
}

// put writes part, which is from data or from elsewhere, when data[:read] was read.
func (w *writing) put(part []byte, read int) {
	switch {
	case w.moved:
		*w.spare = append(*w.spare, part...)
	case w.n+len(part) > read:
		*w.spare = append(append((*w.spare)[:0], w.data[:w.n]...), part...)
		w.moved = true
	case len(part) == 0 || &part[0] != &w.data[w.n]:
		copy(w.data[w.n:], part)
		fallthrough
	default:
		w.n += len(part)
	}
}

func (w *writing) out() []byte {
	if w.moved {
		return *w.spare
	}
	return w.data[:w.n]
}

// run is how many bytes come next that need no looking at.
func (b *body) run() int64 {
	switch {
	case b.done:
		return 0
	case b.kind == http1.LengthBody:
		return b.left
	case b.kind == http1.CloseBody:
		return 1 << 62
	}
	return b.chunks.Remaining()
}

// skip notes that n bytes of the run have gone another way.
func (b *body) skip(n int64) {
	switch b.kind {
	case http1.LengthBody:
		b.left -= n
		b.done = b.left == 0
	case http1.ChunkedBody:
		b.chunks.Skip(n)
		b.size += n
	}
}
