package relay

// Buffers is a free list of the buffers that a session holds while a request
// is under way. An idle session holds none. It belongs to one loop.
//
// A buffer that is put back rests until the next Step begins: operations of
// this one may still point into it.
type Buffers struct {
	small, large [][]byte
	resting      [][]byte
	held         int64 // bytes handed out and not yet returned
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
	keepBuffers = 1024 // of each size, for the next burst
)

// NewBuffers makes an empty free list.
func NewBuffers() *Buffers { return &Buffers{} }

// Held is how many bytes sessions hold at the moment.
func (b *Buffers) Held() int64 { return b.held }

// Get gives an empty buffer with room for at least n bytes.
func (b *Buffers) Get(n int) []byte {
	list, size := &b.small, smallBuffer
	if n > smallBuffer {
		list, size = &b.large, largeBuffer
	}
	if n > largeBuffer {
		b.held += int64(n)
		return make([]byte, 0, n)
	}
	b.held += int64(size)
	if last := len(*list) - 1; last >= 0 {
		buf := (*list)[last]
		*list = (*list)[:last]
		return buf
	}
	return make([]byte, 0, size)
}

// Put takes a buffer back. It must have been the whole of what Get gave.
func (b *Buffers) Put(buf []byte) {
	if cap(buf) > 0 {
		b.held -= int64(cap(buf))
		b.resting = append(b.resting, buf[:0])
	}
}

// settle makes what was put back available again.
func (b *Buffers) settle() {
	for i, buf := range b.resting {
		switch cap(buf) {
		case smallBuffer:
			if len(b.small) < keepBuffers {
				b.small = append(b.small, buf)
			}
		case largeBuffer:
			if len(b.large) < keepBuffers {
				b.large = append(b.large, buf)
			}
		}
		b.resting[i] = nil
	}
	b.resting = b.resting[:0]
}

// Append appends data to a buffer of this list, moving to a larger one when
// it does not fit.
func (b *Buffers) Append(buf, data []byte) []byte {
	if cap(buf)-len(buf) >= len(data) {
		return append(buf, data...)
	}
	grown := b.Get(max(len(buf)+len(data), 2*cap(buf)))
	grown = append(append(grown, buf...), data...)
	b.Put(buf)
	return grown
}
