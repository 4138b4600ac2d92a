package sched

import (
	"math"
	"math/big"
	"net/netip"
	"testing"

	"ktcpvs/daemon/table"

	"pgregory.net/rapid"
)

// load is a server's weight and how many connections it has.
type load struct {
	weight int
	conns  int64
}

func serversOf(loads ...load) []*table.Server {
	servers := make([]*table.Server, len(loads))
	for i, l := range loads {
		servers[i] = &table.Server{
			Addr:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80),
			Weight: l.weight,
			Live:   table.NewLive(netip.AddrPort{}, 1),
		}
		servers[i].Live.Conns.Store(l.conns)
	}
	return servers
}

// indexOf is the place of a picked server, -1 for none.
func indexOf(servers []*table.Server, picked *table.Server) int {
	for i, s := range servers {
		if s == picked {
			return i
		}
	}
	return -1
}

func TestLeastConnsPicksTheLeastLoadedForItsWeight(t *testing.T) {
	tests := []struct {
		name  string
		loads []load
		want  int
	}{
		{"no server", nil, -1},
		{"one server", []load{{1, 100}}, 0},
		{"one quiescent server", []load{{0, 0}}, -1},
		{"all quiescent", []load{{0, 0}, {0, 5}}, -1},
		{"fewer connections", []load{{1, 3}, {1, 2}, {1, 4}}, 1},
		{"more weight", []load{{1, 10}, {3, 20}}, 1},
		{"of equals the heavier is first", []load{{1, 2}, {2, 4}, {1, 2}}, 1},
		{"of equals of the same weight the earlier", []load{{1, 7}, {1, 2}, {1, 2}}, 1},
		{"idle ones tie whatever their weight", []load{{1, 0}, {9, 0}}, 1},
		{"a quiescent one is passed over", []load{{0, 0}, {1, 9}}, 1},
		{"a quiescent one in the middle", []load{{1, 9}, {0, 0}, {1, 8}}, 2},
		{"a quotient that division would cut to a tie", []load{{2, 3}, {3, 4}}, 1},
		{"a count being settled is no credit", []load{{1, 0}, {1, -3}}, 0},
		{"products past 64 bits", []load{{65535, math.MaxInt64}, {65534, math.MaxInt64 - 1}}, 0},
		{"the largest counts", []load{{1, math.MaxInt64}, {65535, math.MaxInt64}}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			servers := serversOf(test.loads...)
			if got := indexOf(servers, newLeastConns(servers).Pick(0, 0)); got != test.want {
				t.Errorf("picked %d, want %d", got, test.want)
			}
		})
	}
}

func TestLeastConnsAgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loads := rapid.SliceOf(rapid.Custom(func(t *rapid.T) load {
			return load{
				weight: rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 65535)).Draw(t, "weight"),
				conns:  rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Min(0)).Draw(t, "conns"),
			}
		})).Draw(t, "loads")
		want := map[int]bool{}
		var least *big.Rat
		for i, l := range loads {
			if l.weight == 0 {
				continue
			}
			quotient := big.NewRat(l.conns, int64(l.weight))
			if least == nil || quotient.Cmp(least) < 0 {
				want, least = map[int]bool{}, quotient
			}
			if quotient.Cmp(least) == 0 {
				want[i] = true
			}
		}
		servers := serversOf(loads...)
		picker := newLeastConns(servers)
		for range 3 { // turns among equals
			if got := indexOf(servers, picker.Pick(0, 0)); !want[got] && (got >= 0 || len(want) > 0) {
				t.Fatalf("picked %d of %v, want one of %v", got, loads, want)
			}
		}
	})
}

func TestConnectionsSpreadByWeight(t *testing.T) {
	servers := serversOf(load{weight: 1}, load{weight: 2}, load{weight: 5}, load{weight: 0})
	picker := newLeastConns(servers)
	for range 800 {
		picker.Pick(0, 0).Live.Conns.Add(1)
	}
	for i, want := range []int64{100, 200, 500, 0} {
		if got := servers[i].Live.Conns.Load(); got != want {
			t.Errorf("server %d has %d connections of 800, want %d", i, got, want)
		}
	}
}

func TestHashedTakesTheKeysPlaceInListOrder(t *testing.T) {
	tests := []struct {
		name    string
		weights []int
		want    []int // by key from 0
	}{
		{"no server", nil, []int{-1, -1}},
		{"one server", []int{1}, []int{0, 0, 0}},
		{"weights only matter as nothing or something", []int{1, 9, 2}, []int{0, 1, 2, 0, 1, 2, 0}},
		{"a quiescent place goes to the next", []int{1, 0, 1}, []int{0, 2, 2, 0, 2, 2}},
		{"several go to the same next", []int{1, 0, 0, 1}, []int{0, 3, 3, 3}},
		{"the last place's next is the first usable", []int{0, 1, 0}, []int{1, 1, 1, 1}},
		{"all quiescent", []int{0, 0}, []int{-1, -1, -1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			loads := make([]load, len(test.weights))
			for i, w := range test.weights {
				loads[i].weight = w
			}
			servers := serversOf(loads...)
			picker := newHashed(servers)
			for key, want := range test.want {
				if got := indexOf(servers, picker.Pick(0, uint32(key))); got != want {
					t.Errorf("key %d picks %d, want %d", key, got, want)
				}
			}
		})
	}
}

func TestHashedTakesTheLargestKey(t *testing.T) {
	servers := serversOf(load{weight: 1}, load{weight: 1}, load{weight: 1})
	if got, want := indexOf(servers, newHashed(servers).Pick(0, math.MaxUint32)), int(uint32(math.MaxUint32)%3); got != want {
		t.Errorf("picked %d, want %d", got, want)
	}
}

func TestQuiescingMovesNoKeyOfTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 2), 1, 20).Draw(t, "weights")
		quiesced := rapid.IntRange(0, len(weights)-1).Draw(t, "quiesced")
		before := make([]load, len(weights))
		for i, w := range weights {
			before[i].weight = w
		}
		after := append([]load(nil), before...)
		after[quiesced].weight = 0

		old, now := serversOf(before...), serversOf(after...)
		oldPicker, nowPicker := newHashed(old), newHashed(now)
		for key := range uint32(len(weights)) {
			was, is := indexOf(old, oldPicker.Pick(0, key)), indexOf(now, nowPicker.Pick(0, key))
			if was != quiesced && is != was {
				t.Fatalf("key %d moved from %d to %d when %d was quiesced", key, was, is, quiesced)
			}
			if is >= 0 && now[is].Weight == 0 {
				t.Fatalf("key %d picks %d, which is quiescent", key, is)
			}
		}
	})
}

func TestPickingDoesNotAllocate(t *testing.T) {
	servers := serversOf(load{1, 3}, load{2, 3}, load{0, 0}, load{5, 9})
	for _, s := range all {
		picker := s.Build(servers)
		if n := testing.AllocsPerRun(100, func() {
			if picker.Pick(0, 7) == nil {
				t.Error("no server")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", s.Name, n)
		}
	}
}

var picked *table.Server

func BenchmarkPick(b *testing.B) {
	for _, bench := range []struct {
		name    string
		build   func([]*table.Server) table.Picker
		servers int
	}{
		{"least-conns/3", newLeastConns, 3},
		{"least-conns/16", newLeastConns, 16},
		{"least-conns/256", newLeastConns, 256},
		{"hashed/256", newHashed, 256},
	} {
		b.Run(bench.name, func(b *testing.B) {
			loads := make([]load, bench.servers)
			for i := range loads {
				loads[i] = load{1 + i%4, int64(i % 7)}
			}
			picker := bench.build(serversOf(loads...))
			b.ReportAllocs()
			key := uint32(0)
			for b.Loop() {
				picked = picker.Pick(0, key)
				key++
			}
		})
	}
}
