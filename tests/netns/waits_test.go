package netns

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// unread is how many bytes wait for a process in its netlink sockets.
func unread(t *testing.T, pid int) (total int) {
	t.Helper()
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/netlink", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		var n int
		if len(fields) > 4 {
			fmt.Sscan(fields[4], &n)
		}
		total += n
	}
	return total
}

// A daemon that stands still is waited for, until it goes on or whoever asked has
// had enough.
func TestADaemonThatStandsStillIsWaitedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ask := func() (*exec.Cmd, *strings.Builder) {
		before := unread(t, o.daemon.PID())
		cmd, said := o.Command(lab.Binary("tcpvsadm"), "-A", "-i", "web"), new(strings.Builder)
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait.Until(t, "tcpvsadm has asked", func() bool { return unread(t, o.daemon.PID()) > before })
		return cmd, said
	}
	o.daemon.Signal(unix.SIGSTOP)
	impatient, _ := ask()
	patient, said := ask()
	if err := impatient.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := impatient.Wait(); err == nil {
		t.Error("tcpvsadm that was interrupted has status 0")
	}
	o.daemon.Signal(unix.SIGCONT)
	if err := patient.Wait(); err != nil || said.String() != "" {
		t.Errorf("tcpvsadm that waited: %v, it says %q, expected status 0 and nothing", err, said)
	}
	if got := o.Does("-L"); !strings.Contains(got, "Virtual web {") {
		t.Errorf("the table is\n%s\nexpected service web", got)
	}
}
