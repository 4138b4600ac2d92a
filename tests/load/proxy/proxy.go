package proxy

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"ktcpvs/tests/load/cpu"
)

const (
	startPatience = 20 * time.Second // nginx compiles 10,000 expressions first
	stopPatience  = 3 * time.Second
)

// Program is a kind of proxy.
type Program interface {
	Name() string
	Missing() error // what is not installed, and where it comes from; nil when it is there
	Version() string

	// start writes the configuration into dir and returns the command to run.
	start(dir string, listen netip.AddrPort, s Setup) (*exec.Cmd, error)
	// configure does what the running process must still be told.
	configure(ctx context.Context, dir string, listen netip.AddrPort, s Setup) error
}

// Proxy is one running instance.
type Proxy struct {
	Addr netip.AddrPort // where it listens

	command *exec.Cmd
	dir     string
	alive   context.Context // done, with the reason, when the process has ended
	ended   chan struct{}   // closed when it has been waited for
}

// Start starts a proxy on a core with its files in a directory of its own, and
// returns when it listens; ctx bounds that wait. The caller must Stop it in the
// end, and stay locked to its thread until then: the kernel ends the process
// when the thread that started it ends.
func Start(ctx context.Context, p Program, core int, s Setup) (*Proxy, error) {
	dir, err := os.MkdirTemp("", "ktcpvs-bench-")
	if err != nil {
		return nil, err
	}
	running, err := launch(ctx, p, dir, core, s)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start %s: %w", p.Name(), err)
	}
	return running, nil
}

func launch(ctx context.Context, p Program, dir string, core int, s Setup) (*Proxy, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	command, err := p.start(dir, listen, s)
	if err != nil {
		return nil, err
	}
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		return nil, err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	// Not in the terminal's process group, so that an interrupt lets this program
	// stop it in order; and not left behind if this program is killed.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cpu.Start(command, core); err != nil {
		return nil, err
	}
	alive, reason := context.WithCancelCause(ctx)
	running := &Proxy{Addr: listen, command: command, dir: dir, alive: alive, ended: make(chan struct{})}
	go func() {
		_ = command.Wait() // the state says the same
		reason(fmt.Errorf("it ended: %s", command.ProcessState))
		close(running.ended)
	}()
	err = p.configure(alive, dir, listen, s)
	if err == nil {
		err = running.awaitListening()
	}
	if err != nil {
		said := running.lastOutput()
		running.Stop()
		return nil, fmt.Errorf("%w%s", err, said)
	}
	return running, nil
}

// awaitListening returns when a connection is accepted.
func (p *Proxy) awaitListening() error {
	for deadline := time.Now().Add(startPatience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp4", p.Addr.String())
		if err == nil {
			return conn.Close()
		}
		if p.alive.Err() != nil {
			return context.Cause(p.alive)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not listen after %v: %w", startPatience, err)
		}
	}
}

// Used is the processor time of the proxy's processes so far.
func (p *Proxy) Used(processes []int) (cpu.Used, error) {
	used, err := cpu.Read(processes)
	if err != nil {
		return used, fmt.Errorf("%w%s", err, p.lastOutput())
	}
	return used, nil
}

// Processes are the proxy's process and its descendants.
func (p *Proxy) Processes() ([]int, error) { return cpu.Family(p.command.Process.Pid) }

// Stop ends the proxy and returns when it has gone and its files are removed.
func (p *Proxy) Stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopPatience):
		// Not yet waited for, so the group's number is still its own.
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
	_ = os.RemoveAll(p.dir)
}

// lastOutput is the end of what the process said, for an error message.
func (p *Proxy) lastOutput() string {
	var said []byte
	for _, name := range []string{"output", "error.log"} {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err == nil {
			said = append(said, text...)
		}
	}
	said = bytes.TrimSpace(said)
	if len(said) == 0 {
		return ""
	}
	return "; it said: " + string(said[max(0, len(said)-1000):])
}

// findProgram says what is missing, and where to get it.
func findProgram(path, source string) error {
	if _, err := exec.LookPath(path); err != nil {
		return fmt.Errorf("%s is missing: install %s", path, source)
	}
	return nil
}

// firstLine is the first line that a program prints about itself.
func firstLine(path, argument string) string {
	said, err := exec.Command(path, argument).CombinedOutput()
	if err != nil {
		return "unknown: " + err.Error()
	}
	line, _, _ := bytes.Cut(said, []byte("\n"))
	return string(line)
}

func writeFile(name string, text []byte) error { return os.WriteFile(name, text, 0o644) }
