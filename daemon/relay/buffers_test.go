package relay

import "testing"

// burst takes n buffers of each size at once and gives them back.
func burst(b *Buffers, n int) {
	var taken [][]byte
	for range n {
		taken = append(taken, b.Get(smallBuffer), b.Get(largeBuffer))
	}
	for _, buf := range taken {
		b.Put(buf)
	}
	b.settle()
}

// free is how many buffers are free, and kept how many bytes these have.
func free(b *Buffers) (n int) {
	for i := range b.lists {
		n += len(b.lists[i].free)
	}
	return n
}

func kept(b *Buffers) (n int64) {
	for i := range b.lists {
		for _, buf := range b.lists[i].free {
			n += int64(cap(buf))
		}
	}
	return n
}

func TestWhatABurstTookIsLetGoWithinSeconds(t *testing.T) {
	b := NewBuffers()
	const n = 5000
	burst(b, n)
	if free(b) != 2*n || b.Held() != 0 {
		t.Fatalf("%d free, %d bytes held after the burst, want %d and none", free(b), b.Held(), 2*n)
	}
	var garbage int64
	for second := range 12 {
		garbage += b.Trim()
		if second == 0 && free(b) < n {
			t.Errorf("%d of %d are left after the first second: the next burst finds none", free(b), 2*n)
		}
	}
	if free(b) > 64 {
		t.Errorf("%d buffers are left after 12 seconds of nothing", free(b))
	}
	if want := int64(n)*(smallBuffer+largeBuffer) - kept(b); garbage != want {
		t.Errorf("%d bytes are told to be garbage, want %d", garbage, want)
	}
}

func TestWhatIsNeededEverySecondStays(t *testing.T) {
	b := NewBuffers()
	burst(b, 1000)
	for range 20 {
		burst(b, 400)
		b.Trim()
	}
	if got := free(b); got < 800 || got > 900 {
		t.Errorf("%d buffers are free, want the 800 that are needed and few more", got)
	}
	if allocs := testing.AllocsPerRun(100, func() { b.Put(b.Get(1)); b.settle(); b.Trim() }); allocs != 0 {
		t.Errorf("%v allocations to take one and to trim", allocs)
	}
}

// A buffer past the largest size is not kept, and counts as garbage at once.
func TestABufferOfNoSizeIsGarbage(t *testing.T) {
	b := NewBuffers()
	b.Put(b.Get(3 * largeBuffer))
	b.settle()
	if got := b.Trim(); got != 3*largeBuffer || free(b) != 0 {
		t.Errorf("%d bytes of garbage and %d free, want %d and none", got, free(b), 3*largeBuffer)
	}
}

func TestGarbageIsToldOnce(t *testing.T) {
	b := NewBuffers()
	b.Put(b.Get(largeBuffer + 1))
	b.settle()
	if first, second := b.Trim(), b.Trim(); first != largeBuffer+1 || second != 0 {
		t.Errorf("%d bytes, and then %d more", first, second)
	}
}

// What waits for its server takes about what it is long.
func TestABufferIsAtMostHalfAsLargeAgainAsWhatItHolds(t *testing.T) {
	b := NewBuffers()
	for n := 1; n <= largeBuffer; n++ {
		buf := b.Get(n)
		if got := cap(buf); got < n || got > max(n+n/2, 1<<leastBits) || b.Held() != int64(got) {
			t.Fatalf("a buffer of %d bytes for %d, and %d are held", got, n, b.Held())
		}
		b.Put(buf)
		if b.settle(); b.garbage != 0 || b.Held() != 0 {
			t.Fatalf("of %d bytes, %d are held and %d garbage after they were put back", cap(buf), b.Held(), b.garbage)
		}
		if index, size := class(n); sizeOf(index) != int64(size) {
			t.Fatalf("class %d has %d bytes, and %d by its number", index, size, sizeOf(index))
		}
	}
}
