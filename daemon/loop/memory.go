package loop

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// memory tells all loops how near the process is to the limit that GOMEMLIMIT
// sets. The runtime does not enforce the limit: past it, it only collects
// garbage without a pause, and finds none.
//
//	0 ........... half ............ 3/4 ........... limit
//	  buffers up to here   |  no new connections from here on, and fewer idle ones
//
// It also has the runtime give back what a burst has left behind, which by
// itself it would keep until several times as much had been used.
type memory struct {
	limit   int64 // bytes; math.MaxInt64 is none
	second  atomic.Int64
	tight   atomic.Bool
	garbage atomic.Int64 // bytes that the loops let go of
	before  atomic.Int64 // of these, at the last breath
}

// muchGarbage is worth a collection of its own, which takes some milliseconds of
// one core, every breath seconds at most; and someGarbage is when no more comes.
const (
	muchGarbage = 8 << 20
	someGarbage = 256 << 10
	breath      = 4
)

// newcomers are how many connections a loop takes before it measures again: some
// hundred KiB, where a second of them may be tens of MiB.
const newcomers = 64

var errMemory = errors.New("GOMEMLIMIT is near")

func newMemory() *memory { return &memory{limit: debug.SetMemoryLimit(-1)} }

// buffers bounds what may be held in buffers: n bytes, and no more than half of
// the limit.
func (m *memory) buffers(n int64) int64 { return min(n, m.limit/2) }

// letGo counts n bytes that became garbage.
func (m *memory) letGo(n int64) { m.garbage.Add(n) }

// look does what is due each second; the first loop that comes by in a second
// does it for all.
func (m *memory) look(second int64) {
	last := m.second.Load()
	if last == second || !m.second.CompareAndSwap(last, second) {
		return
	}
	if second%breath == 0 {
		m.collect()
	}
	m.measure()
	if m.tight.Load() && second%breath == 0 {
		// Where nothing is allocated any more, nothing is found to be garbage.
		go runtime.GC()
	}
}

// collect gives the kernel back what is garbage, if there is enough of it.
func (m *memory) collect() {
	n := m.garbage.Load()
	if n >= muchGarbage || n >= someGarbage && n == m.before.Load() {
		m.garbage.Store(0)
		n = 0
		go debug.FreeOSMemory()
	}
	m.before.Store(n)
}

// measure finds out how near the limit is, in half a microsecond. What lived at
// the last collection counts, and not the garbage beside it, together with what
// the runtime needs for itself. Near the limit the runtime collects so often
// that there is no better number.
func (m *memory) measure() {
	if m.limit == math.MaxInt64 {
		return
	}
	const live, total = 0, 1
	s := []metrics.Sample{
		live:  {Name: "/gc/heap/live:bytes"},
		total: {Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	needed := s[live].Value.Uint64() + s[total].Value.Uint64()
	for _, part := range s[total+1:] {
		needed -= part.Value.Uint64()
	}
	m.tight.Store(needed > uint64(m.limit)/4*3)
}
