package netns

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// TestNoOtherSignalEndsTheDaemon sends every signal but those that end a process
// for good, SIGKILL and SIGSTOP, and the two that the daemon stops for.
func TestNoOtherSignalEndsTheDaemon(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if unix.Kill(o.daemon.PID(), 0) != nil {
		t.Fatal("the daemon is not there")
	}
	pid := strings.TrimSpace(o.Shell("cat " + lab.PIDFile))
	for n := unix.Signal(1); n <= 64; n++ {
		switch n {
		case unix.SIGKILL, unix.SIGSTOP, unix.SIGTSTP, unix.SIGTERM, unix.SIGINT:
			continue
		}
		o.daemon.Signal(n)
		if o.daemon.Ended() {
			t.Fatalf("signal %d ends the daemon:\n%s", n, o.daemon.Log)
		}
		// It has looked at the signal by the time it answers the next but one.
		o.Table()
	}
	if now := strings.TrimSpace(o.Shell("cat " + lab.PIDFile)); now != pid || o.daemon.Ended() {
		t.Errorf("the process id is %q, want %q as before:\n%s", now, pid, o.daemon.Log)
	}
	for _, name := range []string{"SIGHUP: the daemon goes on, and nothing is read again", "SIGQUIT: the daemon goes on", "signal=SIGUSR1 number=10", "signal=SIGALRM number=14"} {
		lab.Eventually(t, "the log says: "+name, func() bool { return o.daemon.Log.Has(name) })
	}
	o.daemon.Signal(unix.SIGTERM)
	if status := o.daemon.Wait(); status != 0 {
		t.Errorf("after SIGTERM the status is %d, want 0:\n%s", status, o.daemon.Log)
	}
	clean(t, o.Host)
}

// A crowd of signals takes no place of the one that ends the daemon.
func TestTheDaemonStopsBesideManyOtherSignals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.daemon.Signal(unix.SIGSTOP)
	for n := unix.Signal(34); n <= 64; n++ {
		o.daemon.Signal(n)
	}
	o.daemon.Signal(unix.SIGHUP)
	o.daemon.Signal(unix.SIGTERM)
	o.daemon.Signal(unix.SIGCONT)
	if status := o.daemon.Wait(); status != 0 {
		t.Errorf("status %d, want 0:\n%s", status, o.daemon.Log)
	}
	clean(t, o.Host)
}

// TestTheDaemonOutlivesItsTerminal does what the example of ktcpvsd(8) does, at
// a terminal that is closed then: the kernel sends SIGHUP, and what is written
// there fails.
func TestTheDaemonOutlivesItsTerminal(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	master, slave := terminal(t)
	// The shell leads the session of the terminal, and the daemon is a job of it.
	shell := h.Command("env", "--default-signal=HUP", "setsid", "--ctty", "sh", "-c", lab.Binary("ktcpvsd")+" & until [ -e "+lab.PIDFile+" ]; do sleep 0.1; done; echo started; wait")
	shell.Stdin, shell.Stdout, shell.Stderr = slave, slave, slave
	shell.SysProcAttr = nil
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	said := ""
	for buf := make([]byte, 4096); !strings.Contains(said, "started"); {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatalf("the terminal shows %q, then %v", said, err)
		}
		said += string(buf[:n])
	}
	pid := h.Read(lab.PIDFile)
	master.Close()
	_ = shell.Wait() // the shell itself dies of it
	o := h.Operator()
	o.Does("-A", "-i", "web")
	o.Does("--knob", "debug_level=8") // so that more is written to no terminal
	o.Does("--start")
	if out := o.Does("--knob", "debug_level"); !strings.Contains(out, "8") {
		t.Errorf("after its terminal was closed the daemon says %q, expected 8", out)
	}
	h.Shell("kill -TERM $1; while [ -e /proc/$1 ]; do sleep 0.1; done", pid)
	clean(t, h)
}

// terminal makes a pseudo terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var fd uintptr
	var failed error
	if err := raw.Control(func(master uintptr) {
		if failed = unix.IoctlSetPointerInt(int(master), unix.TIOCSPTLCK, 0); failed == nil {
			fd, _, _ = unix.Syscall(unix.SYS_IOCTL, master, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
		}
	}); err != nil || failed != nil || int(fd) < 0 {
		t.Fatalf("no terminal: %v, %v, %d", err, failed, int(fd))
	}
	return master, os.NewFile(fd, "terminal")
}
