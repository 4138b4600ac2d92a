package relay

import "math/bits"

// Buffers is a free list of the buffers that a session holds while a request
// is under way. An idle session holds none. It belongs to one loop.
//
// A buffer is of the least size that holds what it is for, since a request may
// have to be kept for as long as its server takes: 512 bytes, and half as much
// more and twice as much again, up to 32 KiB.
//
//	512  768  1024  1536  2048  3072  4096 ... 24576  32768
//
// A buffer that is put back rests until the next Step begins: operations of
// this one may still point into it.
type Buffers struct {
	lists   [sizes]freeList
	resting [][]byte
	held    int64 // bytes handed out and not yet returned, and lent
	garbage int64 // bytes let go of since the last Trim
}

// freeList is the free buffers of one size, for the next burst.
type freeList struct {
	free [][]byte
	low  int // the fewest there have been since the last trim: nobody has needed these
}

const (
	leastBits   = 9 // of the least size
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
	sizes       = 13
)

// class is which of the sizes n bytes want, and how large that is. It is past
// the last for more than a largeBuffer.
func class(n int) (index, size int) {
	if n <= 1<<leastBits {
		return 0, 1 << leastBits
	}
	k := bits.Len(uint(n - 1)) // 1<<k is the power of two that holds n
	if half := 3 << (k - 2); n <= half {
		return 2*(k-leastBits) - 1, half
	}
	return 2 * (k - leastBits), 1 << k
}

// NewBuffers makes an empty free list.
func NewBuffers() *Buffers { return &Buffers{} }

// Held is how many bytes sessions hold at the moment.
func (b *Buffers) Held() int64 { return b.held }

// Lend counts n bytes as held that are held elsewhere; less than 0, no more.
func (b *Buffers) Lend(n int64) { b.held += n }

// Get gives an empty buffer with room for at least n bytes.
func (b *Buffers) Get(n int) []byte {
	if n > largeBuffer {
		b.held += int64(n)
		return make([]byte, 0, n)
	}
	index, size := class(n)
	b.held += int64(size)
	if buf := b.lists[index].take(); buf != nil {
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
		if index, size := class(cap(buf)); index < sizes && size == cap(buf) {
			b.lists[index].free = append(b.lists[index].free, buf)
		} else {
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
	garbage = b.garbage
	b.garbage = 0
	for i := range b.lists {
		if n := b.lists[i].trim(); n > 0 {
			garbage += int64(n) * sizeOf(i)
		}
	}
	return garbage
}

// sizeOf is how large the buffers of a list are.
func sizeOf(index int) int64 { return int64(2+index%2) << (leastBits - 1 + index/2) }

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
