package table

import "sync/atomic"

// Hits counts the requests that a rule has decided. Each loop has a cell, which it
// alone adds to. They pass from snapshot to snapshot for as long as the service has a
// rule of those conditions.
type Hits struct {
	cells []*hitCell // by loop
}

type hitCell struct {
	count atomic.Uint64
	last  atomic.Int64 // Unix seconds; 0 is never
}

// newHits makes the counters of n rules. A loop's cells lie together, so that loops
// do not write to each other's cache lines.
func newHits(loops, n int) []Hits {
	const line = cacheLine / 16 // cells of one
	pointers := make([]*hitCell, loops*n)
	hits := make([]Hits, n)
	for i := range hits {
		hits[i].cells = pointers[i*loops : (i+1)*loops]
	}
	for loop := range loops {
		cells := make([]hitCell, (n+line-1)/line*line)
		for i := range hits {
			hits[i].cells[loop] = &cells[i]
		}
	}
	return hits
}

// add counts a request of a loop at a time in Unix seconds.
func (h *Hits) add(loop int, now int64) {
	cell := h.cells[loop]
	cell.count.Add(1)
	if cell.last.Load() != now {
		cell.last.Store(now)
	}
}

// Sum is how many requests the rule has decided, and when it did last, in Unix
// seconds; 0 is never.
func (h *Hits) Sum() (count uint64, last int64) {
	for _, cell := range h.cells {
		count += cell.count.Load()
		last = max(last, cell.last.Load())
	}
	return count, last
}

// Zero forgets the count. When it was last is kept.
func (h *Hits) Zero() {
	for _, cell := range h.cells {
		cell.count.Store(0)
	}
}
