package loop

import (
	"net/http"
	"testing"

	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

// limits notes what was last armed of each slot.
type limits struct {
	poll.Poller
	of map[uint32]int
}

func (p limits) Recv(slot uint32, limit int) {
	p.of[slot] = limit
	p.Poller.Recv(slot, limit)
}

// The end of an idle server connection, or what comes over it unasked, must be
// seen before the next request is sent over it, however many large bodies there
// are.
func TestWhatComesOverAnIdleServerConnectionDoesNotWaitForLargeBodies(t *testing.T) {
	armed := map[uint32]int{}
	r := newRigOn(t, 1, func() (poll.Poller, error) {
		p, err := pollers[pollerUnderTest]()
		return limits{p, armed}, err
	})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {}))
	get(t, r.client(), "http://"+r.addr+"/")
	idle := 0
	l := r.group.loops[0]
	l.call(func() {
		for _, c := range l.conns {
			if c.fd >= 0 && c.side == relay.Server && c.sess == nil && l.bySlot[c.slot] == nil {
				idle++
				if n := armed[c.slot]; n == 0 || n > poll.BulkReceive {
					t.Errorf("a receive of %d bytes is armed", n)
				}
			}
		}
	})
	if idle != 1 {
		t.Errorf("%d server connections are idle, want 1", idle)
	}
}
