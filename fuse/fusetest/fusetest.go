// Package fusetest is for the tests of the packages beside it: it runs a test
// in namespaces of its own, so that the machine's mounts, network and /proc/sys
// stay as they are, and touches served files from another process, since one
// that waits for itself may wait for ever.
package fusetest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"golang.org/x/sys/unix"
)

// inside tells a process started by Namespaced from the one that started it.
const inside = "KTCPVS_TEST_NAMESPACED"

// Propagation is what mounts in the test's namespace do.
type Propagation string

const (
	Private Propagation = "private"
	Shared  Propagation = "shared" // as systemd sets it up
)

// Namespaced reports whether the test is in mount and network namespaces of its
// own. If not, it runs the test again there, takes over its result, and the
// caller returns:
//
//	if !fusetest.Namespaced(t, fusetest.Private) {
//		return
//	}
func Namespaced(t *testing.T, propagation Propagation) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		flags := uintptr(unix.MS_REC | unix.MS_PRIVATE)
		if propagation == Shared {
			flags = unix.MS_REC | unix.MS_SHARED
		}
		if err := unix.Mount("", "/", "", flags, ""); err != nil {
			t.Fatalf("mount --make-r%s /: %v", propagation, err)
		}
		return true
	}
	NeedRoot(t)
	require.Fuse(t)
	cmd := Self("-test.run", pattern(t.Name()), "-test.timeout", "10m", "-test.v="+fmt.Sprint(testing.Verbose()))
	cmd.Env = append(cmd.Env, inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in its namespaces: %v\n%s", err, output)
	} else if bytes.Contains(output, []byte("no tests to run")) {
		t.Errorf("in its namespaces no test ran:\n%s", output)
	} else {
		t.Logf("in its namespaces:\n%s", output)
	}
	return false
}

// pattern selects just the test of that name, subtests level by level.
func pattern(name string) string {
	return "^" + strings.ReplaceAll(name, "/", "$/^") + "$"
}

// Self is the test binary once more. Built for race detection it would sleep
// for a second at its end, each time.
func Self(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append([]string{"GORACE=atexit_sleep_ms=0"}, os.Environ()...)
	return cmd
}

// NeedRoot requires user 0 with CAP_SYS_ADMIN.
func NeedRoot(t *testing.T) {
	t.Helper()
	require.Root(t)
	require.Capability(t, "CAP_SYS_ADMIN")
}

// Shell runs a script and returns what it printed, standard error included. A
// script that fails fails the test.
func Shell(t *testing.T, script string, args ...string) string {
	t.Helper()
	output, err := ShellStatus(script, args...)
	if err != nil {
		t.Fatalf("sh -c %q %q: %v\n%s", script, args, err, output)
	}
	return output
}

// ShellStatus runs a script that may fail, with $1 and so on from args.
func ShellStatus(script string, args ...string) (string, error) {
	cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// Knob is an integer setting without meaning.
type Knob struct {
	Label string
	Value atomic.Int32
	Check func(int64) error // nil: every value will do
}

// Name of the knob's file.
func (k *Knob) Name() string { return k.Label }

// Get is the present value.
func (k *Knob) Get() int32 { return k.Value.Load() }

// Set stores what Check lets through.
func (k *Knob) Set(value int64, _ uint32, _ int32) error {
	if k.Check != nil {
		if err := k.Check(value); err != nil {
			return err
		}
	}
	k.Value.Store(int32(value))
	return nil
}
