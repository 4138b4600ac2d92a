package relay

import (
	"testing"
	"time"

	"ktcpvs/daemon/table"
)

func TestAServerThatIsAwayIsTriedByOneAtATime(t *testing.T) {
	var a away
	one, two := &table.Live{}, &table.Live{}
	const connect = time.Second
	steps := []struct {
		at   time.Duration
		live *table.Live
		want bool
	}{
		{0, one, true}, {0, two, false}, {awayFor - 1, one, true},
		{awayFor, one, false}, {awayFor, one, true}, {awayFor + connect - 1, one, true}, {awayFor + connect, one, false},
	}
	a.note(one, 0)
	for _, s := range steps {
		if got := a.avoids(s.live, s.at, connect); got != s.want {
			t.Errorf("at %v: avoided: %v, want %v", s.at, got, s.want)
		}
	}
	a.note(one, 10*time.Second)
	a.note(one, 11*time.Second)
	if !a.avoids(one, 15*time.Second, connect) || len(a.servers) != 1 {
		t.Errorf("a second failure does not count from then on: %d entries", len(a.servers))
	}
	a.note(two, 11*time.Second)
	a.forget(one)
	if a.avoids(one, 11*time.Second, connect) || !a.avoids(two, 11*time.Second, connect) {
		t.Error("forgetting one does not forget that one alone")
	}
	a.note(one, time.Hour)
	if len(a.servers) != 1 {
		t.Errorf("%d entries are kept, of which one is wanted", len(a.servers))
	}
}
