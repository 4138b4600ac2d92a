package arena

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// Daemon is a ktcpvsd with two loops, as the kernel's default pollers have it.
type Daemon struct {
	Log *Log // its standard error, unless that goes elsewhere

	t      testing.TB
	stderr io.Writer
	env    []string
	args   []string
	port   string // of netlink
	dir    string
	cmd    *exec.Cmd
	ended  chan struct{}
	killed bool
}

// Loops is how many event loops each daemon has.
const Loops = 2

// patience bounds every wait that has no bound of its own.
const patience = wait.Limit

var nlports atomic.Uint32

// StartDaemon starts a daemon, with these additions to its environment, and
// waits until it is ready. It is stopped with the test, at the latest; then
// its log must hold neither a panic nor a data race.
func StartDaemon(t testing.TB, env ...string) *Daemon {
	t.Helper()
	log := &Log{}
	return startDaemon(t, log, log, env)
}

// StartDaemonWith is StartDaemon with more on its command line.
func StartDaemonWith(t testing.TB, args ...string) *Daemon {
	t.Helper()
	log := &Log{}
	return startDaemon(t, log, log, nil, args...)
}

// StartDaemonSaying is StartDaemon with the standard error somewhere else.
func StartDaemonSaying(t testing.TB, stderr *os.File, env ...string) *Daemon {
	t.Helper()
	return startDaemon(t, &Log{}, stderr, env)
}

func startDaemon(t testing.TB, log *Log, stderr io.Writer, env []string, args ...string) *Daemon {
	t.Helper()
	enterable(t)
	d := &Daemon{
		Log:    log,
		t:      t,
		stderr: stderr,
		env:    append(os.Environ(), env...),
		args:   args,
		port:   fmt.Sprint(0x43000000 + nlports.Add(1)),
		dir:    t.TempDir(),
	}
	t.Cleanup(d.cleanup)
	d.Start()
	return d
}

// Start starts the daemon again after Kill.
func (d *Daemon) Start() {
	d.t.Helper()
	pidFile := filepath.Join(d.dir, "ktcpvsd.pid")
	os.Remove(pidFile) // a killed one has left it
	d.killed = false
	d.cmd = exec.Command(Binary("ktcpvsd"), "--nlport", d.port, "--sysctl-dir", "none",
		"--run-dir", d.dir, "--ephemeral", "--loops", fmt.Sprint(Loops), "--drain", "1")
	d.cmd.Args = append(d.cmd.Args, d.args...)
	d.cmd.Env = d.env
	d.cmd.Stdout, d.cmd.Stderr = d.Log, d.stderr
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	d.ended = ended
	go func(cmd *exec.Cmd) {
		defer close(ended)
		cmd.Wait()
	}(d.cmd)
	Eventually(d.t, "the daemon is ready", func() bool {
		if d.Ended() {
			d.t.Fatalf("ktcpvsd ended: %s", d.Log)
		}
		_, err := os.Stat(pidFile)
		return err == nil
	})
}

// Ended tells whether the process has ended.
func (d *Daemon) Ended() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

// Kill ends the process as kill -9 does.
func (d *Daemon) Kill() {
	d.killed = true
	d.signal(unix.SIGKILL)
	<-d.ended
}

func (d *Daemon) signal(s unix.Signal) {
	if err := d.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		d.t.Error(err)
	}
}

func (d *Daemon) cleanup() {
	if d.ended == nil {
		return
	}
	if d.Ended() && !d.killed {
		d.t.Errorf("the daemon ended by itself: %v", d.cmd.ProcessState)
	}
	// The second one ends the wait for connections that a test left open.
	d.signal(unix.SIGTERM)
	wait.Gap(50 * time.Millisecond)
	d.signal(unix.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.signal(unix.SIGQUIT)
		select {
		case <-d.ended:
		case <-time.After(patience):
			d.signal(unix.SIGKILL) // it cannot even say where it is
			<-d.ended
		}
		d.t.Errorf("the daemon does not stop:\n%s", d.Log)
	}
	log := d.Log.String()
	if strings.Contains(log, "panic:") || strings.Contains(log, "fatal error:") || strings.Contains(log, "DATA RACE") {
		d.t.Errorf("the daemon's log:\n%s", log)
	} else if d.t.Failed() {
		d.t.Logf("the daemon's log:\n%.20000s", log)
	}
}

// Eventually waits until condition holds.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	wait.Until(t, what, condition)
}
