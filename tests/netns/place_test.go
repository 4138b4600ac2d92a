package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// A second network on the same /run, as `ip netns exec` makes it.
func TestDaemonsOfTwoNetworksShareARunDirectoryAndNothingInIt(t *testing.T) {
	t.Parallel()
	require.Tool(t, "unshare")
	h := lab.NewHost(t, "balancer")
	h.Shell(`mount -t tmpfs none /var/lib && mkdir /run/netns && touch /run/netns/blue && unshare --net=/run/netns/blue true`)
	first := h.StartDaemon("--loops=1")
	second := h.Launch(h.Command("nsenter", "--net=/run/netns/blue", "env", "-u", "KTCPVS_STATE_DIR", lab.Binary("ktcpvsd"), "--loops=1"))
	lab.Eventually(t, "the second is ready", func() bool { return second.Log.Has("ready") })

	below := strings.TrimSpace(h.Shell("ls -d /run/ktcpvs/netns-*"))
	for path, want := range map[string]*lab.Daemon{"/run/ktcpvs": first, below: second} {
		if got := h.Read(path + "/ktcpvsd.pid"); got != fmt.Sprint(want.PID()) {
			t.Errorf("%s/ktcpvsd.pid has %s, expected %d", path, got, want.PID())
		}
	}
	if !second.Log.Has("that of a daemon in another network namespace") || !second.Log.Has(below) || !second.Log.Has(fmt.Sprintf("pid=%d", first.PID())) {
		t.Errorf("the second says\n%s", second.Log)
	}
	if got := h.Shell("ls /var/lib/ktcpvs"); got != "netns-blue\n" {
		t.Errorf("the tables are kept in\n%s", got)
	}
	if h.Read("/run/ktcpvs/session.key") == h.Read(below+"/session.key") {
		t.Error("they share the secret of the session cookies")
	}
	one := h.Operator()
	within := []string{"nsenter", "--target", fmt.Sprint(second.PID()), "--net", "--"}
	two := one.Through(within...)
	one.Does("-A", "-i", "one")
	two.Does("-A", "-i", "two")
	one.Has(virtual("one", "0.0.0.0:8080", "http"))
	two.Has(virtual("two", "0.0.0.0:8080", "http"))
	if got := h.Shell("cat /run/ktcpvs/proc/net/ktcpvs/services " + below + "/proc/net/ktcpvs/services | grep STOPPED | cut -d' ' -f1"); got != "one\ntwo\n" {
		t.Errorf("their reports tell of %q", got)
	}
	// The scripts find the daemon of their network, whichever came first.
	standIns, err := filepath.Abs("../../scripts/ktcpvs/stand-ins/modules.sh")
	if err != nil {
		t.Fatal(err)
	}
	for want, enter := range map[string]string{"/run/ktcpvs\n": "", below + "\n": strings.Join(within, " ")} {
		if got := h.Shell(enter+` sh -c '. "$1"; running; echo $run_dir' sh "$1"`, standIns); got != want {
			t.Errorf("the scripts look into %q, expected %q", got, want)
		}
	}
	// Nobody is sent elsewhere who has asked for a directory, or has the same network.
	refuses(t, h, 1, "ktcpvsd: the run directory /run/ktcpvs is that of another daemon", "choose another with --run-dir", `exec unshare --net "$1" --ephemeral --run-dir=/run/ktcpvs 2>&1`)
	refuses(t, h, 1, fmt.Sprintf("ktcpvsd: the run directory /run/ktcpvs is that of another daemon (process %d)", first.PID()),
		"choose another with --run-dir", `exec "$1" --ephemeral --nlport=7`)

	second.Signal(unix.SIGTERM)
	second.Wait()
	if got := h.Read(lab.PIDFile); got != fmt.Sprint(first.PID()) {
		t.Errorf("after the second has ended, the pid file of the first has %s", got)
	}
	if _, err := os.Stat(h.Path(below + "/ktcpvsd.pid")); err == nil {
		t.Error("the second leaves its pid file")
	}
	one.Has(virtual("one", "0.0.0.0:8080", "http"))
	first.Kill()
	first.Wait()
	h.StartDaemon("--loops=1") // a killed one's claim is none
}

// A daemon that is no process of root's, with the one capability that it takes.
func TestADaemonOfAnotherUserIsCommandedByThatUserAndByWhoNamesIt(t *testing.T) {
	t.Parallel()
	require.Tool(t, "setpriv")
	h := lab.NewHost(t, "balancer")
	h.Shell("mkdir /run/theirs && chown 1234:1234 /run/theirs")
	become := []string{"setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "--inh-caps=+net_admin", "--ambient-caps=+net_admin"}
	start := append(become[1:len(become):len(become)], lab.Binary("ktcpvsd"), "--loops=1", "--run-dir=/run/theirs", "--ephemeral")
	d := h.Launch(h.Command(become[0], start...))
	lab.Eventually(t, "it is ready", func() bool { return d.Log.Has("ready") })
	if !d.Log.Has("there are no sysctl files") || d.Log.Has("a privilege could not be given up") {
		t.Errorf("it says\n%s", d.Log)
	}
	root := h.Operator()
	its := root.Through(become...)
	its.Does("-A", "-i", "web")
	its.Does("--start")
	its.Has(virtual("web", "0.0.0.0:8080", "http"))

	for _, command := range [][]string{{"-L"}, {"-A", "-i", "more"}, {"--daemon-uid=0", "-L"}} {
		r := root.Call(command...)
		want := fmt.Sprintf("is held by process %d of uid 1234, expected uid 0; if that is the daemon's, --daemon-uid says so", d.PID())
		if r.Status != 1 || !strings.HasPrefix(r.Stderr, "tcpvsadm: Permission denied: ") || !strings.Contains(r.Stderr, want) || r.Stdout != "" {
			t.Errorf("%q by root: status %d, %q, expected 1 and %q", command, r.Status, r.Stderr, want)
		}
	}
	const want = "Virtual web "
	if got := root.Does("--daemon-uid=1234", "-Ln"); !strings.Contains(got, want) {
		t.Errorf("named by an option: %q", got)
	}
	if got := root.Through("env", "KTCPVS_DAEMON_UID=1234").Does("-Ln"); !strings.Contains(got, want) {
		t.Errorf("named by the environment: %q", got)
	}
	root.Fails(2, `--daemon-uid (or KTCPVS_DAEMON_UID) is "ktcpvs", expected the number of a user from 0 to 4294967294`, "-L", "--daemon-uid=ktcpvs")
}
