package arena

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
	"ktcpvs/tests/steady"
)

// Void is an address that no packet comes back from: whoever connects to it
// waits.
var Void = netip.MustParseAddr("192.0.2.99")

const (
	binariesEnv = "KTCPVS_HOSTILE_BINARIES" // set within the network
	serverEnv   = "KTCPVS_HOSTILE_SERVER"   // the address that this process is to serve at
)

// unmet is why there is no network of our own.
var unmet error

// Main builds the programs under test, enters a network of its own, runs the
// tests there and gives their exit status.
func Main(m *testing.M) int {
	if addr := os.Getenv(serverEnv); addr != "" {
		fmt.Fprintln(os.Stderr, http.ListenAndServe(addr, http.HandlerFunc(Echo)))
		return 1
	}
	dir := os.Getenv(binariesEnv)
	if dir == "" {
		var err error
		if dir, err = build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		unmet = enter(dir) // returns with an error only
	} else {
		unmet = furnish()
	}
	defer os.RemoveAll(dir)
	return m.Run()
}

// Binary is the path of a program under test.
func Binary(name string) string { return filepath.Join(os.Getenv(binariesEnv), name) }

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ktcpvs-hostile"); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, "ktcpvs/daemon/ktcpvsd", "ktcpvs/tcpvsadm")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=") // as make builds
	out, err := build.CombinedOutput()
	if err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("%s%w", out, err)
	}
	return dir, nil
}

// enter starts this program once more, as the same process, in a network
// namespace of its own: all its threads must be in it.
func enter(dir string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), binariesEnv+"="+dir))
}

// furnish gives the new network its interfaces.
func furnish() error {
	ip, err := exec.LookPath("ip")
	if err != nil {
		if ip, err = exec.LookPath("/usr/sbin/ip"); err != nil {
			return err
		}
	}
	for _, command := range []string{
		"link set lo up",
		// Two networks, for whom limits count as two sources.
		"addr add fd00:1::1/64 dev lo nodad",
		"addr add fd00:1::2/64 dev lo nodad",
		"addr add fd00:2::1/64 dev lo nodad",
		// What is sent to Void arrives at an interface that is not meant.
		"link add void type veth peer name behind",
		"addr add 192.0.2.1/24 dev void",
		"link set behind up",
		"link set void up",
		"neigh replace " + Void.String() + " lladdr 02:00:00:00:00:99 dev void nud permanent",
	} {
		if out, err := exec.Command(ip, strings.Fields(command)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, out)
		}
	}
	for _, setting := range steady.Sysctls() {
		if err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(setting.Name, ".", "/"), []byte(setting.Value), 0o644); err != nil {
			return fmt.Errorf("%s asks for %s = %s: %w", steady.Conditions, setting.Name, setting.Value, err)
		}
	}
	return nil
}

// enterable requires that the test runs in a network of its own.
func enterable(t testing.TB) {
	t.Helper()
	require.Root(t)
	require.Capability(t, "CAP_NET_ADMIN", "CAP_SYS_ADMIN")
	require.That(t, "a network namespace with loopback and veth interfaces", unmet)
}

// SetSysctl sets one of the network's sysctls, named as below /proc/sys/net,
// until the test ends.
func SetSysctl(t testing.TB, name, value string) {
	t.Helper()
	enterable(t)
	path := "/proc/sys/net/" + name
	before, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, before, 0o644); err != nil {
			t.Error(err)
		}
	})
}

// sockaddr is an address as the kernel's calls take it.
func sockaddr(addr netip.AddrPort) (family int, sa unix.Sockaddr, err error) {
	switch {
	case addr.Addr().Is4():
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}, nil
	case addr.Addr().Is6():
		return unix.AF_INET6, &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}, nil
	}
	return 0, nil, errors.New("no address")
}
