package relay

// pending holds bytes that were received and not yet understood: part of a
// head, requests that came ahead of their turn. It owns a buffer only while
// there are any.
type pending struct {
	buf []byte // from Buffers
	off int    // buf[off:] is pending
}

func (p *pending) len() int { return len(p.buf) - p.off }

func (p *pending) bytes() []byte { return p.buf[p.off:] }

// room is how much of n to receive next: what is put behind pending bytes is to
// fit a buffer that is used again.
func (p *pending) room(n int) int {
	if p.len() == 0 {
		return n
	}
	return min(n, max(largeBuffer-p.len(), smallBuffer))
}

// with puts data behind what is pending and returns all of it. When nothing
// was pending that is data itself, and nothing is copied.
func (p *pending) with(b *Buffers, data []byte) []byte {
	if p.len() == 0 {
		return data
	}
	if p.off > 0 && cap(p.buf)-len(p.buf) < len(data) {
		p.buf = p.buf[:copy(p.buf, p.buf[p.off:])]
		p.off = 0
	}
	p.buf = b.Append(p.buf, data)
	return p.buf[p.off:]
}

// keep makes rest, the tail of what with returned, the pending bytes.
// Operations of this Step may still point to what lies before it, so nothing
// is moved within the buffer, and one with little left in it is given back for
// a smaller one, or for none, and rests until the next Step.
func (p *pending) keep(b *Buffers, rest []byte) {
	if len(rest) == 0 {
		p.drop(b)
		return
	}
	if p.len() > 0 && 4*len(rest) > cap(p.buf) {
		p.off = len(p.buf) - len(rest)
		return
	}
	old := p.buf
	p.buf, p.off = append(b.Get(len(rest)), rest...), 0
	b.Put(old)
}

// drop forgets what is pending and gives the buffer back.
func (p *pending) drop(b *Buffers) {
	if p.buf != nil {
		b.Put(p.buf)
		p.buf, p.off = nil, 0
	}
}
