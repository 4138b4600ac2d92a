package integrity

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// remains is what a daemon holds.
type remains struct {
	connections int // lines in its list
	sockets     int
	pipes       int // descriptors of them
	memory      int // KiB resident
}

const (
	// keptPipes are the descriptors of the pipes that a loop keeps for the
	// next splice.
	keptPipes = 2 * 64

	// keptMemory is what buffers, contexts and the collector's slack may take
	// after 200 clients with bodies of up to 1 MiB, in KiB.
	keptMemory = 64 << 10
)

// look sees what the daemon holds now.
func look(t *testing.T, host *lab.Host, daemon *lab.Daemon) remains {
	t.Helper()
	r := remains{connections: strings.Count(host.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), "\n")}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", daemon.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		switch target, _ := os.Readlink(link); {
		case strings.HasPrefix(target, "socket:"):
			r.sockets++
		case strings.HasPrefix(target, "pipe:"):
			r.pipes++
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", daemon.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if r.memory, err = strconv.Atoi(strings.Fields(after)[0]); err != nil {
		t.Fatal(err)
	}
	return r
}

// mustBeGone waits until the daemon holds no more than before. listeners are
// sockets that it has got since for good.
func (before remains) mustBeGone(t *testing.T, host *lab.Host, daemon *lab.Daemon, listeners int) {
	t.Helper()
	var now remains
	wait.UntilSays(t, fmt.Sprintf("connections and sockets are as before, with %d more listeners: %+v", listeners, before), func() (string, bool) {
		now = look(t, host, daemon)
		left := host.Read("/run/ktcpvs/proc/net/ktcpvs/connections")
		return fmt.Sprintf("%+v\n%s", now, left), now.connections == before.connections && now.sockets == before.sockets+listeners
	})
	t.Logf("before %+v, after %+v", before, now)
	if now.pipes > before.pipes+loops*keptPipes {
		t.Errorf("%d ends of pipes are open, before %d", now.pipes, before.pipes)
	}
	if now.memory > before.memory+keptMemory {
		t.Errorf("%d KiB of memory are held, before %d", now.memory, before.memory)
	}
}
