package graft

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/sysctlfs"
)

func TestServePutsTheKnobsWhereTheModeSays(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	run := t.TempDir()
	for _, c := range []struct{ mode, dir string }{
		{"none", ""},
		{"auto", Path},
		{Path, Path},
		{Path + "/", Path},
		{run + "/elsewhere/knobs", run + "/elsewhere/knobs"},
	} {
		served, err := Serve(c.mode, run, knobs(), sysctlfs.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.mode, err)
			continue
		}
		if served.Dir != c.dir || served.Why != nil {
			t.Errorf("%s: at %q, why %v", c.mode, served.Dir, served.Why)
		}
		if c.dir != "" {
			if got := fusetest.Shell(t, `cat "$1"/unload`, served.Dir); got != "0\n" {
				t.Errorf("%s: %q", c.mode, got)
			}
		}
		if err := served.Undo(); err != nil {
			t.Errorf("%s: %v", c.mode, err)
		}
		wantNoMount(t, c.mode)
	}
	for _, mode := range []string{"", "here", "./x", "Auto"} {
		if _, err := Serve(mode, run, knobs(), sysctlfs.Options{}); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%q: %v", mode, err)
		}
	}
}

// withCapabilities runs call on a thread with these sets.
func withCapabilities(t *testing.T, effective, permitted uint32, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		data := [2]unix.CapUserData{{Effective: effective, Permitted: permitted}}
		if err := unix.Capset(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		call()
	}()
	<-done
}

func TestWithoutWhatItTakesAutoSaysWhyAndWhatToDo(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	wantError := func(what string, err error, parts ...string) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", what)
			return
		}
		for _, part := range append(parts, Path) {
			if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q lacks %q, or is not one line", what, err, part)
			}
		}
	}
	run := t.TempDir()
	nowhere := func(what, run string, parts ...string) {
		t.Helper()
		served, err := Serve("auto", run, knobs(), sysctlfs.Options{})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if served.Dir != "" {
			t.Errorf("%s: at %s", what, served.Dir)
		}
		wantError(what, served.Why, parts...)
		if err := served.Undo(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if left, _ := os.ReadDir(run); len(left) > 0 {
			t.Errorf("%s: %s is left in the run directory", what, left[0].Name())
		}
	}
	withCapabilities(t, 0, 0, func() {
		nowhere("no capability", run, "CAP_SYS_ADMIN", "run as root", run)
	})
	if err := unix.Mount("empty", "/dev", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	_, err := Serve(Path, run, knobs(), sysctlfs.Options{})
	wantError("no device", err, "/dev/fuse", "modprobe fuse")
	if err := unix.Unmount("/dev", unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	wantNoMount(t, "after failures")
	if err := unix.Mount("none", "/mnt", "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("alien", netDir, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	nowhere("no place at all", "/mnt/run", "alien", "/mnt/run", "read-only file system")
	served, err := Serve("auto", run, knobs(), sysctlfs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantError("the place is taken", served.Why, "alien (tmpfs)")
	if err := served.Undo(); err != nil {
		t.Error(err)
	}
}

func TestACapabilityThatIsOnlyPermittedIsEnough(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Shared) {
		return
	}
	withCapabilities(t, 0, 1<<unix.CAP_SYS_ADMIN, func() {
		g, err := Make(knobs(), sysctlfs.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		// The links are kept up without any capability.
		if err := g.staged.relink(); err != nil {
			t.Error(err)
		}
		if err := unix.Symlinkat("x", int(g.staged.names.Fd()), "probe"); err != nil {
			t.Error(err)
		}
		if err := g.staged.relink(); err != nil {
			t.Error(err)
		}
		if err := g.Undo(); err != nil {
			t.Error(err)
		}
	})
	wantNoMount(t, "undone")
}
