package mounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
)

func TestMountLinesAreRead(t *testing.T) {
	text := "22 1 0:21 / /proc rw,relatime shared:12 - proc proc rw\n" +
		"41 22 0:35 /a\\040b /with\\040blank\\134 ro shared:1 master:2 - fuse.ktcpvs ktcpvs:7 rw,user_id=0\n" +
		"42 41 8:1 / / rw - ext4 /dev/vda rw"
	want := []Entry{
		{22, "0:21", "/", "/proc", "proc", "proc"},
		{41, "0:35", "/a b", `/with blank\`, "fuse.ktcpvs", "ktcpvs:7"},
		{42, "8:1", "/", "/", "ext4", "/dev/vda"},
	}
	got, err := read(strings.NewReader(text))
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func TestALineThatIsNoMountIsShown(t *testing.T) {
	for _, line := range []string{"22 1 0:21 / /proc rw shared:12", "22 1 0:21 / /proc rw shared:12 proc proc rw x", "nothing"} {
		if table, err := read(strings.NewReader(line + "\n")); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v, %v; expected an error that shows it", line, table, err)
		}
	}
	if table, err := read(strings.NewReader("")); err != nil || len(table) != 0 {
		t.Errorf("nothing: %v, %v", table, err)
	}
}

func TestAClaimIsHeldUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	const flags = os.O_RDWR | os.O_CREATE
	first, err := Claim(path, flags)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := first.Stat(); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v; expected mode 0600", info, err)
	}
	if _, err := Claim(path, flags); !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second one: %v", err)
	}
	first.Close()
	again, err := Claim(path, flags)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if _, err := Claim(filepath.Join(t.TempDir(), "none"), os.O_RDONLY); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
}

// Whoever can open a file can lock it.
func TestWhatOthersCanOpenIsNoPlaceForAClaim(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"everybody reads": func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"a group reads":   func(path string) error { return os.WriteFile(path, nil, 0o640) },
		"a directory":     func(path string) error { return os.Mkdir(path, 0o700) },
		"a FIFO":          func(path string) error { return unix.Mkfifo(path, 0o600) },
		"another's": func(path string) error {
			if os.Geteuid() != 0 {
				return os.WriteFile(path, nil, 0o604)
			}
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 1, 1))
		},
	} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		file, err := Claim(path, os.O_RDONLY)
		if err == nil {
			file.Close()
		}
		if err == nil || errors.Is(err, ErrClaimed) || !strings.HasPrefix(err.Error(), path+" has type and mode ") || !strings.HasSuffix(err.Error(), ": remove it") {
			t.Errorf("%s: %v; expected that %s is refused, with its mode and what to do", name, err, path)
		}
	}
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/null", path); err != nil {
		t.Fatal(err)
	}
	if _, err := Claim(path, os.O_RDONLY); !errors.Is(err, unix.ELOOP) {
		t.Errorf("a link: %v, expected ELOOP", err)
	}
}

func TestAClaimOnWhatWasReplacedIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := Claim(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if leadsTo(path, held) {
		t.Error("a removed file is still the place")
	}
	again, err := Claim(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if leadsTo(path, held) || !leadsTo(path, again) {
		t.Error("the old file is taken for the new one")
	}
}

func TestOnlyTheNamedFileSystemIsUnmounted(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	dir := t.TempDir()
	mount := func(source string) Entry {
		t.Helper()
		if err := unix.Mount(source, dir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		entry, err := At(dir)
		if err != nil || entry.Source != source || entry.Point != dir {
			t.Fatalf("%s: %+v, %v", source, entry, err)
		}
		return entry
	}
	first := mount("first")
	if err := Unmount(dir, "0:0"); err != nil {
		t.Errorf("one that is not there: %v", err)
	}
	second := mount("second")
	if err := Unmount(dir, first.Device); err == nil || !strings.Contains(err.Error(), "a mount of second (tmpfs) covers it") {
		t.Errorf("a covered one: %v", err)
	}
	if entry, _ := At(dir); entry != second {
		t.Errorf("on top is %+v", entry)
	}
	held, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for _, device := range []string{second.Device, first.Device, first.Device} {
		if err := Unmount(dir, device); err != nil {
			t.Error(err)
		}
	}
	if entry, err := At(dir); err != nil || entry.Point == dir {
		t.Errorf("still mounted: %+v, %v", entry, err)
	}
	if err := Unmount(filepath.Join(dir, "none"), first.Device); err != nil {
		t.Errorf("a directory that is gone: %v", err)
	}
}

func TestWhatTheKernelRefusesIsExplained(t *testing.T) {
	for errno, part := range map[unix.Errno]string{
		unix.EPERM: "CAP_SYS_ADMIN", unix.EACCES: "CAP_SYS_ADMIN", unix.ENOSYS: "5.12", unix.ENODEV: "modprobe fuse",
	} {
		if err := Explain(errno); !errors.Is(err, errno) || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	if err := Explain(unix.EIO); err != unix.EIO {
		t.Errorf("an errno without advice became %v", err)
	}
}
