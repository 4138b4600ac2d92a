package scripts

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ktcpvs/tests/require"
)

// demo is scripts/demo, running.
type demo struct {
	t          *testing.T
	cmd        *exec.Cmd
	output     *bufio.Reader
	said       strings.Builder
	namespaces map[string]bool // of processes, as /proc names them
	before     string          // traces
}

// startDemo starts the demo and reads what it says until its servers answer.
func startDemo(t *testing.T) *demo {
	t.Helper()
	m := newMachine(t)
	require.Tool(t, "nginx")
	require.Tool(t, "curl")
	mark := "KTCPVS_TEST_DEMO=" + m.dir
	d := &demo{t: t, cmd: exec.Command(filepath.Join(m.tree, "scripts/demo")), namespaces: map[string]bool{}, before: traces(t)}
	d.cmd.Env = append(os.Environ(), mark)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	d.output = bufio.NewReader(r)
	d.cmd.Stdout, d.cmd.Stderr = w, w
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for !strings.Contains(d.said.String(), "r3 answers /ready\n") {
		line, err := d.output.ReadString('\n')
		if err != nil {
			t.Fatalf("the demo ended before its servers answered: %s%s", d.said.String(), line)
		}
		d.said.WriteString(line)
	}
	eachProcess(t, func(dir, namespace string) {
		// A process that has ended meanwhile can not be read, and need not be.
		environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
		if bytes.Contains(environment, []byte(mark)) {
			d.namespaces[namespace] = true
		}
	})
	outside, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	delete(d.namespaces, outside)
	if len(d.namespaces) != 1 {
		t.Fatalf("the demo's processes are in %d namespaces of their own, expected 1", len(d.namespaces))
	}
	return d
}

// ends reads the rest of what the demo says, waits for its end and checks that
// nothing of it is left.
func (d *demo) ends() error {
	d.t.Helper()
	if _, err := io.Copy(&d.said, d.output); err != nil {
		d.t.Fatal(err)
	}
	err := d.cmd.Wait()
	eachProcess(d.t, func(dir, namespace string) {
		if d.namespaces[namespace] {
			name, _ := os.ReadFile(filepath.Join(dir, "comm"))
			d.t.Errorf("left running: %s", name)
		}
	})
	if after := traces(d.t); after != d.before {
		d.t.Errorf("left behind:\n%s\nbefore:\n%s", after, d.before)
	}
	return err
}

// eachProcess calls do with the directory in /proc and the process namespace of
// all that run.
func eachProcess(t *testing.T, do func(dir, namespace string)) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if namespace, err := os.Readlink(filepath.Join(dir, "ns/pid")); err == nil {
			do(dir, namespace)
		}
	}
}

// traces are the mounts and names that this machine has.
func traces(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Fatal(err)
	}
	return string(mounts) + string(hosts)
}

func TestTheDemoShowsWhichServerAnswersWhat(t *testing.T) {
	d := startDemo(t)
	err := d.ends()
	out := d.said.String()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, line := range []string{
		"r1 answers /images/logo.png", "r2 answers /html/index.html", "r3 answers /about", "r1 answers /images/a/b.gif", "r3 answers /",
	} {
		if !strings.Contains(out, "\n"+line+"\n") {
			t.Errorf("the demo does not show %q", line)
		}
	}
	for line := range strings.Lines(setupBlock(t)) {
		if !strings.Contains(out, "\n"+line) {
			t.Errorf("the demo does not show %q", line)
		}
	}
}

func TestAnInterruptedDemoLeavesNothing(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		d := startDemo(t)
		// To all of them, as Ctrl-C does.
		if err := syscall.Kill(-d.cmd.Process.Pid, signal); err != nil {
			t.Fatal(err)
		}
		err := d.ends()
		if out := d.said.String(); err == nil || !strings.HasSuffix(out, "demo: interrupted; nothing is left\n") {
			t.Errorf("%v: %v, and it said %s", signal, err, out)
		}
	}
}
