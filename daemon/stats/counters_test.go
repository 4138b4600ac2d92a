package stats

import (
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func TestSumMergesTheCellsOfAllLoops(t *testing.T) {
	c := New(3)
	c.Cell(0).Conns.Add(1)
	c.Cell(1).Conns.Add(2)
	c.Cell(1).Requests.Add(10)
	c.Cell(2).InBytes.Add(100)
	c.Cell(2).OutBytes.Add(1000)
	c.Cell(0).Errors.Add(5)
	want := Sums{Conns: 3, Requests: 10, InBytes: 100, OutBytes: 1000, Errors: 5}
	if got := c.Sum(); got != want {
		t.Errorf("Sum() = %+v, want %+v", got, want)
	}
}

func TestZeroCountsFromHere(t *testing.T) {
	c := New(1)
	c.Cell(0).Requests.Add(7)
	c.Zero()
	if got := c.Sum(); got != (Sums{}) {
		t.Errorf("Sum() after Zero = %+v, want nothing", got)
	}
	c.Cell(0).Requests.Add(2)
	if got := c.Sum().Requests; got != 2 {
		t.Errorf("requests after Zero and 2 more = %d", got)
	}
}

func TestNothingIsLostWhenZeroedWhileLoopsCount(t *testing.T) {
	const loops, each = 4, 10_000
	c := New(loops)
	var writers sync.WaitGroup
	for i := range loops {
		writers.Go(func() {
			for range each {
				c.Cell(i).Requests.Add(1)
			}
		})
	}
	for range 100 {
		c.Zero()
		if got := c.Sum().Requests; got > loops*each {
			t.Fatalf("requests = %d, more than were counted", got)
		}
	}
	writers.Wait()

	c.mu.Lock()
	base := c.base.Requests
	c.mu.Unlock()
	if got := base + c.Sum().Requests; got != loops*each {
		t.Errorf("counted before and after the last Zero: %d, want %d", got, loops*each)
	}
}

func TestLoopsNeverShareACacheLine(t *testing.T) {
	if size := unsafe.Sizeof(Cell{}); size%cacheLine != 0 {
		t.Fatalf("a cell has %d bytes, not whole cache lines", size)
	}
	for loops := 1; loops <= 64; loops++ {
		c := New(loops)
		if at := uintptr(unsafe.Pointer(c.Cell(0))); at%cacheLine != 0 {
			t.Errorf("with %d loops the first cell starts %d bytes into a cache line", loops, at%cacheLine)
		}
	}
}

func TestCountersAgreeWithPlainSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loops := rapid.IntRange(1, 8).Draw(t, "loops")
		c := New(loops)
		var model Sums
		t.Repeat(map[string]func(*rapid.T){
			"count": func(t *rapid.T) {
				cell := c.Cell(rapid.IntRange(0, loops-1).Draw(t, "loop"))
				n := rapid.Uint64().Draw(t, "n") // wraps around, as counters may
				cell.Conns.Add(1)
				cell.Requests.Add(n)
				cell.InBytes.Add(2 * n)
				cell.OutBytes.Add(3 * n)
				cell.Errors.Add(4 * n)
				cell.Limited.Add(5 * n)
				cell.Unconnected.Add(6 * n)
				cell.Resets.Add(7 * n)
				cell.Timeouts.Add(8 * n)
				cell.BadResponses.Add(9 * n)
				model = model.Plus(Sums{1, n, 2 * n, 3 * n, 4 * n, 5 * n, 6 * n, 7 * n, 8 * n, 9 * n})
			},
			"zero": func(*rapid.T) {
				c.Zero()
				model = Sums{}
			},
			"": func(t *rapid.T) {
				if got := c.Sum(); got != model {
					t.Fatalf("Sum() = %+v, want %+v", got, model)
				}
			},
		})
	})
}

func TestCountingDoesNotAllocate(t *testing.T) {
	c := New(2)
	n := testing.AllocsPerRun(100, func() {
		c.Cell(1).Requests.Add(1)
		if c.Sum().Requests == 0 {
			t.Error("a counted request is not in the sum")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkCountARequest(b *testing.B) {
	b.ReportAllocs()
	cell := New(2).Cell(1)
	for b.Loop() {
		cell.Requests.Add(1)
	}
}
