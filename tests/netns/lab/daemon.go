package lab

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// Daemon is a ktcpvsd on a host.
type Daemon struct {
	Log *Log // its standard error

	host  *Host
	cmd   *exec.Cmd
	ended chan struct{}
}

// PIDFile is where a daemon with the default run directory says that it is
// ready.
const PIDFile = "/run/ktcpvs/ktcpvsd.pid"

// StartDaemon starts a daemon with the default run directory and waits until it
// is ready. It is stopped with the test, at the latest; then its log must hold
// neither a panic nor a data race.
func (h *Host) StartDaemon(args ...string) *Daemon {
	h.t.Helper()
	d := h.Launch(h.Command(Binary("ktcpvsd"), args...))
	Eventually(h.t, "the daemon is ready", func() bool {
		if d.Ended() {
			h.t.Fatalf("ktcpvsd %q ended: %s", args, d.Log)
		}
		_, err := os.Stat(h.Path(PIDFile))
		return err == nil && strings.Contains(d.Log.String(), "ready")
	})
	return d
}

// Launch starts a program that is to run a daemon, and does not wait for it.
func (h *Host) Launch(cmd *exec.Cmd) *Daemon {
	h.t.Helper()
	d := &Daemon{Log: &Log{}, host: h, cmd: cmd, ended: make(chan struct{})}
	d.cmd.Stdout, d.cmd.Stderr = d.Log, d.Log
	if err := d.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		d.cmd.Wait()
	}()
	h.t.Cleanup(d.cleanup)
	return d
}

func (d *Daemon) cleanup() {
	t := d.host.t
	if !d.Ended() {
		// The second one ends the wait for connections that a test left open, and
		// is not the first once more when it comes after a while.
		again := time.NewTicker(100 * time.Millisecond)
		defer again.Stop()
		late := time.NewTimer(wait.Limit)
		defer late.Stop()
		for d.Signal(unix.SIGTERM); !d.Ended(); {
			select {
			case <-d.ended:
			case <-again.C:
				d.Signal(unix.SIGTERM)
			case <-late.C:
				d.Signal(unix.SIGQUIT) // it writes what its goroutines do, if it still can
				for range 100 {
					if d.Log.Has("goroutine ") {
						break
					}
					wait.Gap(100 * time.Millisecond)
				}
				d.Kill()
				t.Errorf("the daemon does not stop:\n%s", d.Log)
			}
		}
	}
	log := d.Log.String()
	if strings.Contains(log, "panic:") || strings.Contains(log, "fatal error:") || strings.Contains(log, "DATA RACE") {
		t.Errorf("the daemon's log:\n%s", log)
	} else if t.Failed() {
		t.Logf("the daemon's log:\n%s", log)
	}
}

// PID is the process's.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Ended tells whether the process has ended.
func (d *Daemon) Ended() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

// Signal sends a signal to the process, if it has not ended.
func (d *Daemon) Signal(s unix.Signal) {
	if err := d.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		d.host.t.Error(err)
	}
}

// Wait waits for the process to end and gives its exit status, -1 when a
// signal has killed it.
func (d *Daemon) Wait() int {
	d.host.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(wait.Limit):
		d.host.t.Fatalf("the daemon has not ended within %v", wait.Limit)
	}
	return d.cmd.ProcessState.ExitCode()
}

// Kill ends the process as kill -9 does.
func (d *Daemon) Kill() {
	d.Signal(unix.SIGKILL)
	<-d.ended
}

// Eventually waits until condition holds.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	wait.Until(t, what, condition)
}
