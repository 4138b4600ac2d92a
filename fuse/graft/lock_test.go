package graft

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"

	"ktcpvs/fuse/fusetest"
	"ktcpvs/fuse/sysctlfs"
	"ktcpvs/tests/require"
)

// nobodyLocks has a user without any right lock all that they can open in and
// about /proc/sys/net, for as long as the test runs.
func nobodyLocks(t *testing.T) {
	t.Helper()
	require.Tool(t, "setpriv")
	require.Tool(t, "flock")
	cmd := exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "bash", "-c", `
		locked=0
		for path in /proc /proc/sys /proc/sys/net /proc/sys/net/. /proc/sys/net/.sys /proc/sys/net/.sys/lock /proc/sys/net/ktcpvs \
			/proc/sys/net/ktcpvs/unload /proc/sys/net/core /proc/sys/kernel/usermodehelper /proc/sys/kernel/usermodehelper/bset; do
			{ exec 9<"$path"; } 2>/dev/null || continue
			flock -xn 9 && locked=$((locked + 1))
			case $locked in
			1) exec 10<&9 ;; 2) exec 11<&9 ;; 3) exec 12<&9 ;; 4) exec 13<&9 ;; 5) exec 14<&9 ;; 6) exec 15<&9 ;; 7) exec 16<&9 ;; 8) exec 17<&9 ;; 9) exec 18<&9 ;;
			esac
		done
		echo "$locked locks"
		read end`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasSuffix(line, " locks\n") || strings.HasPrefix(line, "0") {
		t.Fatalf("the user who locks says %q, %v; expected some locks", line, err)
	}
}

func TestNoUsersLockKeepsADaemonFromItsPlace(t *testing.T) {
	each(t, func(t *testing.T) {
		nobodyLocks(t)
		g, err := Make(knobs(), sysctlfs.Options{})
		if err != nil {
			t.Fatalf("with what a user has locked: %v", err)
		}
		if err := g.Undo(); err != nil {
			t.Error(err)
		}
		wantNoMount(t, "undone")
	})
}

func TestNoUsersLockKeepsAStaleGraft(t *testing.T) {
	each(t, func(t *testing.T) {
		first := startDaemon(t, Path, t.TempDir())
		nobodyLocks(t)
		first.kill()
		nobodyLocks(t)
		if found, err := UndoStale(); !found || err != nil {
			t.Errorf("UndoStale, with what a user has locked: %v, %v; expected that a stale one was found", found, err)
		}
		startDaemon(t, Path, t.TempDir()).kill()
		nobodyLocks(t)
		makeGraft(t)
		if got := fusetest.Shell(t, `cat /proc/sys/net/ktcpvs/unload`); got != "0\n" {
			t.Errorf("the second one's knob: %q", got)
		}
	})
}
