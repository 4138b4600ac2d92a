package hostile

import (
	"net/netip"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/wait"
)

// Past max_buffered_mb those who hold the memory are cut off, and nobody else
// notices: each wrong answer to the site's clients fails the test.
func TestPastTheCapOnBuffersTheSlowReadersPay(t *testing.T) {
	arena.SetSysctl(t, "ipv4/tcp_rmem", "4096 16384 65536")
	arena.SetSysctl(t, "ipv4/tcp_wmem", "4096 16384 65536")
	const readers, megabytes = 1000, 8
	d := arena.StartDaemon(t)
	d.Knobs("max_buffered_mb=8", "keepalive_timeout=3600")
	site, victim := arena.NewSteady(t), arena.StartEcho(t)
	web := d.Serve(arena.Service{
		Servers: []netip.AddrPort{site.Server(), victim.Addr},
		Rules: []string{
			"pattern .* use server " + site.Server().String(),
			"host ^attack use server " + victim.Addr.String(),
		},
	})
	site.Connect(web, "/page")
	files, resident, began := d.Descriptors(), d.Resident(), time.Now()
	slow := arena.Crowd{Hello: "GET /length/1000000/nothing HTTP/1.1\r\nHost: attack\r\n\r\n", Sip: 1, ReceiveBuffer: 4096}
	var last int64
	asked := 0
	for range 3 {
		// How much each holds depends on what a receive happens to bring: they come
		// until it is too much.
		var crowds []*arena.Gathering
		asked = 0
		for left := 0; left >= asked-asked/20; {
			if asked >= 4*readers {
				t.Fatalf("%d of %d slow readers are left, expected a good part to be cut off", left, asked)
			}
			crowds = append(crowds, slow.Gather(t, web, readers))
			asked += readers
			site.Window(time.Second)
			// Each that is left has two sockets.
			left = (d.Descriptors() - files) / 2
			last = d.Resident()
			t.Logf("%d of %d slow readers are left; the daemon grew by %d KiB", left, asked, (last-resident)>>10)
		}
		for _, crowd := range crowds {
			crowd.Disperse()
		}
		site.Window(300 * time.Millisecond)
	}
	saysSo(t, d, began, "ending connections that hold memory")
	// The collector lets garbage grow to four times what lives (GOGC=400).
	if grown, bound := last-resident, int64(megabytes)<<20*5+int64(asked)*8<<10; grown > bound {
		t.Errorf("the daemon grew by %d bytes, expected %d at most", grown, bound)
	}
	d.Knobs("keepalive_timeout=1")
	// The site's own connections to its server may have grown to one a client.
	arena.Eventually(t, "descriptors are as before", func() bool {
		site.Window(100 * time.Millisecond)
		return d.Descriptors() <= files+16
	})
	if lines := d.Log.Lines("503"); len(lines) > 0 {
		t.Errorf("new requests were refused: %q", lines)
	}
}

// Near GOMEMLIMIT the daemon accepts nobody for whom it would need more memory,
// instead of collecting garbage without a pause. Who is served goes on, and
// newcomers are served when others have left.
func TestNearTheMemoryLimitNewcomersWait(t *testing.T) {
	arena.SetSysctl(t, "core/somaxconn", "65535")
	// A client between requests takes between 1 and 2 KiB, the daemon itself 7 MiB.
	const megabytes, crowds = 16, 16000
	d := arena.StartDaemon(t, "GOMEMLIMIT=16MiB")
	d.Knobs("max_backlog=65535", "keepalive_timeout=3600")
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{arena.StartEcho(t).Addr}})
	early := newVisitor(t, web, true)
	if !early.served() {
		t.Fatal("not served before")
	}
	files, began := d.Descriptors(), time.Now()
	crowd := arena.Crowd{Hello: "GET /length/9/nothing HTTP/1.1\r\nHost: x\r\n\r\n"}.Gather(t, web, crowds)
	saysSo(t, d, began, errMemory)
	for range 200 {
		if !early.served() {
			t.Fatal("one who was served before is not any more")
		}
	}
	wait.Pass(2 * time.Second)
	t.Logf("%d of %d were accepted; the daemon has %d KiB", d.Descriptors()-files, crowds, d.Resident()>>10)
	if n := d.Descriptors() - files; n >= crowds {
		t.Errorf("all %d were accepted", n)
	}
	// The limit is on what Go manages; the program itself comes on top.
	if n, bound := d.Resident(), int64(megabytes+24)<<20; n > bound {
		t.Errorf("the daemon has %d bytes, expected %d at most", n, bound)
	}
	saysSo(t, d, began, errMemory)

	crowd.Disperse()
	late := newVisitor(t, web, false)
	arena.Eventually(t, "a newcomer is served", late.served)
	early.CloseIdleConnections()
	d.Knobs("keepalive_timeout=1")
	arena.Eventually(t, "descriptors are as before", func() bool { return d.Descriptors() <= files })
}

const errMemory = "GOMEMLIMIT is near"
