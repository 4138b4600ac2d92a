package loop

import (
	"fmt"
	"net"
	"testing"

	"ktcpvs/daemon/table"
)

// What a client held is given back when it goes, also while its server takes
// nothing, so that nobody reads of the client either.
func TestAClientThatGoesWhileItsServerTakesNothingHoldsNothing(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		t.Run(fmt.Sprint("zerocopy_send=", zerocopy), func(t *testing.T) { goesAway(t, zerocopy) })
	}
}

func goesAway(t *testing.T, zerocopy int64) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(zerocopy)
	release := make(chan struct{})
	defer close(release)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(net.Conn) { <-release }))
	l := r.group.loops[0]
	c := r.dial()
	fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 64<<20)
	go c.Write(make([]byte, 64<<20))
	l.until(t, "the server takes no more", func() bool {
		s := l.listeners[0].first
		return s != nil && s.server != nil && !s.server.connecting && s.obstructed()
	})
	c.SetLinger(0)
	c.Close()
	l.until(t, "nothing is held for the client that has gone", func() bool {
		return l.listeners[0].first == nil && l.ctx.Buffers.Held() == 0
	})
}
