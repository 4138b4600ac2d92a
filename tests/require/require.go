// Package require is how a test says what it needs of the machine: a test that
// lacks it is skipped with the name of what is missing, or fails where
// everything is required, with KTCPVS_REQUIRE=1 in the environment. No test
// skips in any other way. It never provides what is missing.
package require

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Everything is the environment variable that turns skips into failures.
const Everything = "KTCPVS_REQUIRE"

// That requires what a test has found out by itself: reason is why it is
// missing, nil when it is there. capability names it, such as "user namespaces
// that may mount a procfs".
func That(t testing.TB, capability string, reason error) {
	t.Helper()
	switch {
	case reason == nil:
	case os.Getenv(Everything) == "1":
		t.Fatalf("missing, and required by %s=1: %s: %v", Everything, capability, reason)
	default:
		t.Skipf("missing: %s: %v", capability, reason)
	}
}

// Root requires user 0.
func Root(t testing.TB) {
	t.Helper()
	var reason error
	if uid := os.Geteuid(); uid != 0 {
		reason = fmt.Errorf("this is user %d", uid)
	}
	That(t, "user 0 (run as root)", reason)
}

// capabilities are those that the project's tests ask for.
var capabilities = map[string]int{
	"CAP_KILL":             unix.CAP_KILL,
	"CAP_NET_ADMIN":        unix.CAP_NET_ADMIN,
	"CAP_NET_BIND_SERVICE": unix.CAP_NET_BIND_SERVICE,
	"CAP_NET_RAW":          unix.CAP_NET_RAW,
	"CAP_SETPCAP":          unix.CAP_SETPCAP,
	"CAP_SETUID":           unix.CAP_SETUID,
	"CAP_SYS_ADMIN":        unix.CAP_SYS_ADMIN,
	"CAP_SYS_PTRACE":       unix.CAP_SYS_PTRACE,
	"CAP_SYSLOG":           unix.CAP_SYSLOG,
}

// Capability requires that each of the capabilities, by their names in
// capabilities(7), is effective.
func Capability(t testing.TB, names ...string) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatalf("capget: %v", err)
	}
	for _, name := range names {
		number, known := capabilities[name]
		if !known {
			t.Fatalf("capability %q is not known, add it to the list", name)
		}
		var reason error
		if data[number/32].Effective&(1<<(number%32)) == 0 {
			reason = errors.New("it is not effective")
		}
		That(t, name, reason)
	}
}

// Tool requires a program and returns its path. Directories for the
// administrator's programs are looked in too: not every user's PATH has them.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
			if found, tried := exec.LookPath(filepath.Join(dir, name)); tried == nil {
				path, err = found, nil
				break
			}
		}
	}
	That(t, "the program "+name, err)
	return path
}

// Fuse requires a usable /dev/fuse.
func Fuse(t testing.TB) {
	t.Helper()
	That(t, "/dev/fuse", unix.Access("/dev/fuse", unix.R_OK|unix.W_OK))
}

// Tun requires a usable /dev/net/tun.
func Tun(t testing.TB) {
	t.Helper()
	That(t, "/dev/net/tun", unix.Access("/dev/net/tun", unix.R_OK|unix.W_OK))
}

// Namespaces requires that a process can be started in new namespaces of the
// kinds that flags name: unix.CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER.
func Namespaces(t testing.TB, flags uintptr) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run", "^$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: flags}
	var kinds []string
	for _, kind := range []struct {
		flag uintptr
		name string
	}{
		{unix.CLONE_NEWNET, "network"},
		{unix.CLONE_NEWNS, "mount"},
		{unix.CLONE_NEWUSER, "user"},
	} {
		if flags&kind.flag != 0 {
			kinds = append(kinds, kind.name)
		}
	}
	That(t, strings.Join(kinds, " and ")+" namespaces", cmd.Run())
}
