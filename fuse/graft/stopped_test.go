package graft

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/tests/wait"
)

// The daemon is stopped before anybody has looked at its place, so that the kernel
// knows nothing but what it was made to ask.
func TestAStoppedDaemonHoldsUpNobodyWhoAsksForNothingOfIts(t *testing.T) {
	each(t, func(t *testing.T) {
		d := startDaemon(t, "auto", t.TempDir())
		if d.said != "serving: /proc/sys/net/ktcpvs why: <nil>" {
			t.Fatal(d.said)
		}
		d.Process.Signal(unix.SIGSTOP)
		wait.UntilSays(t, "the daemon is stopped", func() (string, bool) {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.Process.Pid))
			return string(status), bytes.Contains(status, []byte("State:\tT"))
		})
		for _, script := range []string{
			`ls -la /proc/sys/net`,
			`ls -la --color=never /proc/sys/net/.sys`,
			`stat /proc/sys/net/.sys`,
			`stat /proc/sys/net/* /proc/sys/net/.sys`,
			`find /proc/sys/net`,
			`find /proc/sys/net -ls`,
			`sysctl -n net.core.somaxconn`,
			`cat /proc/sys/net/ipv4/ip_forward`,
			`df -x fuse.ktcpvs`,
			`cat /proc/self/mountinfo`,
		} {
			limit := fmt.Sprint(wait.Limit.Seconds()) // ends one that hangs
			if said, err := fusetest.ShellStatus(`exec timeout -s KILL "$1" sh -c "$2"`, limit, script); err != nil {
				t.Errorf("%s: %v\n%s", script, err, said)
			}
		}
		d.Process.Signal(unix.SIGCONT)
		if got := fusetest.Shell(t, `sysctl -n net.ktcpvs.unload`); got != "0\n" {
			t.Errorf("when it goes on, unload reads %q, expected 0", got)
		}
	})
}
