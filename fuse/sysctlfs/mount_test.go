package sysctlfs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/mounts"
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
	fusetest.NeedTool(t, "setpriv")
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

// counting is a report that is different each time it is made.
type counting struct {
	made atomic.Int64
	size int
}

func (c *counting) Name() string { return "services" }

func (c *counting) Read() ([]byte, error) {
	if c.size < 0 {
		return nil, errors.New("no table")
	}
	return []byte(strings.Repeat(fmt.Sprintf("state %d\n", c.made.Add(1)), c.size)), nil
}

func TestAReportIsOneStateForEachOpen(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	report := &counting{size: 100_000}
	mounted, err := Mount(filepath.Join(t.TempDir(), "proc"), Reports([]File{report}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer mounted.Unmount()
	file := filepath.Join(mounted.Dir(), "services")

	for _, reader := range []string{`cat "$1"`, `dd if="$1" bs=777 status=none`, `cat < "$1"`} {
		if got := fusetest.Shell(t, reader+` | sort | uniq -c | wc -l`, file); got != "1\n" {
			t.Errorf("%s: %s states in one read", reader, got)
		}
		if got := fusetest.Shell(t, reader+` | wc -l`, file); got != "100000\n" {
			t.Errorf("%s: %s lines", reader, got)
		}
	}
	if got := fusetest.Shell(t, `exec 3<"$1"; head -n 1 <&3 >/dev/null; tail -n 1 "$1" >/dev/null; tail -n 1 <&3; stat -c '%s %a' "$1"`, file); got != "state 7\n0 444\n" {
		t.Errorf("across another open: %q", got)
	}
	for _, script := range []string{`echo 1 > "$1"`, `echo 1 >> "$1"`, `exec 3<>"$1"`} {
		if got, err := fusetest.ShellStatus(script, file); err == nil || !strings.Contains(got, "Permission denied") {
			t.Errorf("%s, by root: %v, %q", script, err, got)
		}
	}
	report.size = 0
	if got := fusetest.Shell(t, `wc -c < "$1"`, file); got != "0\n" {
		t.Errorf("an empty report has %s bytes", got)
	}
	report.size = -1
	if got, err := fusetest.ShellStatus(`cat "$1"`, file); err == nil || !strings.Contains(got, "Input/output error") {
		t.Errorf("a report that cannot be made: %v, %q", err, got)
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
	user := exec.Command("sh", "-c", `cd "$1" && exec 3<unload && echo in && exec sleep 30`, "sh", dir)
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
	begun := time.Now()
	if err := mounted.Unmount(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v", took)
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
