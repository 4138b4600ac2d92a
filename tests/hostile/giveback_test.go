package hostile

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/wait"
)

// What a crowd of connections took is given back when it has gone, all but what
// stays small: the tables of slots, and for io_uring the buffers it has touched.
func TestWhatACrowdOfConnectionsTookIsGivenBack(t *testing.T) {
	const clients = 12_000
	arena.SetSysctl(t, "core/somaxconn", "65535")
	for _, poll := range []string{"epoll", "io_uring"} {
		t.Run(poll, func(t *testing.T) {
			d := arena.StartDaemonWith(t, "--poll="+poll)
			d.Knobs("max_backlog=65535", "keepalive_timeout=3600")
			web := d.Serve(arena.Service{Servers: []netip.AddrPort{arena.StartEcho(t).Addr}})
			if v := newVisitor(t, web, false); !v.served() {
				t.Fatal("not served before")
			}
			quiet, files := d.Resident(), d.Descriptors()
			crowd := arena.Crowd{Hello: "GET /length/9/nothing HTTP/1.1\r\nHost: x\r\n\r\n"}.Gather(t, web, clients)
			arena.Eventually(t, "the daemon has accepted the crowd", func() bool { return d.Descriptors() >= files+clients })
			peak := d.Resident()
			crowd.Disperse()
			most := quiet + (peak-quiet)*2/3
			begin, last := time.Now(), peak
			wait.UntilSays(t, "the daemon has given back a third of what the crowd took", func() (state string, is bool) {
				last = d.Resident()
				return fmt.Sprintf("%d KiB, expected %d at most: before the crowd %d, with it %d",
					last>>10, most>>10, quiet>>10, peak>>10), last <= most
			})
			t.Logf("%d KiB before the crowd, %d with it, %d %v after it", quiet>>10, peak>>10, last>>10, time.Since(begin).Round(time.Second))
		})
	}
}
