package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// TestAFailedStartLeavesNoFile fails at each step of a start at which something
// can be wrong, and says what may be left: what was there before.
func TestAFailedStartLeavesNoFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, options, says, left string }{
		"no directory":            {"touch /run/ktcpvs", "", "cannot make the run directory", "/run/ktcpvs\n"},
		"a full disk":             {"mkdir /run/ktcpvs; mount -t tmpfs -o size=4k none /run/ktcpvs; dd if=/dev/zero of=/run/ktcpvs/full bs=4k count=1 2>/dev/null", "", "cannot write to the run directory", "/run/ktcpvs/full\n"},
		"no kernel log":           {"mount -t tmpfs none /dev", "--log=kmsg", "cannot write to the kernel log", ""},
		"a secret that is a FIFO": {"mkdir /run/ktcpvs; mkfifo /run/ktcpvs/session.key", "", "/run/ktcpvs/session.key is no regular file", "/run/ktcpvs/session.key\n"},
		"no place for files":      {"", "--sysctl-dir=/proc/nowhere/else", "cannot make the directory to mount on", ""},
		"no FUSE, a path":         {"mount -t tmpfs none /dev", "--sysctl-dir=/run/knobs", "cannot open /dev/fuse", ""},
		"no reports":              {"mkdir /run/ktcpvs; touch /run/ktcpvs/proc", "", "cannot make the directory to mount on", "/run/ktcpvs/proc\n"},
		"no process id":           {"mkdir -p /run/ktcpvs/ktcpvsd.pid/x", "", "cannot write to the run directory", ""},
		"the port is taken":       {`"$1" --nlport=7 --run-dir=/run/other --ephemeral >/dev/null 2>&1 & until [ -e /run/other/ktcpvsd.pid ]; do sleep 0.1; done`, "--nlport=7", "netlink port id 0x7 is held by process", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.NewHost(t, "balancer")
			t.Cleanup(func() { h.Try("kill $(cat /run/other/ktcpvsd.pid) 2>/dev/null") })
			out, status := h.Try(c.before+`
				timeout -s KILL 120 "$1" `+c.options+` 2>&1`, lab.Binary("ktcpvsd"))
			if status != 1 || !strings.Contains(out, c.says) {
				t.Errorf("the start ends with status %d and %q, expected 1 and %q", status, out, c.says)
			}
			if left := h.Shell("find /run ! -type d ! -path '/run/other/*' ! -path '" + lab.StateDir + "/*' | sort"); left != c.left {
				t.Errorf("after a start that failed there is\n%s\nexpected\n%s", left, c.left)
			}
			if mounts := h.Shell("grep ktcpvs /proc/self/mountinfo | grep -v /run/ktcpvs || true"); mounts != "" && c.options != "--nlport=7" {
				t.Errorf("after a start that failed there are mounts:\n%s", mounts)
			}
		})
	}
}
