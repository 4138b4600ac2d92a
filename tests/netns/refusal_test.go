package netns

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// What keeps the daemon from starting: one line that says what to do.

// refuses checks that a call ends with the status and one line, which begins
// and ends so.
func refuses(t testing.TB, h *lab.Host, status int, begins, ends string, script string, args ...string) {
	t.Helper()
	args = append([]string{lab.Binary("ktcpvsd")}, args...)
	out, got := h.Try(script, args...)
	if got != status || strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, begins) || !strings.HasSuffix(out, ends+"\n") {
		t.Errorf("%s: status %d, %q, want %d, %q ... %q", script, got, out, status, begins, ends)
	}
}

func TestAPortInUseNamesItsHolder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	refuses(t, o.Host, 1, "ktcpvsd: netlink port id 0x4b545653 is held by process "+fmt.Sprint(o.daemon.PID())+" (ktcpvsd)", "address already in use",
		`exec "$1"`)
	refuses(t, o.Host, 1, "ktcpvsd: netlink port id 0x4b545653 is held by process "+fmt.Sprint(o.daemon.PID()), "address already in use",
		`exec "$1" --run-dir=/run/two`)
	// The one that was there goes on as if nothing had been.
	if got := o.Read(lab.PIDFile); got != fmt.Sprint(o.daemon.PID()) {
		t.Errorf("its pid file says %s", got)
	}
	o.Does("-A", "-i", "web")
	if got := o.Knob("unload"); got != "0" {
		t.Errorf("unload is %s", got)
	}
}

func TestTwoDaemonsServeSideBySide(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.Launch(o.Command(lab.Binary("ktcpvsd"), "--run-dir=/run/two", "--state-dir=/run/two/state", "--nlport=77"))
	lab.Eventually(t, "the second is ready", func() bool { return d.Log.Has("ready") })
	if !d.Log.Has("the sysctl files are not at their usual place") || !d.Log.Has(fmt.Sprintf("process %d: stop it", o.daemon.PID())) {
		t.Errorf("it says\n%s", d.Log)
	}
	o.Does("-A", "-i", "first")
	second := o.Through("env", "KTCPVS_NLPORT=77")
	second.Does("-A", "-i", "second")
	o.Has(virtual("first", "0.0.0.0:8080", "http"))
	second.Has(virtual("second", "0.0.0.0:8080", "http"))
	if got := o.Does("-Ln", "--nlport=77"); !strings.Contains(got, "Virtual second") {
		t.Errorf("--nlport=77 lists\n%s", got)
	}
	second.Does("--start")
	r := o.Call("--start")
	if r.Status != 1 || !strings.HasPrefix(r.Stderr, "tcpvsadm: Address already in use") {
		t.Errorf("both listen at one address: status %d, %s", r.Status, r.Stderr)
	}
	if got := o.Shell("cat /run/two/sys/net/ktcpvs/unload"); got != "0\n" {
		t.Errorf("its own sysctl files: %q", got)
	}
}

func TestAnUnwritableRunDirectoryIsSaid(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	refuses(t, h, 1, "ktcpvsd: cannot make the run directory: ", "choose another with --run-dir", `exec "$1" --run-dir=/proc/nowhere`)
	h.Shell("mount -t tmpfs -o ro none /run")
	refuses(t, h, 1, "ktcpvsd: cannot make the run directory: mkdir /run/ktcpvs: read-only file system", "choose another with --run-dir", `exec "$1"`)
	h.Shell("umount /run && mkdir -m 755 /run/ktcpvs")
	require.Tool(t, "setpriv")
	refuses(t, h, 1, "ktcpvsd: cannot write to the run directory: ", "permission denied; choose another with --run-dir",
		`exec setpriv --reuid=65534 --regid=65534 --clear-groups "$1"`)
	clean(t, h)
}

func TestAMissingFuseDeviceIsSaid(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	h.Shell("mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3")
	for _, dir := range []string{"/run/elsewhere/knobs", "/proc/sys/net/ktcpvs"} {
		out, status := h.Try(`"$1" --sysctl-dir="$2" 2>&1`, lab.Binary("ktcpvsd"), dir)
		if status != 1 || !strings.Contains(out, "cannot open /dev/fuse: no such file or directory: load the fuse module (modprobe fuse)") {
			t.Errorf("asked for %s: status %d, %q", dir, status, out)
		}
		clean(t, h)
		if left := h.Shell("ls -d /run/ktcpvs /run/elsewhere 2>/dev/null; true"); left != "" {
			t.Errorf("asked for %s it leaves in /run\n%s", dir, left)
		}
	}
	// All else works without.
	d := h.StartDaemon()
	if !d.Log.Has("there are no sysctl files and no reports; tcpvsadm has the knobs and the statistics") || !d.Log.Has("cannot open /dev/fuse") {
		t.Errorf("it says\n%s", d.Log)
	}
	o := h.Operator()
	o.Does("-A", "-i", "web")
	o.Has(virtual("web", "0.0.0.0:8080", "http"))
	o.Does("--knob", "max_backlog=99")
	if got := o.Does("-L", "--stats"); !strings.Contains(got, "web") {
		t.Errorf("its statistics are\n%s", got)
	}
	if _, err := os.Stat(h.Path(lab.KnobDir)); err == nil {
		t.Error("there are sysctl files all the same")
	}
}

func TestAMissingCapabilityIsSaid(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	require.Tool(t, "setpriv")
	h.Shell("mkdir -m 777 /run/open")
	const netlink = "ktcpvsd: netlink port id 0x4b545653: answering takes CAP_NET_ADMIN over the network namespace, run as root: "
	refuses(t, h, 1, netlink, "operation not permitted", `exec setpriv --reuid=65534 --regid=65534 --clear-groups "$1" --run-dir=/run/open --ephemeral`)
	refuses(t, h, 1, netlink, "operation not permitted", `exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$1"`)
	refuses(t, h, 1, "ktcpvsd: cannot mount FUSE on /run/elsewhere: ", "mounting needs CAP_SYS_ADMIN: run as root, or use --sysctl-dir=none",
		`exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$1" --sysctl-dir=/run/elsewhere`)
	clean(t, h)
	none := h.Launch(h.Command("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", lab.Binary("ktcpvsd")))
	lab.Eventually(t, "it is ready without files", func() bool { return none.Log.Has("ready") })
	if !none.Log.Has("there are no sysctl files") || !none.Log.Has("mounting needs CAP_SYS_ADMIN") {
		t.Errorf("without CAP_SYS_ADMIN it says\n%s", none.Log)
	}
	none.Signal(unix.SIGTERM)
	none.Wait()
	d := h.Launch(h.Command("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", lab.Binary("ktcpvsd")))
	lab.Eventually(t, "it is ready", func() bool { return d.Log.Has("ready") })
	o := h.Operator()
	o.Does("-A", "-i", "web", "-P", "80")
	r := o.Call("--start")
	if r.Status != 1 || !strings.Contains(r.Stderr, `Permission denied: service "web": listen on 0.0.0.0:80`) {
		t.Errorf("without CAP_NET_BIND_SERVICE: status %d, %s", r.Status, r.Stderr)
	}
}

func TestWrongOptionsAreSaid(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	for option, message := range map[string]string{
		"--nosuch":            "flag provided but not defined: -nosuch; see ktcpvsd --help",
		"web":                 `"web" is not an option; see ktcpvsd --help`,
		"--loops=0":           "--loops=0: expected 1 to 256",
		"--loops=257":         "--loops=257: expected 1 to 256",
		"--drain=-1":          "--drain=-1: expected 0 to 31536000 seconds",
		"--drain=9999999999":  "--drain=9999999999: expected 0 to 31536000 seconds",
		"--nlport=0":          "--nlport=0: expected 1 to 4294967295",
		"--nlport=4294967296": "--nlport=4294967296: expected 1 to 4294967295",
		"--poll=kqueue":       "--poll=kqueue: expected auto, epoll or io_uring",
		"--log=xml":           `--log: log format "xml" is not known, expected text, json or kmsg`,
	} {
		refuses(t, h, 2, "ktcpvsd: "+message, message, `exec "$1" "$2"`, option)
	}
	refuses(t, h, 2, `ktcpvsd: --sysctl-dir=relative: expected "auto", "none" or an absolute path`, "", `exec "$1" --sysctl-dir=relative`)
	if out, status := h.Try(`exec "$1" --version`, lab.Binary("ktcpvsd")); status != 0 || !strings.HasPrefix(out, "ktcpvsd version "+proto.Version) {
		t.Errorf("--version: status %d, %q", status, out)
	}
	if out, status := h.Try(`exec "$1" --help`, lab.Binary("ktcpvsd")); status != 0 || !strings.Contains(out, "--sysctl-dir") {
		t.Errorf("--help: status %d, %q", status, out)
	}
}

func TestTheSysctlFilesGoWhereTheyAreAskedTo(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	d := h.StartDaemon("--sysctl-dir=/run/elsewhere")
	if got := h.Shell("cat /run/elsewhere/max_backlog && echo 5 > /run/elsewhere/max_backlog"); got != "2048\n" {
		t.Errorf("read %q", got)
	}
	if got := h.Operator().Does("--knob", "max_backlog"); got != "max_backlog = 5\n" {
		t.Errorf("it is %q", got)
	}
	d.Signal(15)
	if status := d.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	clean(t, h)
}
