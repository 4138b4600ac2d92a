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
// returns what of it is to be sent on, which lies within data too: what was
// not understood or not meant for the next hop is squeezed out in place. An
// error is one of http1's; nothing of data is to be sent on then.
func (b *body) take(data []byte, lim *http1.Limits) (out []byte, n int, err error) {
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
	return b.takeChunks(data, lim)
}

// takeChunks reads chunks. What is written never overtakes what is read: a
// size line made anew is no longer than the one it replaces.
func (b *body) takeChunks(data []byte, lim *http1.Limits) (out []byte, n int, err error) {
	w := 0
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
		case http1.SizeLine:
			if b.unchunk {
				continue
			}
			if !b.chunks.Canonical() {
				w = len(http1.AppendSizeLine(data[:w], b.chunks.Remaining()))
				continue
			}
		default:
			if b.unchunk || !b.chunks.Canonical() || b.bare && token == http1.TrailerField {
				continue
			}
		}
		if w+m == n {
			w = n
			continue
		}
		w += copy(data[w:], pass)
	}
	return data[:w], n, nil
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
