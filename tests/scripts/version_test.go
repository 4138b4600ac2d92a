package scripts

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/tests/require"
)

// run is what a command prints; it must not fail.
func run(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s in %s: %v: %s", name, strings.Join(arguments, " "), dir, err, out)
	}
	return strings.TrimSpace(string(out))
}

// What make builds in a clone knows its commit, and outside one only its release.
func TestTheProgramsTellTheirReleaseAndTheirCommit(t *testing.T) {
	require.Tool(t, "git")
	expect := func(tree, behind string) {
		t.Helper()
		for _, program := range []string{"ktcpvsd", "tcpvsadm"} {
			got := run(t, tree, filepath.Join(tree, "bin", program), "--version")
			if want := program + " version " + proto.Version + behind; got != want {
				t.Errorf("%s --version says %q, expected %q", program, got, want)
			}
		}
	}
	tree, err := sourceTree()
	if err != nil {
		t.Fatal(err)
	}
	expect(tree, "")

	clone := filepath.Join(t.TempDir(), "clone")
	if out, err := exec.Command("git", "-C", root, "rev-parse", "--git-dir").CombinedOutput(); err != nil {
		require.That(t, "a clone", err)
		t.Fatal(string(out))
	}
	commit := run(t, root, "git", "rev-parse", "HEAD")
	run(t, root, "git", "clone", "--quiet", "--shared", "--no-checkout", run(t, root, "git", "rev-parse", "--show-toplevel"), clone)
	run(t, clone, "git", "checkout", "--quiet", "--detach", commit)
	run(t, clone, "make", "build")
	expect(clone, " (commit "+commit[:12]+")")
}
