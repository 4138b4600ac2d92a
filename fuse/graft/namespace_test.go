package graft

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"ktcpvs/tests/require"

	"ktcpvs/fuse/fusetest"
)

func TestEachNetworkNamespaceKeepsItsOwnSysctls(t *testing.T) {
	each(t, func(t *testing.T) {
		require.Tool(t, "ip")
		makeGraft(t)
		got := fusetest.Shell(t, `
			mount -t tmpfs none /run
			ip netns add far
			ip link add near0 type veth peer name far0 netns far
			sysctl -qw net.core.somaxconn=1000
			ip netns exec far sysctl -qw net.core.somaxconn=2000
			ip netns exec far sh -c 'echo 3 > /proc/sys/net/ipv4/conf/far0/log_martians; cat /proc/sys/net/ipv4/conf/far0/log_martians'
			ip netns exec far sysctl -n net.core.somaxconn net.ipv4.conf.far0.log_martians
			sysctl -n net.core.somaxconn
			ls /proc/sys/net/ipv4/conf/ | grep -c far0
			ls /proc/sys/net/ipv4/conf/ | grep -c near0
			unshare -n sh -c 'ls /proc/sys/net/ipv4/conf/ | grep -c near0; sysctl -n net.ktcpvs.unload'
			ip netns exec far sysctl -qw net.ktcpvs.unload=1
			sysctl -n net.ktcpvs.unload
			ip netns del far
			umount -l /run; true`)
		if want := "3\n2000\n3\n1000\n0\n1\n0\n0\n1\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAnUnprivilegedUserReadsOnly(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	require.Tool(t, "setpriv")
	makeGraft(t)
	const nobody = `exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$1"`
	if got := fusetest.Shell(t, nobody, `cat /proc/sys/net/ktcpvs/unload /proc/sys/net/core/somaxconn | wc -l`); got != "2\n" {
		t.Errorf("read %q", got)
	}
	for _, file := range []string{"ktcpvs/unload", "core/somaxconn"} {
		if got, err := fusetest.ShellStatus(nobody, "echo 1 > "+netDir+"/"+file); err == nil || !strings.Contains(got, "Permission denied") {
			t.Errorf("%s: %v, %q", file, err, got)
		}
	}
}

func TestAUserNamespaceMayStillMountItsOwnProcfs(t *testing.T) {
	each(t, func(t *testing.T) {
		const mine = `unshare -Urpf --mount-proc sh -c 'echo $$'`
		if got, err := fusetest.ShellStatus(mine); err != nil {
			require.That(t, "user namespaces that may mount a procfs", errors.New(strings.TrimSpace(got)))
		}
		makeGraft(t)
		if got := fusetest.Shell(t, mine); got != "1\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestTheGraftGoesWhereverItCame(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Shared) {
		return
	}
	// A namespace that follows ours, as a service's does, and one that is made later.
	follow := func() (ask func(string) string) {
		cmd := exec.Command("unshare", "-m", "--propagation", "slave", "sh", "-c", `while read line; do eval "$line"; echo end; done`)
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
		lines := bufio.NewScanner(out)
		return func(script string) (answer string) {
			fmt.Fprintln(in, script)
			for lines.Scan() && lines.Text() != "end" {
				answer += lines.Text() + "\n"
			}
			return answer
		}
	}
	const look = `cat /proc/sys/net/ktcpvs/unload 2>/dev/null; grep -c ktcpvs /proc/self/mountinfo; wc -l < /proc/sys/net/core/somaxconn`
	earlier := follow()
	if got := earlier(look); got != "0\n1\n" {
		t.Fatalf("before: %q", got)
	}
	g := makeGraft(t)
	later := follow()
	for when, ask := range map[string]func(string) string{"earlier": earlier, "later": later} {
		if got := ask(look); got != "0\n2\n1\n" {
			t.Errorf("%s namespace, grafted: %q", when, got)
		}
	}
	if err := g.Undo(); err != nil {
		t.Fatal(err)
	}
	for when, ask := range map[string]func(string) string{"earlier": earlier, "later": later} {
		if got := ask(look); got != "0\n1\n" {
			t.Errorf("%s namespace, undone: %q", when, got)
		}
	}
}
