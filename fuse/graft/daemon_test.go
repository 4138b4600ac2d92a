package graft

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/sysctlfs"
	"ktcpvs/tests/wait"
)

func TestAfterSIGKILLOldKeysWorkAndANewStartReplacesTheGraft(t *testing.T) {
	each(t, func(t *testing.T) {
		require.Tool(t, "setpriv")
		before, _ := keys(t)
		d := startDaemon(t, "auto", t.TempDir())
		if d.said != "serving: /proc/sys/net/ktcpvs why: <nil>" {
			t.Fatal(d.said)
		}
		// Two who are inside when it dies, one of them behind the curtain.
		for _, dir := range []string{"/proc/sys/net/ktcpvs", "/proc/sys/net/core"} {
			inside := exec.Command("sleep", "60")
			inside.Dir = dir
			if err := inside.Start(); err != nil {
				t.Fatal(err)
			}
			defer inside.Wait()
			defer inside.Process.Kill()
		}
		d.kill()
		// Dentries and inodes that nothing pins: the graft's must not be among them.
		fusetest.Shell(t, `echo 2 > /proc/sys/vm/drop_caches`)
		complaints := wantKeys(t, "killed", before)
		for line := range strings.Lines(complaints) {
			if !strings.Contains(line, "/proc/sys/net/ktcpvs: ") && !strings.Contains(line, "nf_conntrack_max") {
				t.Errorf("killed: sysctl -a says %q", line)
			}
		}
		for _, c := range []struct{ script, output string }{
			{`sysctl -w net.core.somaxconn=555`, "net.core.somaxconn = 555\n"},
			{`unshare -n sysctl -n net.core.somaxconn`, "4096\n"},
			{`setpriv --reuid 65534 --clear-groups cat /proc/sys/net/core/somaxconn`, "555\n"},
			{`sysctl -w net.core.somaxconn=4096`, "net.core.somaxconn = 4096\n"},
			{`[ -d /proc/sys/net/ktcpvs ] || echo not loaded`, "not loaded\n"},
			{`ls -A /proc/sys/net/.sys`, ""},
		} {
			if got := fusetest.Shell(t, c.script); got != c.output {
				t.Errorf("killed: %s: printed %q, want %q", c.script, got, c.output)
			}
		}

		again := startDaemon(t, "auto", t.TempDir())
		if again.said != "serving: /proc/sys/net/ktcpvs why: <nil>" {
			t.Fatal(again.said)
		}
		if got := fusetest.Shell(t, `sysctl -w net.ktcpvs.unload=1; grep -c ktcpvs /proc/self/mountinfo`); got != "net.ktcpvs.unload = 1\n2\n" {
			t.Errorf("replaced: %q", got)
		}
		wantKeys(t, "replaced", before)
		again.Process.Signal(unix.SIGTERM)
		if got := again.line(); got != "undone: <nil>" {
			t.Errorf("at its end the second one said %q", got)
		}
		wantNoMount(t, "undone")
	})
}

func TestALivingGraftIsRefusedAndItsOwnerNamed(t *testing.T) {
	each(t, func(t *testing.T) {
		first := startDaemon(t, Path, t.TempDir())
		if !strings.HasPrefix(first.said, "serving: "+Path) {
			t.Fatal(first.said)
		}
		refused := func(when string) {
			t.Helper()
			// Who waits for the one that is stopped waits until it goes on.
			late := time.AfterFunc(wait.Limit, func() {
				t.Errorf("%s: nothing within %v", when, wait.Limit)
				first.Process.Signal(unix.SIGCONT)
			})
			defer late.Stop()
			if _, err := Make(knobs(), sysctlfs.Options{}); !errors.Is(err, ErrAlive) || !strings.Contains(err.Error(), pid(first)) {
				t.Errorf("%s: Make: %v", when, err)
			}
			if found, err := UndoStale(); found || !errors.Is(err, ErrAlive) || !strings.Contains(err.Error(), pid(first)) {
				t.Errorf("%s: UndoStale: %v, %v", when, found, err)
			}
		}
		refused("running")
		// One that is stopped answers nobody, and must not make anybody wait.
		first.Process.Signal(unix.SIGSTOP)
		refused("stopped")
		first.Process.Signal(unix.SIGCONT)
		if got := fusetest.Shell(t, `sysctl -w net.ktcpvs.unload=1`); got != "net.ktcpvs.unload = 1\n" {
			t.Errorf("afterwards: %q", got)
		}
		// The other's mode "auto" finds another place, and says why.
		runDir := t.TempDir()
		second := startDaemon(t, "auto", runDir)
		if !strings.HasPrefix(second.said, "serving: "+runDir+"/sys/net/ktcpvs why: ") || !strings.Contains(second.said, pid(first)) {
			t.Errorf("the second one: %s", second.said)
		}
		if got := fusetest.Shell(t, `cat "$1"/sys/net/ktcpvs/unload /proc/sys/net/ktcpvs/unload`, runDir); got != "0\n1\n" {
			t.Errorf("both: %q", got)
		}
		for _, d := range []*daemon{first, second} {
			d.Process.Signal(unix.SIGTERM)
			if got := d.line(); got != "undone: <nil>" {
				t.Errorf("at its end %s said %q", pid(d), got)
			}
		}
		wantNoMount(t, "undone")
	})
}

func TestUndoStaleRemovesWhatAKilledDaemonLeft(t *testing.T) {
	each(t, func(t *testing.T) {
		if found, err := UndoStale(); found || err != nil {
			t.Errorf("nothing there: %v, %v", found, err)
		}
		startDaemon(t, Path, t.TempDir()).kill()
		if found, err := UndoStale(); !found || err != nil {
			t.Errorf("a stale one: %v, %v", found, err)
		}
		wantNoMount(t, "undone")
	})
}

func TestOfManyStartersOneGrafts(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Shared) {
		return
	}
	startDaemon(t, Path, t.TempDir()).kill()
	said := make(chan *daemon)
	for range 6 {
		go func() { said <- startDaemon(t, Path, "") }()
	}
	serving := 0
	for range 6 {
		d := <-said
		switch {
		case strings.HasPrefix(d.said, "serving: "+Path):
			serving++
		case !strings.Contains(d.said, ErrAlive.Error()):
			t.Errorf("%s said %q", pid(d), d.said)
		}
	}
	if serving != 1 {
		t.Errorf("%d serve", serving)
	}
	if got := fusetest.Shell(t, `grep -c ktcpvs /proc/self/mountinfo; cat /proc/sys/net/ktcpvs/unload`); got != "2\n0\n" {
		t.Errorf("got %q", got)
	}
}

func TestNamesFollowProcfs(t *testing.T) {
	procfs, names := t.TempDir(), t.TempDir()
	s := new(staged)
	for dir, file := range map[string]**os.File{procfs: &s.procfs, names: &s.names} {
		opened, err := os.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		*file = opened
	}
	defer s.close()
	if err := os.MkdirAll(procfs+"/sys/net/core", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.makeNames(); err != nil {
		t.Fatal(err)
	}
	want := func(when string, want ...string) {
		t.Helper()
		entries, err := os.ReadDir(names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	want("made", ".sys", "core", "ktcpvs")
	if got, err := os.Readlink(filepath.Join(names, "core")); got != ".sys/proc/sys/net/core" || err != nil {
		t.Errorf("core leads to %q, %v", got, err)
	}
	if err := errors.Join(
		os.Mkdir(procfs+"/sys/net/bridge", 0o755),
		os.Remove(procfs+"/sys/net/core"),
		s.relink(),
	); err != nil {
		t.Fatal(err)
	}
	want("one came, one went", ".sys", "bridge", "ktcpvs")
	if err := os.Mkdir(procfs+"/sys/net/ktcpvs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.relink(); err == nil || !strings.Contains(err.Error(), "the kernel's own ktcpvs") {
		t.Errorf("beside the kernel's own: %v", err)
	}
}
