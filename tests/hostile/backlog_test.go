package hostile

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/hostile/arena"
)

// overflows is how often the network's listen queues had no room.
func overflows(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/net/netstat")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "TcpExt:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "ListenOverflows" {
				n, err := strconv.Atoi(fields[i])
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
	}
	t.Fatal("/proc/net/netstat has no ListenOverflows")
	return 0
}

// knock begins to connect, and waits for nothing.
func knock(t *testing.T, to netip.AddrPort) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	}
	if err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	return fd
}

// With maxclients served and the listen queues full, newcomers wait at the
// kernel's door; those who are served do not notice, and newcomers are served as
// soon as there is room.
func TestWithAFullAcceptQueueTheServedGoOnAndOthersComeLater(t *testing.T) {
	const clients = 4
	d := arena.StartDaemon(t)
	d.Knobs("max_backlog=4")
	web := d.Serve(arena.Service{Scheduler: "wlc", MaxClients: clients, Servers: []netip.AddrPort{arena.StartEcho(t).Addr}})
	before := d.Descriptors()
	var served []*visitor
	for range clients {
		v := newVisitor(t, web, true)
		if !v.served() {
			t.Fatal("not served before")
		}
		served = append(served, v)
	}
	full := overflows(t)
	var crowd []int
	for range 200 {
		crowd = append(crowd, knock(t, web))
	}
	arena.Eventually(t, "a listen queue is full", func() bool { return overflows(t) > full })
	for range 50 {
		for _, v := range served {
			if !v.served() {
				t.Fatal("one who was served before is not any more")
			}
		}
	}
	if n := d.Descriptors(); n > before+2*clients {
		t.Errorf("%d descriptors, %d before: more than maxclients were accepted", n, before)
	}
	for _, fd := range crowd {
		unix.Close(fd)
	}
	for _, v := range served {
		v.CloseIdleConnections()
	}
	late := newVisitor(t, web, false)
	arena.Eventually(t, "a newcomer is served", late.served)
	arena.Eventually(t, "descriptors are as before", func() bool { return d.Descriptors() <= before })
	if lines := d.Log.Lines("cannot"); len(lines) > 0 {
		t.Errorf("waiting in the queue is no fault: %q", lines)
	}
}
