package relay

// Buffers is a free list of the buffers that a session holds while a request
// is under way. An idle session holds none. It belongs to one loop.
//
// A buffer that is put back rests until the next Step begins: operations of
// this one may still point into it.
type Buffers struct {
	small, large freeList
	resting      [][]byte
	held         int64 // bytes handed out and not yet returned, and lent
	garbage      int64 // bytes let go of since the last Trim
}

// freeList is the free buffers of one size, for the next burst.
type freeList struct {
	free [][]byte
	low  int // the fewest there have been since the last trim: nobody has needed these
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
)

// NewBuffers makes an empty free list.
func NewBuffers() *Buffers { return &Buffers{} }

// Held is how many bytes sessions hold at the moment.
func (b *Buffers) Held() int64 { return b.held }

// Lend counts n bytes as held that are held elsewhere; less than 0, no more.
func (b *Buffers) Lend(n int64) { b.held += n }

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
	if buf := list.take(); buf != nil {
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
			b.small.free = append(b.small.free, buf)
		case largeBuffer:
			b.large.free = append(b.large.free, buf)
		default:
			b.garbage += int64(cap(buf))
		}
		b.resting[i] = nil
	}
	b.resting = b.resting[:0]
}

// Trim lets go of half of the buffers that nobody has needed since the last
// time, and tells how many bytes have become garbage since then. Called every
// second, it gives back what a burst took within some ten.
func (b *Buffers) Trim() (garbage int64) {
	garbage = b.garbage + int64(b.small.trim())*smallBuffer + int64(b.large.trim())*largeBuffer
	b.garbage = 0
	return garbage
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

func (f *freeList) take() (buf []byte) {
	last := len(f.free) - 1
	if last >= 0 {
		buf = f.free[last]
		f.free[last] = nil
		f.free = f.free[:last]
	}
	f.low = min(f.low, len(f.free))
	return buf
}

// trim drops half of what has not been needed and tells how many that are. A
// few stay, as they cost little and spare a busy moment an allocation.
func (f *freeList) trim() (n int) {
	const few = 16
	if n = (f.low + 1) / 2; len(f.free)-n < few {
		n = max(len(f.free)-few, 0)
	}
	last := len(f.free) - n
	clear(f.free[last:])
	f.free = f.free[:last]
	f.low = last
	return n
}
