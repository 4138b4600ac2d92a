package prototest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	inside  = "KTCPVS_TEST_NAMESPACE" // set in the process that runs the tests, to why when it has none
	require = "KTCPVS_REQUIRE"        // 1: a missing capability is a failure

	ownNamespace = "own"
)

// Main runs a package's tests in a user and network namespace of their own, in
// which they are root and have the netlink port ids to themselves. Call it from
// TestMain. Where the system allows no user namespaces, tests that call
// NeedNamespace are skipped.
func Main(m *testing.M) {
	if os.Getenv(inside) != "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"="+ownNamespace)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = Namespace(unix.CLONE_NEWUSER | unix.CLONE_NEWNET)
	if err := cmd.Start(); err != nil {
		os.Setenv(inside, err.Error())
		os.Exit(m.Run())
	}
	err := cmd.Wait()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(max(failed.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// NeedNamespace skips a test that Main could give no namespace of its own, or
// fails it when KTCPVS_REQUIRE is 1.
func NeedNamespace(t testing.TB) {
	t.Helper()
	why := os.Getenv(inside)
	if why == ownNamespace {
		return
	}
	if os.Getenv(require) == "1" {
		t.Fatalf("no user and network namespace for the test: %s", why)
	}
	t.Skipf("no user and network namespace for the test: %s", why)
}

// Namespace has a command run in namespaces of its own, as their root. When
// the caller is root there, other users exist in them too.
func Namespace(flags uintptr) *syscall.SysProcAttr {
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	groups := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	if ManyUsers() {
		ids[0].Size, groups[0].Size = 1000, 1000
	}
	return &syscall.SysProcAttr{
		Cloneflags:  flags,
		UidMappings: ids,
		GidMappings: groups,
		Pdeathsig:   unix.SIGKILL,
	}
}

// ManyUsers tells whether there are users here other than this process's own, and
// it may become them.
func ManyUsers() bool {
	if os.Getuid() != 0 {
		return false
	}
	mapped, err := os.ReadFile("/proc/self/uid_map")
	var first, host, size int
	if err == nil {
		_, err = fmt.Sscan(string(mapped), &first, &host, &size)
	}
	return err == nil && first == 0 && size >= 1000
}
