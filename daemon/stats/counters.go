package stats

import "sync"

// Counters counts for one service or one real server, in a cell per loop.
type Counters struct {
	cells []Cell

	// Zeroing moves the base instead of writing to the cells: a store there
	// would race with a loop's addition and lose one or the other.
	mu   sync.Mutex
	base Sums
}

// New returns counters at zero for loops 0 to loops-1.
func New(loops int) *Counters {
	return &Counters{cells: make([]Cell, loops)}
}

// Cell returns the cell that the given loop adds to.
func (c *Counters) Cell(loop int) *Cell { return &c.cells[loop] }

// Sum returns what all loops have counted since New or the last Zero. While
// loops are counting, each of the figures is right by itself, but they need
// not be of the same instant.
func (c *Counters) Sum() Sums {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total().minus(c.base)
}

// Zero makes Sum count from here. Nothing that a loop adds meanwhile is lost.
func (c *Counters) Zero() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.total()
}

func (c *Counters) total() Sums {
	var total Sums
	for i := range c.cells {
		total = total.Plus(c.cells[i].load())
	}
	return total
}
