// Package histogram counts durations in buckets whose width grows with the
// value, so that a quantile is known to within 1.6 % however long the tail is.
// It owns the counts and nothing else: it never reads a clock.
package histogram

import (
	"math/bits"
	"time"
)

const (
	subBits = 6            // 64 buckets for each power of two
	sub     = 1 << subBits // also: below sub ns every nanosecond has its own bucket
	powers  = 42 - subBits // durations up to 2^42 ns, 73 minutes
	buckets = sub * (powers + 1)
)

// Histogram counts durations of 0 to 73 minutes; longer ones count as the
// longest. The zero value is empty and ready. It is not safe for use by
// several goroutines at once.
type Histogram struct {
	counts [buckets]uint64
	total  uint64
}

// Record counts one duration; a negative one counts as zero. It does not
// allocate and takes constant time.
func (h *Histogram) Record(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
}

// Count is how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.total }

// Quantile is the smallest recorded duration, rounded up to the end of its
// bucket, that at least the fraction q (0..1) of all durations do not exceed.
// It is 0 when nothing was recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := uint64(q * float64(h.total))
	if float64(rank) < q*float64(h.total) {
		rank++
	}
	rank = min(max(rank, 1), h.total)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return upper(i)
		}
	}
	return upper(buckets - 1)
}

// Reset forgets every duration.
func (h *Histogram) Reset() { *h = Histogram{} }

// bucket is the index of d's bucket: its power of two, then the 6 bits after
// the leading one.
func bucket(d time.Duration) int {
	if d < sub {
		return int(max(d, 0))
	}
	power := bits.Len64(uint64(d)) - 1 - subBits
	if power >= powers {
		return buckets - 1
	}
	return (power+1)*sub + int(uint64(d)>>power) - sub
}

// upper is the longest duration of bucket i.
func upper(i int) time.Duration {
	if i < sub {
		return time.Duration(i)
	}
	power := i/sub - 1
	return time.Duration(i%sub+sub+1)<<power - 1
}
