package loop

import (
	"testing"

	"ktcpvs/daemon/relay"
)

// The time until then is not what a client's body is measured by.
func TestASpliceThatHadToWaitSaysSoWhenBytesMoveAgain(t *testing.T) {
	tr := &transfer{side: relay.Client}
	for i, step := range []struct {
		moved         int64
		full, blocked bool
	}{{5, true, false}, {7, true, true}, {9, false, true}, {0, false, false}} {
		tr.moved = step.moved
		ev := tr.told(relay.Progress, step.full)
		if ev.Kind != relay.Progress || ev.Side != relay.Client || ev.N != step.moved || ev.Blocked != step.blocked {
			t.Errorf("event %d is %+v, expected %d bytes, blocked %v", i, ev, step.moved, step.blocked)
		}
	}
}
