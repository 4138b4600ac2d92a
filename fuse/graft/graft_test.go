package graft

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/sysctlfs"
	"ktcpvs/tests/wait"
)

var propagations = []fusetest.Propagation{fusetest.Private, fusetest.Shared}

// modeEnv and runEnv make TestServeForAnother a daemon.
const (
	modeEnv = "KTCPVS_TEST_SYSCTL_DIR"
	runEnv  = "KTCPVS_TEST_RUN_DIR"
)

func knobs() []sysctlfs.Knob {
	var all []sysctlfs.Knob
	for _, label := range []string{"debug_level", "unload", "max_backlog"} {
		all = append(all, &fusetest.Knob{Label: label})
	}
	return all
}

func TestServeForAnother(t *testing.T) {
	mode := os.Getenv(modeEnv)
	if mode == "" {
		return // this is a part of other tests, which start it with a mode
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGTERM)
	served, err := Serve(mode, os.Getenv(runEnv), knobs(), sysctlfs.Options{})
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println("serving:", served.Dir, "why:", served.Why)
	<-stop
	fmt.Println("undone:", served.Undo())
}

// daemon is another process that serves the knobs.
type daemon struct {
	*exec.Cmd
	lines *bufio.Scanner
	said  string // its first line
}

func startDaemon(t *testing.T, mode, runDir string) *daemon {
	t.Helper()
	d := &daemon{Cmd: fusetest.Self("-test.run", "^TestServeForAnother$")}
	d.Env = append(d.Env, modeEnv+"="+mode, runEnv+"="+runDir)
	out, err := d.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.Stderr = os.Stderr
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	d.lines = bufio.NewScanner(out)
	d.said = d.line()
	return d
}

func (d *daemon) line() string {
	d.lines.Scan()
	return d.lines.Text()
}

func (d *daemon) kill() {
	d.Process.Kill()
	d.Wait()
}

// makeGraft is Make in this process, undone at the end.
func makeGraft(t *testing.T) *Graft {
	t.Helper()
	g, err := Make(knobs(), sysctlfs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Undo(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// keys is what sysctl -a says of net, ours left out; and what it complains of.
func keys(t *testing.T) (lines []string, complaints string) {
	t.Helper()
	require.Tool(t, "sysctl")
	complaintsFile := filepath.Join(t.TempDir(), "errors")
	all := fusetest.Shell(t, `sysctl -a 2>"$1" | grep ^net`, complaintsFile)
	for line := range strings.Lines(all) {
		if !strings.HasPrefix(line, "net.ktcpvs.") {
			lines = append(lines, line)
		}
	}
	text, err := os.ReadFile(complaintsFile)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, string(text)
}

func wantKeys(t *testing.T, when string, want []string) string {
	t.Helper()
	got, complaints := keys(t)
	for _, line := range want {
		if _, found := slices.BinarySearch(got, line); !found {
			t.Errorf("%s: lost %q", when, line)
		}
	}
	for _, line := range got {
		if _, found := slices.BinarySearch(want, line); !found {
			t.Errorf("%s: new is %q", when, line)
		}
	}
	if len(want) < 100 || len(got) != len(want) {
		t.Errorf("%s: %d keys, before %d", when, len(got), len(want))
	}
	return complaints
}

// wantNoMount fails if any mount of ours is left.
func wantNoMount(t *testing.T, when string) {
	t.Helper()
	if got := fusetest.Shell(t, `grep -E 'ktcpvs|/proc/' /proc/self/mountinfo || true`); got != "" {
		t.Errorf("%s: still mounted:\n%s", when, got)
	}
}

// each runs the test's body in namespaces with private and with shared mounts.
func each(t *testing.T, body func(t *testing.T)) {
	for _, propagation := range propagations {
		t.Run(string(propagation), func(t *testing.T) {
			if fusetest.Namespaced(t, propagation) {
				body(t)
			}
		})
	}
}

func TestOldKeysStayAndTheKnobsJoinThem(t *testing.T) {
	each(t, func(t *testing.T) {
		before, _ := keys(t)
		g, err := Make(knobs(), sysctlfs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if complaints := wantKeys(t, "grafted", before); complaints != "" && inFirstNetwork(t) {
			t.Errorf("sysctl -a complains: %s", complaints)
		}
		for _, c := range []struct{ script, output string }{
			{`sysctl -a 2>/dev/null | grep ktcpvs | sort`, "net.ktcpvs.debug_level = 0\nnet.ktcpvs.max_backlog = 0\nnet.ktcpvs.unload = 0\n"},
			{`sysctl -w net.ktcpvs.debug_level=2`, "net.ktcpvs.debug_level = 2\n"},
			{`sysctl net.ktcpvs.debug_level`, "net.ktcpvs.debug_level = 2\n"},
			{`sysctl -n net/ktcpvs/debug_level`, "2\n"},
			{`echo net.ktcpvs.debug_level=5 | sysctl -p -; cat /proc/sys/net/ktcpvs/debug_level`, "net.ktcpvs.debug_level = 5\n5\n"},
			{`echo 12 > /proc/sys/net/ktcpvs/debug_level; cat /proc/sys/net/ktcpvs/debug_level`, "12\n"},
			{`[ -d /proc/sys/net/ktcpvs ] && [ -w /proc/sys/net/ktcpvs/unload ] && echo loaded`, "loaded\n"},
			{`ls /proc/sys/net/ktcpvs | tr '\n' ' '; ls -A /proc/sys/net/.sys`, "debug_level max_backlog unload "},
			{`sysctl -w net.core.somaxconn=777; cat /proc/sys/net/core/somaxconn`, "net.core.somaxconn = 777\n777\n"},
			{`mkdir /proc/sys/net/x 2>&1 | grep -o "Read-only.*"; rm /proc/sys/net/core 2>&1 | grep -o "Read-only.*"`, "Read-only file system\nRead-only file system\n"},
		} {
			if got := fusetest.Shell(t, c.script); got != c.output {
				t.Errorf("%s: printed %q, want %q", c.script, got, c.output)
			}
		}
		if err := g.Undo(); err != nil {
			t.Fatal(err)
		}
		wantNoMount(t, "undone")
		fusetest.Shell(t, `sysctl -qw net.core.somaxconn=4096`)
		wantKeys(t, "undone", before)
		if err := g.Undo(); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

// inFirstNetwork tells whether every name in /proc/sys/net is there for us;
// some exist in the first network namespace only.
func inFirstNetwork(t *testing.T) bool {
	_, err := os.Stat(netDir + "/nf_conntrack_max")
	return err == nil
}

func TestUndoWaitsForNobody(t *testing.T) {
	each(t, func(t *testing.T) {
		g := makeGraft(t)
		user := exec.Command("sh", "-c", `cd /proc/sys/net/ktcpvs && exec 3<unload 4</proc/sys/net/core/somaxconn && echo in && exec sleep 600`)
		out, err := user.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := user.Start(); err != nil {
			t.Fatal(err)
		}
		defer user.Wait()
		defer user.Process.Kill()
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		late := time.AfterFunc(wait.Limit, func() {
			t.Errorf("it waits for a user, %v so far", wait.Limit)
			user.Process.Kill()
		})
		defer late.Stop()
		if err := g.Undo(); err != nil {
			t.Error(err)
		}
		wantNoMount(t, "undone")
	})
}

func TestForeignMountsAreLeftAlone(t *testing.T) {
	each(t, func(t *testing.T) {
		if err := unix.Mount("alien", netDir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := Make(knobs(), sysctlfs.Options{}); err == nil || !strings.Contains(err.Error(), "alien (tmpfs)") {
			t.Errorf("Make over a foreign mount: %v", err)
		}
		if found, err := UndoStale(); found || err == nil || !strings.Contains(err.Error(), "alien (tmpfs)") {
			t.Errorf("UndoStale under a foreign mount: %v, %v", found, err)
		}
		if err := unix.Unmount(netDir, 0); err != nil {
			t.Fatal(err)
		}
		g := makeGraft(t)
		if err := unix.Mount("alien", netDir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		if err := g.Undo(); err == nil || !strings.Contains(err.Error(), "alien (tmpfs) covers it") {
			t.Errorf("Undo under a foreign mount: %v", err)
		}
		if err := unix.Unmount(netDir, 0); err != nil {
			t.Fatal(err)
		}
		if got := fusetest.Shell(t, `echo 1 > /proc/sys/net/ktcpvs/unload; cat /proc/sys/net/ktcpvs/unload`); got != "1\n" {
			t.Errorf("uncovered again: %q", got)
		}
		// Somebody else took it away: nothing is left to undo.
		if err := unix.Unmount(netDir, unix.MNT_DETACH); err != nil {
			t.Fatal(err)
		}
		if err := g.Undo(); err != nil {
			t.Errorf("Undo of what is gone: %v", err)
		}
		wantNoMount(t, "in the end")
	})
}

func pid(d *daemon) string { return "process " + strconv.Itoa(d.Process.Pid) }
