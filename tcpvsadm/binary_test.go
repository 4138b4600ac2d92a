package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/prototest"
	"ktcpvs/tests/require"
)

var update = flag.Bool("update", false, "write the golden files")

// binary is the tcpvsadm that the tests run.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tcpvsadm")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "tcpvsadm")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}

// operator runs the binary against a fake daemon on a netlink port of its own.
type operator struct {
	t      *testing.T
	daemon *prototest.Daemon
	env    []string
	stdin  string
	here   bool // calls are made in the test's process, of run instead of the binary
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	require.Capability(t, "CAP_NET_ADMIN")
	d := prototest.New()
	return &operator{t: t, daemon: d, env: []string{fmt.Sprintf("%s=%d", proto.PortEnv, d.Listen(t))}}
}

// lonely is an operator on whose port no daemon is.
func lonely(t *testing.T) *operator {
	return &operator{t: t, env: []string{proto.PortEnv + "=4294967295"}}
}

// near is a lonely operator whose calls start no program, for tests that make
// hundreds of them.
func near(t *testing.T) *operator {
	o := lonely(t)
	for _, variable := range o.env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	o.here = true
	return o
}

// result is what a call left.
type result struct {
	stdout, stderr string
	status         int
}

// call runs the binary.
func (o *operator) call(args ...string) result {
	o.t.Helper()
	var stdout bytes.Buffer
	r := o.into(&stdout, args...)
	r.stdout = stdout.String()
	return r
}

// into runs the binary with another standard output.
func (o *operator) into(stdout io.Writer, args ...string) result {
	o.t.Helper()
	var stderr bytes.Buffer
	if o.here {
		status := run(args, strings.NewReader(o.stdin), stdout, &stderr)
		return result{stderr: stderr.String(), status: status}
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, o.env...)
	cmd.Stdin = strings.NewReader(o.stdin)
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		o.t.Fatal(err)
	}
	return result{stderr: stderr.String(), status: cmd.ProcessState.ExitCode()}
}

// warnings are the lines of standard error that are warnings; rest are the others.
func warnings(stderr string) (warnings, rest string) {
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "tcpvsadm: warning: ") {
			warnings += line
		} else {
			rest += line
		}
	}
	return warnings, rest
}

// does runs the binary, which must succeed with nothing on standard error but
// warnings.
func (o *operator) does(args ...string) string {
	o.t.Helper()
	r := o.call(args...)
	if _, rest := warnings(r.stderr); r.status != exitDone || rest != "" {
		o.t.Fatalf("tcpvsadm %q: status %d, %s", args, r.status, r.stderr)
	}
	return r.stdout
}

// fails runs the binary, which must fail with that status and message, print
// nothing else, and leave the table as it is.
func (o *operator) fails(status int, message string, args ...string) {
	o.t.Helper()
	var before []proto.Virtual
	if o.daemon != nil {
		before = o.daemon.Table()
	}
	r := o.call(args...)
	if r.status != status || r.stderr != "tcpvsadm: "+message+"\n" || r.stdout != "" {
		o.t.Errorf("tcpvsadm %q:\n got status %d, %q%s\nwant status %d, %q", args, r.status, r.stderr, r.stdout, status, message)
	}
	if o.daemon != nil && fmt.Sprint(o.daemon.Table()) != fmt.Sprint(before) {
		o.t.Errorf("tcpvsadm %q failed, but changed the table", args)
	}
}

// has checks the table as it is listed, without its first line.
func (o *operator) has(want string) {
	o.t.Helper()
	_, got, _ := strings.Cut(o.does("-Ln"), "\n")
	if want := dedent(want); got != want {
		o.t.Errorf("table is\n%s\nwant\n%s", got, want)
	}
}

// dedent takes the tabs of Go's indentation off a literal.
func dedent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimLeft(text, "\n")) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

// golden holds output to a file, in which the version is X.Y.Z.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = strings.Replace(got, "version "+proto.Version+"\n", "version X.Y.Z\n", 1)
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
