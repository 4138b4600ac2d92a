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

// What is forwarded has fields more than the client has sent.
func TestARequestOfAsManyFieldsAsMayBeGoesToAnotherServer(t *testing.T) {
	x := newFake(newBench(t, []string{"scheduler phttp", "server 10.0.0.1:80", "server 10.0.0.2:80",
		"rule .* 10.0.0.1:80", "rule .* 10.0.0.2:80"}), t.Fatalf)
	x.ctx.Limits.Fields = 2
	x.step(&Event{Kind: Received, Side: Client, Data: []byte("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n")})
	first := x.sess.Server()
	x.step(&Event{Kind: Failed, Side: Server, Cause: Refused, Calling: true})
	if second := x.sess.Server(); second == nil || second == first {
		t.Fatalf("%v after %v, and the client got %q", second, first, x.toClient)
	}
	x.settle()
}
