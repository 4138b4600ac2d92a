package netns

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// How the daemon ends, and begins again.

// slow is a balancer with a service whose one server answers when it is told to.
type slow struct {
	*lab.Network
	daemon *lab.Daemon
	asked  chan bool
	answer chan bool
}

func newSlow(t testing.TB, args ...string) *slow {
	t.Helper()
	n := lab.NewNetwork(t, "r1")
	s := &slow{n, n.Balancer.StartDaemon(args...), make(chan bool), make(chan bool, 1)}
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		for {
			if _, err := conn.Read(make([]byte, 4096)); err != nil {
				return
			}
			s.asked <- true
			<-s.answer
			conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow"))
		}
	})
	t.Cleanup(func() { close(s.answer) })
	o := n.Balancer.Operator()
	o.Load("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
	o.Does("--start")
	return s
}

// ask sends a request and returns when the server has it.
func (s *slow) ask() *lab.Wire {
	w := s.Client.Wire(s.VIP(8080))
	w.Say("GET / HTTP/1.1\nHost: x\n\n")
	<-s.asked
	return w
}

// clean checks that nothing of a daemon is left on its host.
func clean(t testing.TB, h *lab.Host) {
	t.Helper()
	if mounts := h.Shell("grep ktcpvs /proc/self/mountinfo || true"); mounts != "" {
		t.Errorf("mounts are left:\n%s", mounts)
	}
	for _, path := range []string{lab.PIDFile, lab.KnobDir} {
		if _, err := os.Lstat(h.Path(path)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
}

func TestSignalsLetWhatIsOpenFinish(t *testing.T) {
	t.Parallel()
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGINT} {
		s := newSlow(t)
		idle := s.ask()
		s.answer <- true
		idle.Expect(200, "GET")
		open := s.ask()
		s.daemon.Signal(signal)
		lab.Eventually(t, "new connections are refused", func() bool {
			_, err := s.Client.Dial(s.VIP(8080))
			return errors.Is(err, unix.ECONNREFUSED)
		})
		if rest, err := idle.Rest(); rest != "" || err != nil {
			t.Errorf("%v: an idle client gets %q, %v", signal, rest, err)
		}
		if s.daemon.Ended() {
			t.Fatalf("%v: the daemon does not wait", signal)
		}
		s.answer <- true
		if response, body := open.Expect(200, "GET"); body != "slow" || !response.Close {
			t.Errorf("%v: got %q, which should end the connection", signal, body)
		}
		if status := s.daemon.Wait(); status != 0 {
			t.Errorf("%v: exit status %d", signal, status)
		}
		clean(t, s.Balancer)
	}
}

func TestASecondSignalEndsTheDaemonAtOnce(t *testing.T) {
	t.Parallel()
	s := newSlow(t, "--drain=3600") // which is not what ends it
	open := s.ask()
	s.daemon.Signal(unix.SIGTERM)
	lab.Eventually(t, "it stops", func() bool { return s.daemon.Log.Has("stopping") })
	wait.Stays(t, 100*time.Millisecond, "it waits for the open connection", func() bool { return !s.daemon.Ended() })
	s.daemon.Signal(unix.SIGTERM)
	if status := s.daemon.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if _, _, err := open.Response("GET"); err == nil {
		t.Error("the open request is answered")
	}
	clean(t, s.Balancer)
}

func TestTheDrainHasADeadline(t *testing.T) {
	t.Parallel()
	s := newSlow(t, "--drain=1")
	s.ask()
	start := time.Now()
	s.daemon.Signal(unix.SIGTERM)
	if status := s.daemon.Wait(); status != 0 || time.Since(start) < 900*time.Millisecond {
		t.Errorf("exit status %d after %v, and --drain says 1 s", status, time.Since(start))
	}
	if !s.daemon.Log.Has("closing what is still open") {
		t.Errorf("the log does not say that something was open:\n%s", s.daemon.Log)
	}
	clean(t, s.Balancer)
}

func TestAfterAKillANewStartNeedsNoCleaning(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	o := h.Operator()
	for range 3 {
		d := h.StartDaemon()
		if got := h.Read(lab.PIDFile); got != strconv.Itoa(d.PID()) {
			t.Errorf("the pid file says %s, and it is %d", got, d.PID())
		}
		h.SetKnob("read_timeout", "7")
		o.Does("-A", "-i", "web", "-l", "127.0.0.1:81")
		o.Does("--start")
		o.Does("--stop")
		o.Does("-F")
		d.Kill()
		if r := o.Call("-L"); r.Status != 3 || !strings.Contains(r.Stderr, "The ktcpvs module not loaded") {
			t.Errorf("without the daemon: status %d, %s", r.Status, r.Stderr)
		}
		// Other sysctls work while nobody serves the graft.
		if got := h.Shell("cat /proc/sys/net/ipv4/ip_forward"); got != "0\n" && got != "1\n" {
			t.Errorf("net.ipv4.ip_forward is %q", got)
		}
	}
	d := h.StartDaemon()
	if got := h.Knob("read_timeout"); got != "7" {
		t.Errorf("after a new start read_timeout is %s, expected 7 as before", got)
	}
	o.Has("")
	if d.Log.Has("not at their usual place") {
		t.Errorf("the sysctl files are elsewhere:\n%s", d.Log)
	}
	o.Does("-A", "-i", "web", "-l", "127.0.0.1:81")
	o.Does("--start")
	d.Signal(unix.SIGTERM)
	if status := d.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	clean(t, h)
}

func TestUndoGraftCleansAfterAKill(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	before := h.Shell("ls /proc/sys/net")
	d := h.StartDaemon()
	out, status := h.Try(`exec "$1" --undo-graft`, lab.Binary("ktcpvsd"))
	if status != 1 || !strings.Contains(out, "process "+strconv.Itoa(d.PID())) {
		t.Errorf("while a daemon serves: status %d, %q", status, out)
	}
	d.Kill()
	if out, status := h.Try(`exec "$1" --undo-graft`, lab.Binary("ktcpvsd")); status != 0 || out != "" {
		t.Errorf("after a kill: status %d, %q", status, out)
	}
	if after := h.Shell("ls /proc/sys/net"); after != before {
		t.Errorf("/proc/sys/net holds\n%s", after)
	}
	if out, status := h.Try(`exec "$1" --undo-graft`, lab.Binary("ktcpvsd")); status != 0 || !strings.Contains(out, "nothing of a killed daemon") {
		t.Errorf("with nothing to undo: status %d, %q", status, out)
	}
}

func TestTheDaemonNotifiesItsServiceManager(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	path := t.TempDir() + "/notify"
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	manager.SetDeadline(wait.End())
	cmd := h.Command(lab.Binary("ktcpvsd"))
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path)
	d := h.Launch(cmd)
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		buf := make([]byte, 64)
		n, err := manager.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Fatalf("got %q, %v, want %s", buf[:n], err, want)
		}
		if want == "STOPPING=1" {
			break // it may have ended since then
		}
		if _, err := os.Stat(h.Path(lab.PIDFile)); err != nil {
			t.Errorf("at %s: %v", want, err)
		}
		d.Signal(unix.SIGTERM)
	}
	if status := d.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
