package loop

import (
	"slices"
	"testing"
	"testing/quick"
	"time"
)

// held makes a listener whose sessions hold so many bytes each.
func held(list func(*holdings) *holders, since time.Duration, bytes ...int64) *listener {
	lis := &listener{holdings: &holdings{}}
	for _, n := range bytes {
		s := &session{lis: lis}
		s.held.bytes = n
		lis.holdings.bytes += n
		list(lis.holdings).add(s, since)
	}
	return lis
}

func keeping(h *holdings) *holders  { return &h.keeping }
func requests(h *holdings) *holders { return &h.requests }

// However many services there are, and whatever they hold: the ones that pay are
// brought to one level, and whoever holds less pays nothing.
func TestServicesThatHoldMostPayDownToOneLevel(t *testing.T) {
	fair := func(sizes []uint8, most uint16) bool {
		l := &Loop{}
		total := int64(0)
		var before []int64
		for _, n := range sizes {
			l.listeners = append(l.listeners, held(keeping, 0, slices.Repeat([]int64{10}, int(n))...))
			before = append(before, 10*int64(n))
			total += 10 * int64(n)
		}
		for total > int64(most) {
			lis, _ := l.heaviest()
			s := lis.holdings.payer(0)
			s.held.in.remove(s)
			lis.holdings.bytes -= s.held.bytes
			total -= s.held.bytes
		}
		level := int64(0)
		for _, lis := range l.listeners {
			level = max(level, lis.holdings.bytes)
		}
		for i, lis := range l.listeners {
			if n := lis.holdings.bytes; n != before[i] && n < level-10 {
				t.Logf("of %d bytes %d are left, where another service has %d", before[i], n, level)
				return false
			}
		}
		return true
	}
	if err := quick.Check(fair, nil); err != nil {
		t.Error(err)
	}
}

func TestTheHeaviestComesWithHowMuchTheNextOneHolds(t *testing.T) {
	for _, c := range []struct {
		bytes       []int64
		first, next int64
	}{
		{[]int64{5}, 5, 1}, {[]int64{5, 9}, 9, 5}, {[]int64{9, 5, 7}, 9, 7}, {[]int64{5, 9, 9}, 9, 9}, {[]int64{0, 3, 0}, 3, 1},
	} {
		l := &Loop{}
		for _, n := range c.bytes {
			l.listeners = append(l.listeners, held(keeping, 0, n))
		}
		if lis, next := l.heaviest(); lis.holdings.bytes != c.first || next != c.next {
			t.Errorf("of %v, %d and then %d", c.bytes, lis.holdings.bytes, next)
		}
		for _, lis := range l.listeners { // each service has another address
			l.listeners = append(l.listeners, &listener{holdings: lis.holdings})
		}
		if lis, next := l.heaviest(); lis.holdings.bytes != c.first || next != c.next {
			t.Errorf("of %v at two addresses each, %d and then %d", c.bytes, lis.holdings.bytes, next)
		}
	}
	l := &Loop{listeners: []*listener{held(keeping, 0)}}
	if lis, _ := l.heaviest(); lis != nil {
		t.Error("somebody is to pay who holds nothing")
	}
}

// Bytes count as long as they are held: a download that is taken slower than it
// comes is not cut off for requests that have waited for minutes, nor are these
// for one that nobody takes.
func TestWhoHeldMoreForLongerPaysFirst(t *testing.T) {
	for _, c := range []struct {
		kept, asked           int64
		keptSince, askedSince time.Duration
		want                  string
	}{
		{32 << 10, 512, 99_990 * time.Millisecond, 0, "the request"},
		{32 << 10, 512, 90 * time.Second, 0, "the download"},
		{32 << 10, 512, 0, 0, "the download"},
		{512, 12 << 10, 0, 0, "the request"},
	} {
		lis := held(keeping, c.keptSince, c.kept)
		s := &session{lis: lis}
		s.held.bytes = c.asked
		lis.holdings.requests.add(s, c.askedSince)
		got := "the download"
		if lis.holdings.payer(100*time.Second) == s {
			got = "the request"
		}
		if got != c.want {
			t.Errorf("%d bytes since %v and a request of %d since %v: %s pays first, want %s",
				c.kept, c.keptSince, c.asked, c.askedSince, got, c.want)
		}
	}
	if lis := held(requests, 0, 1, 2); lis.holdings.payer(0) != lis.holdings.requests.first {
		t.Error("the first request does not pay first")
	}
}
