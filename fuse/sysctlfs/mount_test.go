package sysctlfs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/mounts"
	"ktcpvs/tests/wait"
)

func TestShellsAndToolsReadAndWriteAKnob(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	knob := &fusetest.Knob{Label: "debug_level"}
	file := filepath.Join(mountKnobs(t, knob), "debug_level")
	for _, c := range []struct {
		script, output string
		value          int32
	}{
		{`cat "$1"`, "0\n", 0},
		{`echo 2 > "$1"`, "", 2},
		{`echo 3 >> "$1" && echo 4 >> "$1"`, "", 4},
		{`printf 5 > "$1"`, "", 5},
		{`echo 6 | tee "$1"`, "6\n", 6},
		{`echo 7 | tee -a "$1"`, "7\n", 7},
		{`echo 0x10 | dd of="$1" status=none`, "", 16},
		{`: > "$1"; cat "$1"`, "16\n", 16},
		{`truncate -s 0 "$1"; wc -c < "$1"`, "3\n", 16},
		{`read value < "$1"; echo "$value"`, "16\n", 16},
		{`dd if="$1" bs=1 status=none`, "16\n", 16},
		{`dd if="$1" bs=1 skip=1 status=none`, "6\n", 16},
		{`head -c 1 "$1"`, "1", 16},
		{`cp "$1" "$1"x 2>&1 | grep -c "No such file"`, "1\n", 16},
		{`stat -c '%s %a %U %G %h' "$1"`, "0 644 root root 1\n", 16},
		{`ls -A "$(dirname "$1")" | tr '\n' ' '`, "debug_level tcp_app_win tcp_max_syn_backlog ", 16},
		{`find "$(dirname "$1")" -type f | wc -l`, "3\n", 16},
		{`for i in 1 2 3 4 5; do echo $i > "$1"; cat "$1"; done | tr '\n' ' '`, "1 2 3 4 5 ", 5},
		{`exec 3<>"$1"; echo 8 >&3; echo 9 >&3; cat "$1"`, "8\n", 8},
	} {
		if got := fusetest.Shell(t, c.script, file); got != c.output || knob.Get() != c.value {
			t.Errorf("%s: printed %q and left %d; want %q and %d", c.script, got, knob.Get(), c.output, c.value)
		}
	}
}

func TestOthersMayReadButNotWrite(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	require.Tool(t, "setpriv")
	dir := mountKnobs(t)
	// The directory above is the test's own; the mount is everybody's.
	if err := unix.Mount(dir, "/mnt", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount("/mnt", unix.MNT_DETACH)
	const nobody = `exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$1" sh /mnt/tcp_app_win`
	if got := fusetest.Shell(t, nobody, `cat "$1"`); got != "0\n" {
		t.Errorf("read %q", got)
	}
	for _, script := range []string{
		`echo 2 > "$1"`, `echo 2 >> "$1"`, `: > "$1"`, `rm -f "$1"`, `touch /mnt/new`, `mkdir /mnt/new`, `mv "$1" /mnt/new`, `touch "$1" -d 1970-01-01`,
	} {
		if got, err := fusetest.ShellStatus(nobody, script); err == nil || !strings.Contains(got, "Permission denied") {
			t.Errorf("%s: %v, %q; want Permission denied", script, err, got)
		}
	}
	if got, err := fusetest.ShellStatus(nobody, `chmod 666 "$1"`); err == nil || !strings.Contains(got, "not permitted") {
		t.Errorf("chmod: %v, %q; want Operation not permitted", err, got)
	}
}

func TestARefusedValueIsEINVALOrTheKnobsOwnErrno(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	knob := &fusetest.Knob{Label: "unload", Check: func(value int64) error {
		switch {
		case value > 1:
			return errors.New("unload: 2 is above 1")
		case value < 0:
			return fmt.Errorf("unload: %w", unix.EBUSY)
		}
		return nil
	}}
	file := filepath.Join(mountKnobs(t, knob), "unload")
	for text, want := range map[string]string{"1\n": "", "2\n": "EINVAL", "-1\n": "EBUSY", "4294967297": "EINVAL", "one": "EINVAL"} {
		knob.Value.Store(0)
		got := probe(t, []operation{{Do: "write", Path: file, Text: []byte(text)}})[0]
		if got.Errno != want {
			t.Errorf("%q: got %q, want %q", text, got.Errno, want)
		}
		if set := knob.Get() != 0; set != (want == "") {
			t.Errorf("%q: left %d", text, knob.Get())
		}
	}
}

func TestManyWritersAndReadersSeeWholeValues(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	var sets atomic.Int64
	knob := &fusetest.Knob{Label: "shared", Check: func(value int64) error {
		if value != 7 && value != 1234567890 {
			return fmt.Errorf("torn value %d", value)
		}
		sets.Add(1)
		return nil
	}}
	knob.Value.Store(7)
	file := filepath.Join(mountKnobs(t, knob), "shared")
	script := `
		for writer in 1 2 3 4 5 6 7 8; do
			( for i in $(seq 50); do echo 7 > "$1" && echo 1234567890 >> "$1" || echo "write failed"; done ) &
		done
		for reader in 1 2 3 4; do
			( for i in $(seq 50); do dd if="$1" bs=3 status=none; done | grep -vxE '7|1234567890' ) &
		done
		wait`
	if got := fusetest.Shell(t, script, file); got != "" {
		t.Errorf("seen by readers and writers: %q", got)
	}
	if got := sets.Load(); got != 800 {
		t.Errorf("%d values were set by 800 writes", got)
	}
}

func TestUnmountWaitsForNobody(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	dir := filepath.Join(t.TempDir(), "net")
	mounted, err := Mount(dir, Knobs([]Knob{&fusetest.Knob{Label: "unload"}}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	user := exec.Command("sh", "-c", `cd "$1" && exec 3<unload && echo in && exec sleep 600`, "sh", dir)
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
	if err := mounted.Unmount(); err != nil {
		t.Fatal(err)
	}
	if entry, err := mounts.At(dir); err != nil || entry.Point == dir {
		t.Errorf("still mounted: %+v, %v", entry, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("left beside the directory: %v", left)
	}
	if err := mounted.Unmount(); err != nil {
		t.Errorf("again: %v", err)
	}
}

// serveUntilKilled starts a process that serves a knob at dir.
func serveUntilKilled(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := fusetest.Self("-test.run", "^TestServeForAnother$")
	cmd.Env = append(cmd.Env, "KTCPVS_TEST_SERVE="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the serving process: %v", err)
	}
	return cmd
}

func TestServeForAnother(t *testing.T) {
	dir := os.Getenv("KTCPVS_TEST_SERVE")
	if dir == "" {
		return // this is a part of other tests, which start it with a directory
	}
	if _, err := Mount(dir, Knobs([]Knob{&fusetest.Knob{Label: "unload"}}), Options{}); err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving")
	select {}
}

func TestAMountOfAKilledProcessIsReplacedAndALivingOneIsNot(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	dir := filepath.Join(t.TempDir(), "sys/net/ktcpvs")
	other := serveUntilKilled(t, dir)

	_, err := Mount(dir, Knobs(nil), Options{})
	if !errors.Is(err, mounts.ErrClaimed) || !strings.Contains(err.Error(), "pid "+strconv.Itoa(other.Process.Pid)) {
		t.Fatalf("over a living process: %v", err)
	}
	if got := fusetest.Shell(t, `cat "$1"/unload`, dir); got != "0\n" {
		t.Errorf("the living process's knob: %q", got)
	}
	// A process that is stopped lives, and must not make us wait.
	other.Process.Signal(unix.SIGSTOP)
	if _, err := Mount(dir, Knobs(nil), Options{}); !errors.Is(err, mounts.ErrClaimed) {
		t.Fatalf("over a stopped process: %v", err)
	}

	other.Process.Kill()
	other.Wait()
	if got, err := fusetest.ShellStatus(`cat "$1"/unload`, dir); err == nil {
		t.Fatalf("the killed process still serves %q", got)
	}
	mounted, err := Mount(dir, Knobs([]Knob{&fusetest.Knob{Label: "fresh"}}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fusetest.Shell(t, `ls "$1"; grep -c "$1" /proc/self/mountinfo`, dir); got != "fresh\n1\n" {
		t.Errorf("after the replacement: %q", got)
	}
	if err := mounted.Unmount(); err != nil {
		t.Error(err)
	}
}

func TestAMountThatAnotherCoversStays(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	mounted, err := Mount(filepath.Join(t.TempDir(), "net"), Knobs(nil), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("cover", mounted.Dir(), "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := mounted.Unmount(); err == nil || !strings.Contains(err.Error(), "cover (tmpfs) covers it") {
		t.Errorf("got %v", err)
	}
	if entry, err := mounts.At(mounted.Dir()); err != nil || entry.Source != "cover" {
		t.Errorf("on top is %+v, %v", entry, err)
	}
	if err := unix.Unmount(mounted.Dir(), 0); err != nil {
		t.Fatal(err)
	}
	if err := mounted.Unmount(); err != nil {
		t.Error(err)
	}
}
