package control

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"ktcpvs/daemon/journal"
	"ktcpvs/proto"
)

// The ways that a change may come.
const (
	byNetlink = "netlink" // tcpvsadm, or another client
	bySysctl  = "sysctl"  // a file of /proc/sys/net/ktcpvs
	byConfig  = "config"  // ktcpvsd --config, at the start or at SIGHUP
	byRestore = "restore" // what was kept, at the start
	byUnload  = "unload"  // the knob of that name, which was set before
	byDaemon  = "daemon"  // its own doing
)

// origin is where a change comes from.
type origin struct {
	way string
	pid int32 // 0: it cannot be seen from here
	uid uint32
}

func fromPeer(p proto.Peer) origin { return origin{byNetlink, p.PID, p.UID} }

// itself is the daemon.
func itself(way string) origin { return origin{way, int32(os.Getpid()), uint32(os.Geteuid())} }

// who asks procfs about the process, which waits for its answer and so is there.
func (o origin) who() journal.Who {
	w := journal.Who{UID: o.uid, PID: o.pid}
	if o.pid == 0 {
		return w
	}
	dir := fmt.Sprintf("/proc/%d/", o.pid)
	if name, err := os.ReadFile(dir + "comm"); err == nil {
		w.Program = printable(strings.TrimSuffix(string(name), "\n"))
	}
	const unset = 1<<32 - 1
	if text, err := os.ReadFile(dir + "loginuid"); err == nil {
		if n, err := strconv.ParseUint(string(text), 10, 32); err == nil && n != unset {
			login := uint32(n)
			w.Login = &login
		}
	}
	return w
}

// printable leaves nothing in a name that a terminal would obey.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || 0x80 <= r && r < 0xa0 {
			return '?'
		}
		return r
	}, name)
}
