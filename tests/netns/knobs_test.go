package netns

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// The files of /proc/sys/net/ktcpvs, the reference's section 6, as the tools of
// an operator find them.

func TestKnobsAreFilesWithTheReferencesDefaults(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.Tool(t, "sysctl")
	for name, value := range map[string]string{
		"debug_level": "0", "unload": "0", "max_backlog": "2048",
		"zerocopy_send": "2", "keepalive_timeout": "30", "read_timeout": "180",
	} {
		path := lab.KnobDir + "/" + name
		if got := o.Shell(`cat "$1"; stat -c '%A %u %g %s %F' "$1"; sysctl -n net.ktcpvs.$2`, path, name); got != value+"\n-rw-r--r-- 0 0 0 regular empty file\n"+value+"\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := o.Shell(`test -d ` + lab.KnobDir + ` && stat -Lc '%A %u %F' ` + lab.KnobDir); got != "dr-xr-xr-x 0 directory\n" {
		t.Errorf("the directory is %q", got)
	}
}

func TestWritesAreReadAsTheKernelReadsIntegers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const file = lab.KnobDir + "/read_timeout"
	for _, write := range []struct{ script, want string }{
		{`echo 10 > $1`, "10"},
		{`printf 11 > $1`, "11"},
		{`printf ' \t12\n' > $1`, "12"},
		{`echo 0x1f > $1`, "31"},
		{`echo 017 > $1`, "15"},
		{`echo 20 | tee $1 > /dev/null`, "20"},
		{`echo 21 >> $1`, "21"},
		{`sysctl -qw net.ktcpvs.read_timeout=22`, "22"},
		{`printf '23\n24\n' > $1 || true`, "23"},
	} {
		if out, status := o.Try(write.script, file); status != 0 {
			t.Errorf("%s: status %d, %q", write.script, status, out)
		}
		if got := o.Knob("read_timeout"); got != write.want {
			t.Errorf("after %s it is %s, want %s", write.script, got, write.want)
		}
	}
	for _, text := range []string{"x\n", "10x\n", "\n", "08\n", "99999999999\n", "1.5\n", "+5\n", "0\n", "-1\n"} {
		if err := os.WriteFile(o.Path(file), []byte(text), 0o644); !errors.Is(err, unix.EINVAL) {
			t.Errorf("writing %q: %v", text, err)
		}
		if got := o.Knob("read_timeout"); got != "23" {
			t.Fatalf("after %q it is %s", text, got)
		}
	}
	require.Tool(t, "setpriv")
	out, status := o.Try(`setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "cat $1 && echo 5 > $1"`, file)
	if status == 0 || !strings.HasPrefix(out, "23\n") || !strings.Contains(out, "Permission denied") {
		t.Errorf("nobody reads and writes: status %d, %q", status, out)
	}
}

func TestSysctlListsTheSameKeysAndOurs(t *testing.T) {
	t.Parallel()
	require.Tool(t, "sysctl")
	h := lab.NewHost(t, "balancer")
	const keys = `sysctl -aN 2>/dev/null | grep '^net\.' | sort`
	before := h.Shell(keys)
	if n := strings.Count(before, "\n"); n < 100 {
		t.Fatalf("only %d keys", n)
	}
	d := h.StartDaemon()
	var others, ours []string
	for line := range strings.Lines(h.Shell(keys)) {
		if strings.HasPrefix(line, "net.ktcpvs.") {
			ours = append(ours, line)
		} else {
			others = append(others, line)
		}
	}
	if got := strings.Join(others, ""); got != before {
		t.Errorf("%d keys of others, and there were %d", len(others), strings.Count(before, "\n"))
	}
	for _, name := range []string{"debug_level", "keepalive_timeout", "max_backlog", "read_timeout", "unload", "zerocopy_send"} {
		if !strings.Contains(strings.Join(ours, ""), "net.ktcpvs."+name+"\n") {
			t.Errorf("%s is not among %q", name, ours)
		}
	}
	// Other keys are written through.
	if got := h.Shell(`sysctl -qw net.core.somaxconn=777 && cat /proc/sys/net/core/somaxconn`); got != "777\n" {
		t.Errorf("net.core.somaxconn is %q", got)
	}
	d.Signal(15)
	if status := d.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if after := h.Shell(keys); after != before {
		t.Errorf("after the daemon the keys are\n%s", after)
	}
}

func TestOneKnobIsTheSameByFileAndByTcpvsadm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.SetKnob("max_backlog", "99")
	if got := o.Does("--knob", "max_backlog"); got != "max_backlog = 99\n" {
		t.Errorf("tcpvsadm prints %q", got)
	}
	o.Does("--knob", "max_backlog=100")
	if got := o.Knob("max_backlog"); got != "100" {
		t.Errorf("the file holds %s", got)
	}
	o.Fails(1, "Value out of range: max_backlog is 0, expected 1 to 2147483647", "--knob", "max_backlog=0")
	o.Fails(4, `No such knob: "nosuch"`, "--knob", "nosuch=1")
}

func TestDebugLevelChoosesWhatIsSaidWhileRunning(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		--add-rule -i web -p .* -r r1:80
		--start`)
	// What each level adds to those below it.
	added := []struct {
		level int
		said  string
	}{
		{1, "refused"}, {2, "new-dest"}, {3, "listening"}, {4, "connection accepted"},
		{5, "scheduled"}, {8, "opened"}, {12, "relaying"},
		{4, "connection expired"}, // the last that is said of one round
	}
	for _, now := range []int{0, 1, 2, 3, 4, 5, 8, 12, 0} {
		f.Balancer.SetKnob("debug_level", fmt.Sprint(now))
		since := f.daemon.Log.Mark()
		f.Call("-A", "-i", "web") // is refused
		f.Script(`
			-a -i web -r r1:81
			-d -i web -r r1:81
			--stop
			--start`)
		f.askAnew(t, "/")
		f.client.CloseIdleConnections()
		for _, a := range added {
			says := func() bool {
				return strings.Contains(since(), "msg="+a.said) || strings.Contains(since(), `msg="`+a.said)
			}
			if now >= a.level {
				lab.Eventually(t, fmt.Sprintf("level %d says %q", now, a.said), says)
			} else if says() {
				t.Errorf("at level %d the log says %s", now, since())
			}
		}
	}
}

func TestMaxBacklogIsTheListenBacklog(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.Tool(t, "ss")
	o.Script(`
		-A -i a -l 127.0.0.1:81
		-A -i b -l 127.0.0.1:82`)
	backlogs := func(port, want string) {
		t.Helper()
		out := o.Shell(`ss -Hltn "sport = :$1"`, port)
		if len(strings.TrimSpace(out)) == 0 {
			t.Errorf("nobody listens at %s", port)
		}
		for line := range strings.Lines(out) {
			if words := strings.Fields(line); words[2] != want {
				t.Errorf("the backlog of %s is %s, want %s", port, words[2], want)
			}
		}
	}
	o.Does("--start", "-i", "a")
	backlogs("81", "2048")
	o.SetKnob("max_backlog", "77")
	o.Does("--start", "-i", "b")
	backlogs("82", "77")
	backlogs("81", "77") // of those that listen already, too
	o.SetKnob("max_backlog", "3000")
	backlogs("81", "3000")
	backlogs("82", "3000")
}
