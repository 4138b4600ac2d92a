package sched

import (
	"fmt"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/steady"
)

var builders = map[string]func([]*table.Server) table.Picker{
	"least connections": newLeastConns,
	"hash":              newHashed,
}

func TestAnotherServerIsPickedUntilAllHaveFailed(t *testing.T) {
	for name, test := range map[string]struct {
		key  uint32
		want []int
	}{
		"least connections": {0, []int{2, 3, 0}},
		"hash":              {2, []int{2, 3, 0}},
	} {
		servers := serversOf(load{1, 5}, load{0, 0}, load{1, 1}, load{1, 3}) // the second is quiescent
		picker := builders[name](servers)
		if got := indexOf(servers, picker.Pick(0, test.key)); got != test.want[0] {
			t.Errorf("%s: picked %d first, want %d", name, got, test.want[0])
		}
		var failed []*table.Live
		for i, want := range test.want {
			s := picker.PickOther(test.key, &table.Avoid{Failed: failed})
			if got := indexOf(servers, s); got != want {
				t.Fatalf("%s: picked %d after %d had failed, want %d", name, got, i, want)
			}
			failed = append(failed, s.Live)
		}
		if s := picker.PickOther(test.key, &table.Avoid{Failed: failed}); s != nil {
			t.Errorf("%s: picked %v when all had failed", name, s.Addr)
		}
		avoid := &table.Avoid{Failed: failed[:2]}
		if n := testing.AllocsPerRun(100, func() { picker.PickOther(test.key, avoid) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func TestAServerThatIsAwayIsPickedOnlyForWantOfABetterOne(t *testing.T) {
	for name, build := range builders {
		servers := serversOf(load{1, 1}, load{1, 2}, load{1, 3})
		picker := build(servers)
		const now = time.Hour
		pick := func(failed ...*table.Live) int {
			return indexOf(servers, picker.PickOther(0, &table.Avoid{Failed: failed, Now: now}))
		}
		servers[0].Live.SetAway(0, now+1)
		if got := pick(); got != 1 {
			t.Errorf("%s: picked %d with 0 away, want 1", name, got)
		}
		servers[1].Live.SetAway(0, now-time.Second) // may be tried again, but nobody has yet
		if got := pick(); got != 2 {
			t.Errorf("%s: picked %d with 0 and 1 away, want 2", name, got)
		}
		if got := pick(servers[2].Live); got != 0 {
			t.Errorf("%s: picked %d with 0 and 1 away and 2 failed, want 0", name, got)
		}
		if got := pick(servers[2].Live, servers[0].Live); got != 1 {
			t.Errorf("%s: picked %d with 0 and 1 away, 2 and 0 failed, want 1", name, got)
		}
		servers[0].Live.SetAway(0, now-time.Hour/2) // long ago
		if got := pick(); got != 0 {
			t.Errorf("%s: picked %d with 0 away half an hour ago, want 0", name, got)
		}
	}
}

// The price of a choice grows with the number of servers, and not with its square,
// however many are away: quadratic would be a hundred times as much.
func TestAChoiceAmongServersThatAreAllAwayIsLinear(t *testing.T) {
	for name, build := range builders {
		cost := func(n int) float64 {
			picker := awayAll(build, n)
			avoid := &table.Avoid{Now: 1}
			best := time.Hour
			for range 20 {
				start := time.Now()
				for range 100_000 / n {
					picker.PickOther(7, avoid)
				}
				best = min(best, time.Since(start)/time.Duration(100_000/n))
			}
			return best.Seconds()
		}
		question := steady.Question{What: name + ": a choice among 10,000, by one among 1,000", Bound: 50, Least: 3}
		question.Ask(t, func() (base, seen float64) { return cost(1000), cost(10_000) })
	}
}

func awayAll(build func([]*table.Server) table.Picker, n int) table.Picker {
	servers := serversOf(make([]load, n)...)
	for _, s := range servers {
		s.Weight = 1
		s.Live.SetAway(0, time.Hour)
	}
	return build(servers)
}

func BenchmarkAllAway(b *testing.B) {
	for name, build := range builders {
		for _, n := range []int{100, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				picker, avoid := awayAll(build, n), &table.Avoid{Now: 1}
				for b.Loop() {
					picker.PickOther(7, avoid)
				}
			})
		}
	}
}
