package pool

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheNewestConnectionIsTakenFirst(t *testing.T) {
	p := NewIdle(8)
	for id := uint32(1); id <= 3; id++ {
		p.Put(7, id, time.Duration(id))
	}
	p.Put(9, 4, 4)
	for _, want := range []uint32{3, 2, 1} {
		if id, ok := p.Take(7); !ok || id != want {
			t.Fatalf("Take = %d, %v; want %d", id, ok, want)
		}
	}
	if id, ok := p.Take(7); ok {
		t.Fatalf("Take of an empty server gave %d", id)
	}
	if p.Len() != 1 {
		t.Fatalf("Len = %d, want the other server's 1", p.Len())
	}
}

func TestOnlyConnectionsIdleLongEnoughExpire(t *testing.T) {
	p := NewIdle(8)
	p.Put(1, 10, 10)
	p.Put(2, 20, 20)
	p.Put(1, 30, 30)
	var got []uint32
	for {
		id, ok := p.Expired(20)
		if !ok {
			break
		}
		got = append(got, id)
	}
	if len(got) != 2 || got[0] != 10 || got[1] != 20 {
		t.Fatalf("expired %v, want [10 20]", got)
	}
}

func TestOneTooManyEvictsTheServersOldest(t *testing.T) {
	p := NewIdle(2)
	p.Put(1, 1, 1)
	p.Put(1, 2, 2)
	if id, full := p.Put(1, 3, 3); !full || id != 1 {
		t.Fatalf("Put = %d, %v; want 1 evicted", id, full)
	}
}

func TestForgetKeepsServersThatHaveConnections(t *testing.T) {
	p := NewIdle(2)
	p.Put(1, 1, 1)
	p.Put(2, 2, 1)
	p.Take(2)
	p.Forget()
	if len(p.heads) != 1 {
		t.Fatalf("%d servers remembered, want 1", len(p.heads))
	}
	if _, ok := p.Take(1); !ok {
		t.Fatal("the connection of a remembered server is gone")
	}
}

// TestIdleAgreesWithAList compares any sequence of operations with a plain list.
func TestIdleAgreesWithAList(t *testing.T) {
	type entry struct {
		server uint64
		id     uint32
		since  time.Duration
	}
	rapid.Check(t, func(t *rapid.T) {
		p := NewIdle(3)
		var list []entry
		var now time.Duration
		drop := func(i int) { list = append(list[:i:i], list[i+1:]...) }
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now++
			id := rapid.Uint32Range(0, 9).Draw(t, "id")
			server := rapid.Uint64Range(0, 2).Draw(t, "server")
			at := -1
			for i, e := range list {
				if e.id == id {
					at = i
				}
			}
			switch rapid.SampledFrom([]string{"put", "take", "remove", "expire"}).Draw(t, "op") {
			case "put":
				if at >= 0 {
					continue
				}
				list = append(list, entry{server, id, now})
				var mine []int
				for i, e := range list {
					if e.server == server {
						mine = append(mine, i)
					}
				}
				evicted, full := p.Put(server, id, now)
				if full != (len(mine) > 3) {
					t.Fatalf("full = %v with %d kept", full, len(mine))
				}
				if full {
					if list[mine[0]].id != evicted {
						t.Fatalf("evicted %d, want %d", evicted, list[mine[0]].id)
					}
					drop(mine[0])
				}
			case "take":
				want := -1
				for i, e := range list {
					if e.server == server {
						want = i
					}
				}
				got, ok := p.Take(server)
				if ok != (want >= 0) || ok && got != list[want].id {
					t.Fatalf("Take(%d) = %d, %v; list %v", server, got, ok, list)
				}
				if ok {
					drop(want)
				}
			case "remove":
				p.Remove(id)
				if at >= 0 {
					drop(at)
				}
			case "expire":
				before := now - 5
				got, ok := p.Expired(before)
				if want := len(list) > 0 && list[0].since <= before; ok != want || ok && got != list[0].id {
					t.Fatalf("Expired = %d, %v; list %v", got, ok, list)
				}
				if ok {
					drop(0)
				}
			}
			if p.Len() != len(list) {
				t.Fatalf("Len = %d, want %d", p.Len(), len(list))
			}
		}
	})
}

func TestSpareSpawnsInDoublingBatchesAndRetiresOneASecond(t *testing.T) {
	s := Spare{Min: 100, Max: 120}
	var now time.Duration
	for _, want := range []int{1, 2, 4, 8, 16, 32, 32} {
		if n := s.Tick(0, 0, now); n != want {
			t.Fatalf("at %v: %d, want %d", now, n, want)
		}
		if n := s.Tick(0, 0, now+spareEvery/2); n != 0 {
			t.Fatalf("%d within the same second", n)
		}
		now += spareEvery
	}
	for _, c := range []struct{ idle, fewest, want int }{
		{110, 110, 0}, {5, 5, 1}, {5, 5, 2}, // the batch begins at 1 again
		{121, 121, -1}, {5, 5, 1}, {5, 5, 2},
		{100, 100, 0}, {120, 120, 0},
		{10120, 10120, -5000}, {5120, 130, -5}, {5115, 0, -1}, // others have been needed
	} {
		if n := s.Tick(c.idle, c.fewest, now); n != c.want {
			t.Fatalf("%d with %d idle, want %d", n, c.idle, c.want)
		}
		now += spareEvery
	}
}

func BenchmarkIdleTakePut(b *testing.B) {
	p := NewIdle(64)
	for id := range uint32(32) {
		p.Put(uint64(id%3)*0x9e3779b97f4a7c15, id, 0)
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		server := uint64(i%3) * 0x9e3779b97f4a7c15
		id, _ := p.Take(server)
		p.Put(server, id, time.Duration(i))
	}
}
