package limit

import (
	"net/netip"
	"testing"
	"time"
	"unsafe"
)

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("192.0.2.2")
)

func TestASourceHasOnlySoManyConnectionsOpen(t *testing.T) {
	s := NewSources()
	for i := range 3 {
		if !s.Open(alice, 3, 0, 1) {
			t.Fatalf("connection %d of 3 refused", i+1)
		}
	}
	if s.Open(alice, 3, 0, 1) {
		t.Fatal("a fourth connection of 3 was let in")
	}
	if !s.Open(bob, 3, 0, 1) {
		t.Fatal("another source was refused")
	}
	s.Close(alice)
	if !s.Open(alice, 3, 0, 1) {
		t.Fatal("refused although one had ended")
	}
}

func TestRatesRefillWithTime(t *testing.T) {
	s := NewSources()
	now := time.Second
	allowed := func() (n int) {
		for range 100 {
			if s.Request(alice, 10, now) {
				n++
			}
		}
		return n
	}
	if n := allowed(); n != 10 {
		t.Fatalf("%d requests at once at 10 a second", n)
	}
	now += 500 * time.Millisecond
	if n := allowed(); n != 5 {
		t.Fatalf("%d after half a second, want 5", n)
	}
	now += time.Hour
	if n := allowed(); n != 10 {
		t.Fatalf("%d after an hour, want one second's worth", n)
	}
	if !s.Open(alice, 0, 1, now) || s.Open(alice, 0, 1, now) {
		t.Fatal("new connections do not have a rate of their own")
	}
}

// Each loop has a clock of its own, which began a little earlier or later, and
// stands still while the loop is busy.
func TestARateHoldsForASourceThatComesToLoopsWhoseClocksDiffer(t *testing.T) {
	const rate, times, step = 100, 10000, 100 * time.Microsecond
	for _, ahead := range []time.Duration{time.Millisecond, 50 * time.Millisecond} {
		s := NewSources()
		now, allowed := time.Second, 0
		for range times {
			now += step
			for _, clock := range []time.Duration{now + ahead, now} {
				if s.Request(alice, rate, clock) {
					allowed++
				}
			}
		}
		if most := rate + int(rate*(times*step+ahead).Seconds()); allowed < rate || allowed > most {
			t.Errorf("%v apart: %d requests in a second, expected %d to %d", ahead, allowed, rate, most)
		}
	}
}

func TestAnIPv6ClientCountsByItsNetwork(t *testing.T) {
	s := NewSources()
	one, two := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	if !s.Open(one, 1, 0, 1) || s.Open(two, 1, 0, 1) {
		t.Fatal("two addresses of one /64 are two sources")
	}
	if far := netip.MustParseAddr("2001:db8::ff00:0:0:1"); s.Open(far, 1, 0, 1) {
		t.Fatal("two addresses that differ in the first byte behind the /64 are two sources")
	}
	if !s.Open(netip.MustParseAddr("2001:db8:0:1::1"), 1, 0, 1) {
		t.Fatal("another /64 is the same source")
	}
	mapped := netip.AddrFrom16(alice.As16())
	if !s.Open(alice, 1, 0, 1) || s.Open(mapped, 1, 0, 1) {
		t.Fatal("an IPv4 address and its mapped form are two sources")
	}
}

func TestAFloodOfSourcesForgetsOnlyThoseWithoutConnections(t *testing.T) {
	s := NewSources()
	s.Open(alice, 1, 0, 1)
	for i := range 1 << 18 {
		s.Request(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1, time.Duration(i))
	}
	if s.Open(alice, 1, 0, 1<<20) {
		t.Fatal("an open connection was forgotten")
	}
}

// crowd gives n addresses that share alice's set.
func crowd(s *Sources, n int) (addrs []netip.Addr) {
	shard, set, _ := s.find(alice)
	for i := 0; len(addrs) < n; i++ {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if sh, at, _ := s.find(addr); sh == shard && at == set {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

func TestWhereAllHaveConnectionsANewSourceGoesUncounted(t *testing.T) {
	s := NewSources()
	for _, addr := range crowd(s, ways) {
		s.Open(addr, 1, 0, 1)
	}
	for range 2 {
		if !s.Open(alice, 1, 0, 1) || !s.Request(alice, 1, 1) {
			t.Fatal("refused for want of a place")
		}
	}
	s.Close(alice)
}

func TestTheSourceThatWasQuietLongestIsForgotten(t *testing.T) {
	s := NewSources()
	others := crowd(s, ways)
	used := func(addr netip.Addr, now time.Duration) bool { return !s.Request(addr, 1, now) }
	used(alice, 1)
	for i, addr := range others[:ways-1] {
		used(addr, time.Duration(2+i))
	}
	if !used(alice, 50) {
		t.Fatal("forgotten while there was room")
	}
	used(others[ways-1], 60) // takes the place of others[0]
	if !used(alice, 70) || !used(others[1], 70) {
		t.Fatal("forgotten before one that was quiet for longer")
	}
	if used(others[0], 70) {
		t.Fatal("nobody was forgotten")
	}
}

func TestACloseTooManyGivesNoConnectionMore(t *testing.T) {
	s := NewSources()
	s.Request(alice, 1, 1)
	s.Close(alice) // opened while nobody counted
	if !s.Open(alice, 1, 0, 1) || s.Open(alice, 1, 0, 1) {
		t.Fatal("one connection is not what may be open")
	}
}

func TestARateIsKeptToTheFractionAndWhateverTheClock(t *testing.T) {
	s := NewSources()
	if !s.Request(alice, 1, 0) || s.Request(alice, 1, 0) {
		t.Fatal("not one request at the clock's begin")
	}
	if s.Request(alice, 1, 900*time.Millisecond) {
		t.Fatal("a second request within a second")
	}
	if !s.Request(bob, 2, time.Second) || !s.Request(bob, 2, 0) || s.Request(bob, 2, time.Second) {
		t.Fatal("a loop whose clock is behind changes the count")
	}
}

// What is not touched counts too where memory is limited: to the runtime it lives.
func TestSourcesThatNeverCameTakeNoMemory(t *testing.T) {
	if n := unsafe.Sizeof(Sources{}); n > 160<<10 {
		t.Fatalf("%d bytes without a source", n)
	}
	s, empty := NewSources(), 0
	s.Close(alice) // opened while nobody counted
	s.Open(alice, 1, 0, 1)
	s.Close(alice)
	for i := range s.shards {
		for _, set := range s.shards[i].sets {
			if set == nil {
				empty++
			}
		}
	}
	if want := shards*sets - 1; empty != want {
		t.Fatalf("%d sets are empty after one source, expected %d", empty, want)
	}
}

func TestNothingAllocates(t *testing.T) {
	s := NewSources()
	if n := testing.AllocsPerRun(100, func() {
		s.Open(alice, 10, 0, 1)
		s.Request(alice, 10, 1)
		s.Close(alice)
	}); n > 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	s := NewSources()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Request(alice, 1<<30, time.Duration(i))
	}
}
