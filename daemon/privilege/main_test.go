package privilege_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/privilege"
	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

// inside tells a process started by confined from the one that started it.
const inside = "KTCPVS_TEST_CONFINED"

// own is this package's tests once more, built as the daemon is: without cgo.
var own struct {
	dir   string
	build func() (program string, err error)
}

func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		os.Exit(m.Run())
	}
	os.Setenv("CGO_ENABLED", "0")
	os.Setenv("GOFLAGS", strings.ReplaceAll(os.Getenv("GOFLAGS"), "-race", "")) // which needs cgo
	own.build = sync.OnceValues(func() (string, error) {
		program := filepath.Join(own.dir, "confined")
		said, err := exec.Command("go", "test", "-c", "-o", program).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("go test -c: %w\n%s", err, said)
		}
		return program, err
	})
	status := 1
	if dir, err := os.MkdirTemp("", "ktcpvs-privilege"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		own.dir = dir
		if err = os.Chmod(dir, 0o755); err == nil { // for nobody
			status = lab.Main(m)
		}
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

// before is what a process is before it gives up privileges: user 0, or, with
// nobody set, a user without any.
type before struct {
	nobody bool
	setup  func(t *testing.T)
}

// confined gives up privileges and returns the report. There are threads of
// all kinds before, and they stay until the test ends. That cannot be undone,
// so the test is run again for it, in a process with its own mounts and
// network; otherwise ok is false and the caller returns.
func confined(t *testing.T, b before, o privilege.Options) (r privilege.Report, ok bool) {
	t.Helper()
	if os.Getenv(inside) != "" {
		if b.setup != nil {
			b.setup(t)
		}
		threads(t)
		return privilege.Drop(o), true
	}
	require.Root(t)
	require.Capability(t, "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETPCAP", "CAP_SETUID")
	program, err := own.build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run", "^"+t.Name()+"$", "-test.timeout", "60s")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET}
	if b.nobody {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	} else {
		// One in each set, so that there is something to take away.
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_CHOWN}
	}
	said, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(said, []byte("no tests to run")) {
		t.Errorf("confined: %v\n%s", err, said)
	}
	return r, false
}

// threads starts some that run, some that wait for Go and some that wait for
// the kernel.
func threads(t *testing.T) {
	t.Helper()
	var end [2]int
	if err := unix.Pipe2(end[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var stopped atomic.Bool
	var started, ended sync.WaitGroup
	for _, wait := range []func(){
		func() { <-stop },
		func() { unix.Read(end[0], make([]byte, 1)) },
		func() {
			for !stopped.Load() {
			}
		},
	} {
		started.Add(1)
		ended.Go(func() {
			runtime.LockOSThread()
			started.Done()
			wait()
		})
	}
	started.Wait()
	t.Cleanup(func() {
		close(stop)
		stopped.Store(true)
		unix.Close(end[1])
		ended.Wait()
	})
}

// privileges are the fields of /proc/PID/task/TID/status that are about them.
var privileges = []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"}

// confinedStatus is what a process with mounts keeps.
const confinedStatus = " CapInh, 201400 CapPrm, 1400 CapEff, 201400 CapBnd,  CapAmb, 1 NoNewPrivs, 2 Seccomp"

// status is the privileges of each of the process's threads, without zeros.
func status(t *testing.T, pid string) (lines []string) {
	t.Helper()
	dir := "/proc/" + pid + "/task/"
	tasks, err := os.ReadDir(dir)
	if err != nil || len(tasks) < 2 {
		t.Fatalf("threads of %s: %v, %v", pid, tasks, err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(dir + task.Name() + "/status")
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, name := range privileges {
			_, rest, found := strings.Cut(string(text), "\n"+name+":\t")
			if !found {
				t.Fatalf("no field %s:\n%s", name, text)
			}
			value, _, _ := strings.Cut(rest, "\n")
			line = append(line, strings.TrimLeft(value, "0")+" "+name)
		}
		lines = append(lines, strings.Join(line, ", "))
	}
	return lines
}

// everyThread checks the status of all threads. One that is just ending when
// privileges are given up runs nothing any more, and the kernel passes it over:
// it must be gone soon.
func everyThread(t *testing.T, pid, want string) {
	t.Helper()
	wait.UntilSays(t, fmt.Sprintf("threads have %q", want), func() (string, bool) {
		odd := slices.DeleteFunc(status(t, pid), func(got string) bool { return got == want })
		return fmt.Sprintf("some have %q", odd), len(odd) == 0
	})
}
