package lab

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ktcpvs/proto/client"
)

// Operator calls tcpvsadm on a host.
type Operator struct {
	Stdin string

	host   *Host
	before []string // words that the program's come after
}

// Result is what a call left.
type Result struct {
	Stdout, Stderr string
	Status         int
}

// Operator is root on the host.
func (h *Host) Operator() *Operator { return &Operator{host: h} }

// Through makes another operator, whose calls go through a program that
// changes who or where they are, as setpriv(1) does.
func (o *Operator) Through(words ...string) *Operator {
	return &Operator{host: o.host, before: words}
}

// Call calls tcpvsadm.
func (o *Operator) Call(args ...string) Result {
	o.host.t.Helper()
	words := append(append(append([]string(nil), o.before...), Binary("tcpvsadm")), args...)
	cmd := o.host.Command(words[0], words[1:]...)
	cmd.Stdin = strings.NewReader(o.Stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		o.host.t.Fatalf("tcpvsadm %q: %v", args, err)
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Does calls tcpvsadm, which must succeed and say nothing on standard error but
// warnings, and gives what it printed.
func (o *Operator) Does(args ...string) string {
	o.host.t.Helper()
	r := o.Call(args...)
	if r.Status != 0 || len(slices.DeleteFunc(lines(r.Stderr), isWarning)) > 0 {
		o.host.t.Fatalf("tcpvsadm %q: status %d, %s", args, r.Status, r.Stderr)
	}
	return r.Stdout
}

func isWarning(line string) bool { return line == "" || strings.HasPrefix(line, "tcpvsadm: warning: ") }

// Script does several calls, a line each, with words divided by blanks.
func (o *Operator) Script(calls string) {
	o.host.t.Helper()
	for _, call := range lines(calls) {
		o.Does(strings.Fields(call)...)
	}
}

// Fails calls tcpvsadm, which must fail with the status and that one line on
// standard error, and leave the table as it was.
func (o *Operator) Fails(status int, message string, args ...string) {
	o.host.t.Helper()
	before := o.Call("-Ln").Stdout
	r := o.Call(args...)
	if r.Status != status || r.Stderr != "tcpvsadm: "+message+"\n" || r.Stdout != "" {
		o.host.t.Errorf("tcpvsadm %q:\n got status %d, %q%s\nwant status %d, %q", args, r.Status, r.Stderr, r.Stdout, status, "tcpvsadm: "+message+"\n")
	}
	if after := o.Call("-Ln").Stdout; after != before {
		o.host.t.Errorf("tcpvsadm %q failed, and made of\n%s\nthis:\n%s", args, before, after)
	}
}

// Table is the listing in numbers, without its first line.
func (o *Operator) Table() string {
	o.host.t.Helper()
	_, table, _ := strings.Cut(o.Does("-Ln"), "\n")
	return table
}

// Has checks Table.
func (o *Operator) Has(want string) {
	o.host.t.Helper()
	if got, want := o.Table(), Dedent(want); got != want {
		o.host.t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

// Load makes the table what a configuration says.
func (o *Operator) Load(configuration string) {
	o.host.t.Helper()
	o.Does("-f", o.File(configuration))
}

// Serve makes the table what a configuration says and starts all of it, whatever
// was running before. Only the load takes a program.
func (o *Operator) Serve(configuration string) {
	o.host.t.Helper()
	c := o.dial(o.host.t)
	defer c.Close()
	if err := c.Stop(""); err != nil {
		o.host.t.Fatalf("stop all services: %v", err)
	}
	o.Load(configuration)
	if err := c.Start(""); err != nil {
		o.host.t.Fatalf("start all services of %q: %v", configuration, err)
	}
}

// File writes a file for the operator to name.
func (o *Operator) File(content string) string {
	o.host.t.Helper()
	return writeFile(o.host.t, "config", content)
}

// Connect is what tcpvsadm uses, for calls by the thousand.
func (o *Operator) Connect(t testing.TB) *client.Client {
	t.Helper()
	c := o.dial(t)
	t.Cleanup(func() { c.Close() })
	return c
}

func (o *Operator) dial(t testing.TB) (c *client.Client) {
	t.Helper()
	err := o.host.Within(func() (err error) {
		c, err = client.Dial(client.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Knob reads and writes a sysctl file of the host, as cat and echo do.
func (h *Host) Knob(name string) string { return h.Read(KnobDir + "/" + name) }

// SetKnob writes a knob's file.
func (h *Host) SetKnob(name, value string) {
	h.t.Helper()
	if err := os.WriteFile(h.Path(KnobDir+"/"+name), []byte(value+"\n"), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// KnobDir is where scripts look for the sysctl files.
const KnobDir = "/proc/sys/net/ktcpvs"

// Dedent takes the tabs of Go's indentation off a literal.
func Dedent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimLeft(text, "\n")) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}
