package poll

// bulk queues the sockets whose next receive is past BulkReceive. A pass serves of
// them, first come first served, as many as its budget of bytes allows, so that
// thousands of large bodies do not keep small requests waiting.
type bulk struct {
	slots  []uint32
	served int // slots[:served] have had their turn in this pass
	budget int // bytes left of this pass
}

// bulkPass costs some 0.3 ms. A receive that brings little counts as leastBulk, as
// what is done about it takes its time.
const (
	bulkPass  = 1 << 20
	leastBulk = 8 << 10
)

// begin begins a pass.
func (b *bulk) begin() {
	b.slots = b.slots[:copy(b.slots, b.slots[b.served:])]
	b.served, b.budget = 0, bulkPass
}

func (b *bulk) add(slot uint32) { b.slots = append(b.slots, slot) }

// len is how many wait for their turn.
func (b *bulk) len() int { return len(b.slots) - b.served }

// next is the socket whose turn it is; false when nobody is left or the budget
// is spent.
func (b *bulk) next() (slot uint32, ok bool) {
	if b.len() == 0 || b.budget <= 0 {
		return 0, false
	}
	b.served++
	return b.slots[b.served-1], true
}

// spend takes what a receive has brought from the budget.
func (b *bulk) spend(n int) { b.budget -= max(n, leastBulk) }
