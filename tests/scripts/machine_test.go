package scripts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
)

// tree is where sourceTree puts its copy.
var tree string

func TestMain(m *testing.M) {
	status := m.Run()
	if tree != "" {
		os.RemoveAll(tree)
	}
	os.Exit(status)
}

// sourceTree is a copy of the source tree, as a clone would be, with what make
// has built in it: other tests do not see what these do there.
var sourceTree = sync.OnceValues(func() (dir string, err error) {
	if tree, err = os.MkdirTemp("", "ktcpvs-scripts"); err != nil {
		return "", err
	}
	for _, name := range []string{"daemon", "fuse", "proto", "scripts", "tcpvsadm", "Makefile", "README.md", "go.mod", "go.sum"} {
		if out, err := exec.Command("cp", "-R", filepath.Join(root, name), tree).CombinedOutput(); err != nil {
			return "", fmt.Errorf("copy of the source tree: %w: %s", err, out)
		}
	}
	if out, err := exec.Command("make", "-C", tree).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make: %w: %s", err, out)
	}
	return tree, nil
})

// root is the top of the source tree.
const root = "../.."

// machine is mount, network and process namespaces with an empty /run, in which
// the stand-ins and the daemon are on PATH. No real insmod is: what belongs to
// the machine's own kernel is not called.
type machine struct {
	t    *testing.T
	tree string // of the source
	dir  string // of this test
	path string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	require.Root(t)
	require.Capability(t, "CAP_NET_ADMIN", "CAP_SYS_ADMIN")
	require.Fuse(t)
	require.Namespaces(t, unix.CLONE_NEWNS|unix.CLONE_NEWNET)
	require.Tool(t, "unshare")
	require.Tool(t, "ip")
	tree, err := sourceTree()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &machine{t: t, tree: tree, dir: dir, path: strings.Join([]string{
		filepath.Join(tree, "scripts/ktcpvs/stand-ins"), filepath.Join(tree, "bin"), filepath.Join(dir, "kernel"), os.Getenv("PATH"),
	}, ":")}
}

// realTool puts a tool behind the stand-ins that prints how it was called.
func (m *machine) realTool(name, script string) {
	m.t.Helper()
	dir := filepath.Join(m.dir, "kernel")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// fakeTools puts tools for everything behind the stand-ins.
func (m *machine) fakeTools() {
	m.t.Helper()
	for _, name := range []string{"insmod", "rmmod", "modprobe"} {
		m.realTool(name, `echo "real `+name+` $*"; exit 7`)
	}
	m.realTool("lsmod", `printf 'Module                  Size  Used by\nip_vs                 172032  0\n'`)
}

// step is a command, what it must print on both outputs together and its exit
// status. In says, "~" at the beginning makes the rest a regular expression,
// and "*" stands for anything.
type step struct {
	do     string
	says   string
	status int
}

// runs has one shell do the steps, each in the state that the one before left.
func (m *machine) runs(shell string, steps ...step) {
	m.t.Helper()
	var script strings.Builder
	fmt.Fprintln(&script, "mount -t tmpfs -o mode=755 run /run; ip link set lo up")
	for i, s := range steps {
		fmt.Fprintf(&script, "{\n%s\n} >%s/%d.out 2>&1 </dev/null\necho $? >%[2]s/%[3]d.status\n", s.do, m.dir, i)
	}
	fmt.Fprintf(&script, "cat /run/*/ktcpvsd.log >%s/daemon.log 2>/dev/null || true\n", m.dir)
	defer func() {
		if log, err := os.ReadFile(filepath.Join(m.dir, "daemon.log")); err == nil && m.t.Failed() {
			m.t.Logf("the daemon's log:\n%s", log)
		}
	}()
	cmd := exec.Command("unshare", "--mount", "--net", "--pid", "--mount-proc", "--kill-child", shell, "-c", script.String())
	cmd.Dir = filepath.Join(m.tree, "scripts/ktcpvs")
	cmd.Env = append(os.Environ(), "PATH="+m.path, "TREE="+m.tree, "KTCPVS_STATE_DIR=/run/ktcpvs-state")
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v: %s", shell, err, out)
	}
	for i, s := range steps {
		out, err := os.ReadFile(filepath.Join(m.dir, strconv.Itoa(i)+".out"))
		if err != nil {
			m.t.Fatalf("%s: not reached: %v", s.do, err)
		}
		text, err := os.ReadFile(filepath.Join(m.dir, strconv.Itoa(i)+".status"))
		if err != nil {
			m.t.Fatalf("%s: did not end: %v; it said: %s", s.do, err, out)
		}
		if got, want := strings.TrimSpace(string(text)), strconv.Itoa(s.status); got != want {
			m.t.Errorf("%s: status %s, expected %s; it said: %s", s.do, got, want, out)
		}
		if said := strings.TrimRight(string(out), "\n"); !s.matches(said) {
			m.t.Errorf("%s: it said\n%s\nexpected\n%s", s.do, said, s.says)
		}
	}
}

func (s step) matches(said string) bool {
	switch expr, ok := strings.CutPrefix(s.says, "~"); {
	case s.says == "*":
		return true
	case ok:
		return regexp.MustCompile(`(?s)\A` + expr + `\z`).MatchString(said)
	}
	return said == s.says
}
