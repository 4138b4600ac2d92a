package sched

import (
	"testing"

	"ktcpvs/daemon/table"

	"pgregory.net/rapid"
)

func TestIdleServersTakeTurnsByWeight(t *testing.T) {
	servers := serversOf(load{weight: 3}, load{weight: 1}, load{weight: 0}, load{weight: 1})
	for name, pick := range map[string]func(table.Picker) *table.Server{
		"Pick":      func(p table.Picker) *table.Server { return p.Pick(0, 0) },
		"PickOther": func(p table.Picker) *table.Server { return p.PickOther(0, &table.Avoid{}) },
	} {
		picker := newLeastConns(servers)
		var order []int
		for range 10 {
			order = append(order, indexOf(servers, pick(picker)))
		}
		for i, want := range []int{0, 1, 0, 3, 0, 0, 1, 0, 3, 0} {
			if order[i] != want {
				t.Errorf("%s: in the order %v, want 0 1 0 3 0 twice", name, order)
				break
			}
		}
	}
}

// What of equals is picked differs from its share by less than one round at any
// time, whatever the weights.
func TestTurnsNeverLeaveTheirShareByMoreThanARound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 20), 1, 8).Draw(t, "weights")
		loads := make([]load, len(weights))
		total := 0
		for i, w := range weights {
			loads[i].weight = w
			total += w
		}
		servers := serversOf(loads...)
		picker := newLeastConns(servers)
		picks := make([]int, len(weights))
		for n := 1; n <= 3*total; n++ {
			picks[indexOf(servers, picker.Pick(0, 0))]++
			for i, w := range weights {
				if off := picks[i]*total - n*w; off >= len(weights)*total || off <= -len(weights)*total {
					t.Fatalf("after %d picks by weights %v: %v", n, weights, picks)
				}
			}
		}
		for i, w := range weights {
			if picks[i] != 3*w {
				t.Fatalf("three rounds by weights %v: %v", weights, picks)
			}
		}
	})
}

func TestLoopsTakeTurnsOfTheirOwn(t *testing.T) {
	servers := serversOf(load{weight: 1}, load{weight: 1})
	for _, s := range servers {
		s.Live = table.NewLive(s.Addr, 2)
	}
	picker := newLeastConns(servers)
	for range 4 {
		for loop := range 2 {
			if a, b := picker.Pick(loop, 0), picker.Pick(loop, 0); a == b {
				t.Errorf("loop %d picked %v twice of two equals", loop, a.Addr)
			}
		}
	}
}

// A server that is away gets no turn, and the others share its turns by weight.
func TestTheTurnsOfOneThatIsAwayAreSharedByWeight(t *testing.T) {
	servers := serversOf(load{weight: 5}, load{weight: 2}, load{weight: 1})
	servers[0].Live.SetAway(0, 1000)
	picker := newLeastConns(servers)
	picks := make([]int, 3)
	for range 30 {
		picks[indexOf(servers, picker.PickOther(0, &table.Avoid{Now: 1}))]++
	}
	if picks[0] != 0 || picks[1] != 20 || picks[2] != 10 {
		t.Errorf("picked %v, want 0, 20, 10", picks)
	}
}
