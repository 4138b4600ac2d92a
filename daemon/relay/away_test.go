package relay

import (
	"net/netip"
	"testing"
	"time"

	"ktcpvs/daemon/table"
)

func TestAServerThatIsAwayIsTriedByOneAtATime(t *testing.T) {
	c := NewContext(1)
	c.Timeouts.Connect = time.Second
	one, two := table.NewLive(netip.AddrPort{}, 2), table.NewLive(netip.AddrPort{}, 2)
	other := NewContext(0)
	steps := []struct {
		at   time.Duration
		live *table.Live
		want bool
	}{
		{0, one, true}, {0, two, false}, {awayFor - 1, one, true},
		{awayFor, one, false}, {awayFor, one, true}, {awayFor + time.Second - 1, one, true}, {awayFor + time.Second, one, false},
	}
	c.spare(one, Refused)
	for _, s := range steps {
		if c.Now = s.at; c.avoids(s.live) != s.want {
			t.Errorf("at %v: avoided: %v, want %v", s.at, !s.want, s.want)
		}
		if other.Now = s.at; other.avoids(s.live) {
			t.Errorf("at %v: another loop avoids it", s.at)
		}
	}
	c.Now = 10 * time.Second
	c.spare(one, Unreachable)
	c.Now += time.Second
	c.spare(one, TimedOut)
	if c.Now = 15 * time.Second; !c.avoids(one) {
		t.Error("a second failure does not count from then on")
	}
	c.spare(two, Portless)
	c.trust(one)
	if c.avoids(one) || !c.avoids(two) {
		t.Error("trusting one does not trust that one alone")
	}
	if c.Now += portlessFor; c.avoids(two) {
		t.Error("one without ports is avoided as long as one that is away")
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
