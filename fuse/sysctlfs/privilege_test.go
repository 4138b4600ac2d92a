package sysctlfs

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
)

func TestWhatIsMissingIsSaidWithWhatToDo(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "file")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	wantError := func(what, dir string, parts ...string) {
		t.Helper()
		_, err := Mount(dir, Knobs(nil), Options{})
		if err == nil {
			t.Fatalf("%s: mounted", what)
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", what, err, part)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than a line: %q", what, err)
		}
	}
	wantError("a file above", plain+"/x/net", "cannot make the directory", plain, "not a directory")
	if err := unix.Mount("ro", "/mnt", "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	wantError("a read-only place", "/mnt/run/net", "cannot make the directory", "/mnt/run", "read-only file system")
	if err := unix.Mount("empty", "/dev", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	wantError("no device", filepath.Join(dir, "net"), "/dev/fuse", "modprobe fuse")
	if err := unix.Unmount("/dev", unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1 << unix.CAP_SYS_ADMIN
	data[0].Permitted &^= 1 << unix.CAP_SYS_ADMIN
	// Capabilities are a thread's; this goroutine ends with its thread.
	done := make(chan struct{})
	go func() {
		defer close(done)
		lockThreadForGood()
		if err := unix.Capset(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		wantError("no capability", filepath.Join(dir, "net"), "CAP_SYS_ADMIN", "run as root")
	}()
	<-done
}

func TestACapabilityThatIsOnlyPermittedIsEnough(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		lockThreadForGood()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		only := data[0].Permitted & (1 << unix.CAP_SYS_ADMIN)
		data[0].Effective, data[0].Permitted, data[1].Effective, data[1].Permitted = 0, only, 0, 0
		if err := unix.Capset(&header, &data[0]); err != nil {
			t.Error(err)
			return
		}
		mounted, err := Mount(filepath.Join(t.TempDir(), "net"), Knobs(nil), Options{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := mounted.Unmount(); err != nil {
			t.Error(err)
		}
		var after [2]unix.CapUserData
		if err := unix.Capget(&header, &after[0]); err != nil || after != data {
			t.Errorf("left with %+v, %v; want %+v", after, err, data)
		}
	}()
	<-done
}

// lockThreadForGood gives the goroutine a thread that ends with it.
func lockThreadForGood() { runtime.LockOSThread() }
