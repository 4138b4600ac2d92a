package histogram

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestEveryDurationIsWithinItsBucket(t *testing.T) {
	for d := time.Duration(0); d < 1<<42; d = d + d/97 + 1 {
		i := bucket(d)
		if upper(i) < d {
			t.Fatalf("bucket %d of %d ns ends at %d ns, before it", i, d, upper(i))
		}
		if i > 0 && upper(i-1) >= d {
			t.Fatalf("%d ns is in bucket %d, but bucket %d reaches %d ns", d, i, i-1, upper(i-1))
		}
	}
}

func TestQuantilesAreWithinTwoPercentOfTheSortedDurations(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 20000 {
		d := time.Duration(random.ExpFloat64() * 50e3)
		h.Record(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[int(q*float64(len(all)))-1]
		got := h.Quantile(q)
		if got < want || float64(got) > 1.02*float64(want)+1 {
			t.Errorf("quantile %v is %v, the sorted durations say %v", q, got, want)
		}
	}
}

func TestExtremeDurationsCountInTheOutermostBuckets(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	if got := h.Quantile(1); got != 0 {
		t.Errorf("a negative duration reads as %v, expected 0", got)
	}
	h.Record(1000 * time.Hour)
	if got := h.Quantile(1); got != upper(buckets-1) {
		t.Errorf("1000 h reads as %v, expected the longest, %v", got, upper(buckets-1))
	}
	if h.Count() != 2 {
		t.Errorf("count is %d, expected 2", h.Count())
	}
}

func TestAnEmptyHistogramHasZeroQuantiles(t *testing.T) {
	var h Histogram
	h.Record(time.Second)
	h.Reset()
	if h.Count() != 0 || h.Quantile(0.5) != 0 {
		t.Errorf("after Reset: count %d, median %v; expected 0 and 0", h.Count(), h.Quantile(0.5))
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	h := new(Histogram)
	if n := testing.AllocsPerRun(100, func() { h.Record(12345) }); n != 0 {
		t.Errorf("Record allocates %v times", n)
	}
}
