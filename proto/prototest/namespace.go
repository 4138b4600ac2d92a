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

// inside is set in the process that runs the tests: to own, or to why it has
// no namespace.
const (
	inside = "KTCPVS_TEST_NAMESPACE"
	own    = "own"
)

// Main runs a package's tests in a user and network namespace of their own, in
// which they are root and have the netlink port ids to themselves. Call it from
// TestMain. Where the system allows no user namespaces the tests run without,
// and NoNamespace says why.
func Main(m *testing.M) {
	if os.Getenv(inside) != "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"="+own)
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

// NoNamespace is why Main could give the tests no namespace of their own, nil
// when they have one.
func NoNamespace() error {
	if why := os.Getenv(inside); why != own {
		return errors.New(why)
	}
	return nil
}

// Namespace has a command run in namespaces of its own, as their root. When
// the caller is root there, other users exist in them too.
func Namespace(flags uintptr) *syscall.SysProcAttr {
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	groups := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	if NoOtherUsers() == nil {
		ids[0].Size, groups[0].Size = otherUsers, otherUsers
	}
	return &syscall.SysProcAttr{
		Cloneflags:  flags,
		UidMappings: ids,
		GidMappings: groups,
		Pdeathsig:   unix.SIGKILL,
	}
}

// NoOtherUsers is why there are no users here but this process's own, nil when
// there are and it may become them.
func NoOtherUsers() error {
	if uid := os.Getuid(); uid != 0 {
		return fmt.Errorf("this is user %d", uid)
	}
	mapped, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return err
	}
	var first, host, size int
	if _, err := fmt.Sscan(string(mapped), &first, &host, &size); err != nil || first != 0 || size < otherUsers {
		return fmt.Errorf("the users here are %q", mapped)
	}
	return nil
}

// otherUsers is how many a namespace is given, when there are so many.
const otherUsers = 1000
