package loop

import (
	"sync/atomic"
	"testing"

	"ktcpvs/daemon/poll"
)

// lateWakes counts the calls of Wake after Close, which would write into
// whatever file has got the descriptor since.
type lateWakes struct {
	poll.Poller
	closed atomic.Bool
	n      atomic.Int32
}

func (p *lateWakes) Wake() {
	if p.closed.Load() {
		p.n.Add(1)
	}
	p.Poller.Wake()
}

func (p *lateWakes) Close() error {
	err := p.Poller.Close()
	p.closed.Store(true)
	return err
}

func TestALoopThatHasEndedIsNotWokenUp(t *testing.T) {
	var late lateWakes
	r := newRigOn(t, 1, func() (poll.Poller, error) {
		p, err := pollers[pollerUnderTest]()
		late.Poller = p
		return &late, err
	})
	r.group.Close()
	r.group.Changed() // a change of the table that came late
	r.knobs.ReadTimeout.Set(7)
	if n := late.n.Load(); n != 0 {
		t.Errorf("%d writes to a closed descriptor", n)
	}
}
