package sched

import (
	"testing"

	"ktcpvs/daemon/table"
)

func TestAnotherServerIsPickedUntilAllHaveFailed(t *testing.T) {
	for name, test := range map[string]struct {
		build func([]*table.Server) table.Picker
		key   uint32
		want  []int
	}{
		"least connections": {newLeastConns, 0, []int{2, 3, 0}},
		"hash":              {newHashed, 2, []int{2, 3, 0}},
	} {
		servers := serversOf(load{1, 5}, load{0, 0}, load{1, 1}, load{1, 3}) // the second is quiescent
		picker := test.build(servers)
		if got := indexOf(servers, picker.Pick(test.key)); got != test.want[0] {
			t.Errorf("%s: picked %d first, want %d", name, got, test.want[0])
		}
		var failed []*table.Live
		for i, want := range test.want {
			s := picker.PickOther(test.key, failed)
			if got := indexOf(servers, s); got != want {
				t.Fatalf("%s: picked %d after %d had failed, want %d", name, got, i, want)
			}
			failed = append(failed, s.Live)
		}
		if s := picker.PickOther(test.key, failed); s != nil {
			t.Errorf("%s: picked %v when all had failed", name, s.Addr)
		}
		if n := testing.AllocsPerRun(100, func() { picker.PickOther(test.key, failed[:2]) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}
