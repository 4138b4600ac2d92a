package privilege_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// balancing is a host whose daemon was started with the options, and serves
// what a web server on it answers, at a port below 1024.
func balancing(t *testing.T, options ...string) (*lab.Host, *lab.Daemon, *http.Client) {
	t.Helper()
	h := lab.NewHost(t, "balancer")
	h.ServeHTTP("127.0.0.1:8000", func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 4<<20))
	})
	daemon := h.StartDaemon(options...)
	h.Operator().Script(`
		-A -i web -s phttp -l 127.0.0.1:80
		-a -i web -r 127.0.0.1:8000
		--add-rule -i web -p .* -r 127.0.0.1:8000
		--start -i web`)
	return h, daemon, h.HTTPClient()
}

func get(t *testing.T, client *http.Client) {
	t.Helper()
	status, body, err := lab.Get(client, "http://127.0.0.1/")
	if err != nil || status != http.StatusOK || len(body) != 4<<20 {
		t.Errorf("got %d with %d bytes, %v", status, len(body), err)
	}
}

func TestTheDaemonDoesAllItsWorkWithoutPrivileges(t *testing.T) {
	for _, poll := range []string{"epoll", "io_uring"} {
		t.Run(poll, func(t *testing.T) {
			h, daemon, client := balancing(t, "--poll="+poll)
			pid := strconv.Itoa(daemon.PID())
			everyThread(t, pid, confinedStatus)
			get(t, client)
			h.SetKnob("zerocopy_send", "1")
			get(t, client)
			if got := h.Shell("sysctl -n net.ktcpvs.zerocopy_send; sysctl -qw net.core.somaxconn=555; sysctl -n net.core.somaxconn"); got != "1\n555\n" {
				t.Errorf("sysctl says %q", got)
			}
			if got := h.Shell("cat /run/ktcpvs/proc/net/ktcpvs/services"); !strings.Contains(got, "RUNNING") {
				t.Errorf("services are\n%s", got)
			}
			// A name that procfs gets later.
			h.Shell("ip link add a0 type veth peer name a1 && test -d /proc/sys/net/ipv4/conf/a0")
			// The same port again, and another one below 1024.
			h.Operator().Script(`
				--stop -i web
				--start -i web
				-A -i raw -s wlc -l [::1]:81
				--start -i raw`)
			h.SetKnob("debug_level", "12")
			get(t, client)
			h.SetKnob("debug_level", "0")
			everyThread(t, pid, confinedStatus)

			h.SetKnob("unload", "1")
			lab.Eventually(t, "the daemon unloads", func() bool { return daemon.Log.Has("You can unload the module now.") })
			daemon.Signal(unix.SIGTERM)
			if status := daemon.Wait(); status != 0 {
				t.Errorf("it exits %d", status)
			}
			if got := h.Shell("ls -A /proc/sys/net | grep -e ktcpvs -e sys; grep ktcpvs /proc/self/mounts; test -e " + lab.PIDFile + " && echo a pid file; true"); got != "" {
				t.Errorf("it leaves %q", got)
			}
			if log := daemon.Log.String(); strings.Contains(log, "not permitted") || strings.Contains(log, "given up") {
				t.Errorf("its log:\n%s", log)
			}
		})
	}
}

func TestTheSandboxIsAsLargeAsItsOptionSays(t *testing.T) {
	for option, want := range map[string]string{
		"--sandbox=full":         confinedStatus,
		"--sandbox=capabilities": " CapInh, 201400 CapPrm, 1400 CapEff, 201400 CapBnd,  CapAmb, 1 NoNewPrivs,  Seccomp",
		"--sandbox=none":         status(t, "self")[0], // what starts it has all that root has here
	} {
		_, daemon, client := balancing(t, option)
		get(t, client)
		everyThread(t, strconv.Itoa(daemon.PID()), want)
	}
}

func TestWithoutSysctlFilesTheDaemonMayNotMountEither(t *testing.T) {
	_, daemon, client := balancing(t, "--sysctl-dir=none")
	get(t, client)
	everyThread(t, strconv.Itoa(daemon.PID()), " CapInh, 1400 CapPrm, 1400 CapEff, 1400 CapBnd,  CapAmb, 1 NoNewPrivs, 2 Seccomp")
}

// On one CPU, whoever is to give way to the others often runs last at the start,
// when nobody may change a priority any more.
func TestBuildingTablesGivesWayToTrafficHoweverLateItBegins(t *testing.T) {
	runtime.LockOSThread() // what it starts inherits its CPU
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &all)
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		daemon := lab.NewHost(t, "balancer").StartDaemon("--sysctl-dir=none", "--loops=2")
		threads, err := filepath.Glob("/proc/" + strconv.Itoa(daemon.PID()) + "/task/*/stat")
		if err != nil {
			t.Fatal(err)
		}
		var nice []string
		for _, file := range threads {
			stat, _ := os.ReadFile(file)
			nice = append(nice, strings.Fields(string(stat))[18])
		}
		if !slices.Contains(nice, "10") {
			t.Errorf("its threads have the nice values %v, and none 10", nice)
		}
	}
}

// As a service manager starts it by the unit, without CAP_SETPCAP.
func TestTheUnitsCapabilitiesAreEnoughToServeAndToDrop(t *testing.T) {
	unit, err := os.ReadFile("../../scripts/ktcpvsd.service")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(unit), "\nCapabilityBoundingSet=")
	line, _, _ := strings.Cut(rest, "\n")
	bounding := "-all,+" + strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(line, "CAP_", "")), " ", ",+")
	h := lab.NewHost(t, "balancer")
	daemon := h.Launch(h.Command(require.Tool(t, "setpriv"), "--bounding-set="+bounding, "--no-new-privs", lab.Binary("ktcpvsd")))
	lab.Eventually(t, "the daemon is ready", func() bool { return daemon.Log.Has("ready") })
	everyThread(t, strconv.Itoa(daemon.PID()), confinedStatus)
	daemon.Signal(unix.SIGTERM)
	if status := daemon.Wait(); status != 0 {
		t.Errorf("it exits %d", status)
	}
	if log := daemon.Log.String(); !strings.Contains(log, "sysctl=/proc/sys/net/ktcpvs") || strings.Contains(log, "given up") || strings.Contains(log, "undo") {
		t.Errorf("its log:\n%s", log)
	}
	if got := h.Shell("grep ktcpvs /proc/self/mounts; true"); got != "" {
		t.Errorf("it leaves %q", got)
	}
}
