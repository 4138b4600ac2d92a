package netns

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// setup gives the commands of the original README's SETUP block, which stands
// in testdata as it was written.
func setup(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/setup.txt")
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case line == "su", strings.HasPrefix(line, "cd "): // root already, and there already
		default:
			commands = append(commands, line)
		}
	}
	return commands
}

// sources is a copy of what a clone has to build from, so that the block's
// make builds nothing into the tree that is being tested.
func sources(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"daemon", "fuse", "proto", "tcpvsadm", "scripts", "Makefile", "README.md", "LICENSE", "go.mod", "go.sum"} {
		if out, err := exec.Command("cp", "-R", filepath.Join("../..", name), dir).CombinedOutput(); err != nil {
			t.Fatalf("copy of %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

// What the shell is told beside the block's lines.
const (
	enter = ". ./env; export DESTDIR=/run/installed; unset GOFLAGS"
	save  = "userspace/tcpvsadm --save > /run/saved.conf"
	load  = "userspace/tcpvsadm -f /run/saved.conf"
)

func TestTheSetupBlockOf2004BalancesRealWebServers(t *testing.T) {
	t.Parallel()
	require.Fuse(t)
	require.Tool(t, "make")
	n := lab.NewNetwork(t, "r1", "r2", "r3")
	for _, name := range []string{"r1", "r2", "r3"} {
		n.Host(name).StartNginx()
	}
	shell := n.Balancer.Session("bash")
	run := func(line string, status int) string {
		t.Helper()
		out, got := shell.Run(line)
		if got != status {
			t.Fatalf("%s: status %d, want %d\n%s", line, got, status, out)
		}
		return out
	}
	run("cd "+filepath.Join(sources(t), "scripts/ktcpvs"), 0)
	run(enter, 0)
	t.Cleanup(func() { shell.Run("rmmod ktcpvs") })
	for _, line := range setup(t) {
		switch line {
		case "userspace/tcpvsadm -f <config-file>":
			run(save, 0)
			run(load, 0)
		case "userspace/tcpvsadm -F":
			// It has no service left to start; an operator loads the file then.
			run(line, 0)
			run(load, 0)
		case "userspace/tcpvsadm --start -i http":
			run(line, 0)
			answers(t, n)
		default:
			run(line, 0)
		}
		switch line {
		case "echo 2 > /proc/sys/net/ktcpvs/debug_level":
			if got := run("cat /proc/sys/net/ktcpvs/debug_level", 0); got != "2\n" {
				t.Errorf("debug_level is %q", got)
			}
		case "userspace/tcpvsadm --stop -i http":
			if out, status := n.Client.Curl("http://" + n.VIP(8080) + "/"); status != 7 {
				t.Errorf("after the stop curl exits %d with %q, want 7, which is refused", status, out)
			}
		}
	}
	if log := run("cat /run/ktcpvs/ktcpvsd.log", 0); !strings.Contains(log, lastWords) {
		t.Errorf("the log lacks the last words:\n%s", log)
	}
	clean(t, n.Balancer)
	run("test -x /run/installed/usr/local/sbin/ktcpvsd && test -x /run/installed/usr/local/sbin/tcpvsadm", 0)
}

// answers checks which web server answers curl.
func answers(t testing.TB, n *lab.Network) {
	t.Helper()
	for _, c := range []struct{ uri, want string }{
		{"/images/logo.png", "r1"}, {"/html/index.html", "r2"}, {"/", "r3"}, {"/about", "r3"}, {"/a/images/b", "r1"}, {"/html", "r3"},
	} {
		for range 5 {
			out, status := n.Client.Curl("http://" + n.VIP(8080) + c.uri)
			if want := fmt.Sprintf("%s %s\n", c.want, c.uri); status != 0 || out != want {
				t.Errorf("%s: curl exits %d with %q, want %q", c.uri, status, out, want)
			}
		}
	}
}
