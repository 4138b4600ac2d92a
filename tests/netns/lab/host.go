package lab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

// Host is a machine as far as its network and its mounts go. It starts with
// nothing but a loopback interface, an empty /run and a /proc that nobody has
// altered, and ends with its test.
type Host struct {
	Name string

	t     testing.TB
	pid   int // of the process that holds the namespaces
	netns *os.File
}

// own is the network namespace that the tests themselves run in.
var own, ownErr = os.Open("/proc/self/ns/net")

// NewHost makes a host that no other can reach.
func NewHost(t testing.TB, name string) *Host {
	t.Helper()
	require.Root(t)
	require.Capability(t, "CAP_SYS_ADMIN", "CAP_NET_ADMIN")
	for _, tool := range []string{"nsenter", "ip", "mount"} {
		require.Tool(t, tool)
	}
	if ownErr != nil {
		t.Fatal(ownErr)
	}
	// It waits for the end of its input, which comes with the test's end or
	// the test's death. A procfs of its own, since the machine's may carry a
	// running daemon's graft.
	holder := exec.Command("sh", "-c", "mount -t tmpfs none /run && mount -t proc proc /proc && echo made && exec cat")
	holder.SysProcAttr = &syscall.SysProcAttr{
		Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		Pdeathsig:    unix.SIGKILL,
	}
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	holder.Stderr = &complaints
	require.That(t, "network and mount namespaces", holder.Start())
	h := &Host{Name: name, t: t, pid: holder.Process.Pid}
	t.Cleanup(func() {
		stdin.Close()
		holder.Wait()
	})
	if said, _ := bufio.NewReader(stdout).ReadString('\n'); said != "made\n" {
		holder.Wait()
		t.Fatalf("on %s: its /run and /proc: %s", name, &complaints)
	}
	h.netns, err = os.Open(fmt.Sprintf("/proc/%d/ns/net", h.pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.netns.Close() })
	if err := h.Within(loopbackUp); err != nil {
		t.Fatalf("on %s: its loopback interface: %v", name, err)
	}
	h.condition()
	return h
}

// StateDir is where the host's daemon keeps its table, unless it is told otherwise:
// not where the machine's does.
const StateDir = "/run/ktcpvs-state"

// Command is a program to be run on the host, in directory /.
func (h *Host) Command(name string, args ...string) *exec.Cmd {
	h.t.Helper()
	enter := []string{"--target", strconv.Itoa(h.pid), "--net", "--mount", "--", name}
	cmd := exec.Command(require.Tool(h.t, "nsenter"), append(enter, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "KTCPVS_STATE_DIR="+StateDir, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	cmd.WaitDelay = wait.Limit
	return cmd
}

// Shell runs a script, with $1 and so on from args, which must succeed, and
// gives what it printed, standard error included.
func (h *Host) Shell(script string, args ...string) string {
	h.t.Helper()
	out, status := h.Try(script, args...)
	if status != 0 {
		h.t.Fatalf("on %s: sh -c %q %q: status %d\n%s", h.Name, script, args, status, out)
	}
	return out
}

// Try runs a script that may fail.
func (h *Host) Try(script string, args ...string) (out string, status int) {
	h.t.Helper()
	cmd := h.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		h.t.Fatalf("on %s: %v", h.Name, err)
	}
	return both.String(), cmd.ProcessState.ExitCode()
}

// Path is where the test finds a file of the host's mount namespace.
func (h *Host) Path(path string) string { return fmt.Sprintf("/proc/%d/root%s", h.pid, path) }

// Cover puts a file of the test's in place of one that the host has.
func (h *Host) Cover(path, content string) {
	h.t.Helper()
	file := h.t.TempDir() + "/file"
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.Shell(`mount --bind "$1" "$2"`, file, path)
}

// Read gives a file of the host's, without blanks at its end.
func (h *Host) Read(path string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.Path(path))
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// loopbackUp is "ip link set lo up".
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// Within calls do with the host's network: sockets that it opens, and programs
// that it starts, are the host's for good. It may not start goroutines that do.
func (h *Host) Within(do func() error) error {
	runtime.LockOSThread()
	if err := unix.Setns(int(h.netns.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", h.Name, err)
	}
	result := do()
	// Letting the thread die instead would kill the programs that it started.
	if err := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); err != nil {
		panic(err)
	}
	runtime.UnlockOSThread()
	return result
}

// patience bounds every wait of a client or server that has no bound of its
// own.
const patience = wait.Limit

// Dial connects from the host to a numeric address.
func (h *Host) Dial(addr string) (conn net.Conn, err error) { return h.DialFrom("", addr) }

// DialFrom is Dial from one of the host's addresses, "" for whichever.
func (h *Host) DialFrom(source, addr string) (conn net.Conn, err error) {
	err = h.Within(func() error {
		d := net.Dialer{Timeout: patience, FallbackDelay: -1}
		if source != "" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
		}
		conn, err = d.Dial("tcp", addr)
		return err
	})
	if err == nil {
		conn.SetDeadline(wait.End())
	}
	return conn, err
}

// Listen listens at a numeric address of the host until the test ends.
func (h *Host) Listen(addr string) net.Listener {
	h.t.Helper()
	var l net.Listener
	err := h.Within(func() (err error) {
		l, err = net.Listen("tcp", addr)
		return err
	})
	if err != nil {
		h.t.Fatalf("on %s: %v", h.Name, err)
	}
	h.t.Cleanup(func() { l.Close() })
	return l
}
