package netns

import (
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// manager is who the daemon tells of its state, as systemd is.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func (m *manager) says() string {
	m.t.Helper()
	buf := make([]byte, 4096)
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(buf[:n])
}

// reloaded sends SIGHUP and gives the status that comes of it.
func (m *manager) reloaded(d *lab.Daemon) string {
	m.t.Helper()
	d.Signal(unix.SIGHUP)
	if begun := m.says(); !strings.HasPrefix(begun, "RELOADING=1\nMONOTONIC_USEC=") || len(begun) < len("RELOADING=1\nMONOTONIC_USEC=1") {
		m.t.Errorf("at SIGHUP the daemon says %q", begun)
	}
	ready := m.says()
	status, found := strings.CutPrefix(ready, "READY=1\nSTATUS=")
	if !found {
		m.t.Errorf("after SIGHUP the daemon says %q", ready)
	}
	return status
}

// unitsReload is what the unit has systemd do at a reload before the signal.
func unitsReload(t *testing.T, o *lab.Operator, config string) func() lab.Result {
	t.Helper()
	unit, err := os.ReadFile("../../scripts/ktcpvsd.service")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(unit), "\nExecReload=/usr/local/sbin/tcpvsadm ")
	line, _, found := strings.Cut(rest, "\n")
	if !found {
		t.Fatal("the unit's first ExecReload= is no call of tcpvsadm")
	}
	words := strings.Fields(strings.Replace(line, "/etc/ktcpvs.conf", config, 1))
	return func() lab.Result { return o.Call(words...) }
}

// TestTheConfigurationFileIsAppliedWhenItIsAnotherAndAtSIGHUP also has files that are
// wrong, which change nothing.
func TestTheConfigurationFileIsAppliedWhenItIsAnotherAndAtSIGHUP(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	h.Cover("/etc/hosts", officeHosts)
	o := h.Operator()
	dir := t.TempDir()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dir + "/notify", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(wait.End())
	m := &manager{t, conn}
	config := dir + "/ktcpvs.conf"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() (d *lab.Daemon, said string) {
		t.Helper()
		cmd := h.Command(lab.Binary("ktcpvsd"), "--config="+config, "--loops=1")
		cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+dir+"/notify")
		d = h.Launch(cmd)
		return d, m.says()
	}
	end := func(d *lab.Daemon) {
		t.Helper()
		d.Signal(unix.SIGTERM)
		d.Wait()
		if said := m.says(); said != "STOPPING=1" {
			t.Errorf("at its end the daemon says %q", said)
		}
	}
	listens := func(port string, want bool) {
		t.Helper()
		c, err := h.Dial("127.0.0.1:" + port)
		if (err == nil) != want {
			t.Errorf("port %s: %v, expected that it listens: %v", port, err, want)
		}
		if err == nil {
			c.Close()
		}
	}

	write("virtual web { listen = 127.0.0.1:81 server = r1:80 1 }\nvirtual off { listen = 127.0.0.1:82 state = stopped }\n")
	d, said := begin()
	if said != "READY=1\nSTATUS="+config+" is applied" {
		t.Errorf("the daemon says %q", said)
	}
	listens("81", true)
	listens("82", false)
	o.Does("-e", "-i", "web", "-r", "r1:80", "-w", "5")
	end(d)

	// The same file leaves what was changed since.
	d, said = begin()
	if said != "READY=1" || !strings.Contains(o.Table(), "server = 192.168.0.11:80 5\n") {
		t.Errorf("the daemon says %q, and has\n%s", said, o.Table())
	}
	listens("81", true)

	// SIGHUP makes it what the file says; one with mistakes changes nothing.
	if status := m.reloaded(d); status != config+" is applied again" || !strings.Contains(o.Table(), "server = 192.168.0.11:80 1\n") {
		t.Errorf("status %q, and the table is\n%s", status, o.Table())
	}
	reload := unitsReload(t, o, config)
	if r := reload(); r.Status != 0 || r.Stdout+r.Stderr != "" {
		t.Errorf("of a good file the unit's reload has status %d and says %q", r.Status, r.Stderr)
	}
	before := o.Does("-S", "-n")
	taken := h.Listen("127.0.0.1:83")
	for text, want := range map[string]string{
		"virtual web {\n listen = 127.0.0.1:81\n nonsense = 1\n}\n":                      ":3:2: ",
		"virtual web { listen = 127.0.0.1:81 }\nvirtual two { listen = 127.0.0.1:83 }\n": "Address already in use",
		"virtual web { listen = 127.0.0.1:81 server = nobody.invalid:80 1 }\n":           "nobody.invalid",
		"# nothing\n": "no virtual service, expected one at least",
	} {
		write(text)
		status := m.reloaded(d)
		if !strings.HasPrefix(status, "degraded: reload failed, and nothing has changed: ") || !strings.Contains(status, want) {
			t.Errorf("%q: status %q, expected that it failed, and %q", text, status, want)
		}
		if r := reload(); r.Status == 0 || !strings.Contains(r.Stderr, want) {
			t.Errorf("%q: the unit's reload has status %d and says %q, expected that it failed, and %q", text, r.Status, r.Stderr, want)
		}
		lab.Eventually(t, "the log says so, too", func() bool {
			return d.Log.Has("the configuration file is refused: reload failed, and nothing has changed")
		})
		if after := o.Does("-S", "-n"); after != before {
			t.Errorf("%q: made of\n%s\nthis:\n%s", text, before, after)
		}
	}
	write("# nothing\n")
	end(d)

	// At the start, too: a wrong file leaves what was kept, a service that cannot
	// listen takes no other down, and a missing file is no obstacle.
	d, said = begin()
	if !strings.HasPrefix(said, "READY=1\nSTATUS=degraded: the table stays as it was: ") || o.Does("-S", "-n") != before {
		t.Errorf("the daemon says %q, and has\n%s", said, o.Table())
	}
	end(d)
	write("virtual web { listen = 127.0.0.1:81 server = r1:80 1 }\nvirtual two { listen = 127.0.0.1:83 }\n")
	d, said = begin()
	if !strings.HasPrefix(said, "READY=1\nSTATUS=degraded: not running: two: ") || !strings.Contains(said, "ddress already in use") {
		t.Errorf("the daemon says %q", said)
	}
	listens("81", true)
	end(d)
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	taken.Close()
	d, said = begin()
	if !strings.HasPrefix(said, "READY=1\nSTATUS=degraded: ") || !strings.Contains(said, "no such file") {
		t.Errorf("without the file the daemon says %q", said)
	}
	listens("81", true)
	listens("83", true) // it is to run, and can now
	end(d)
}
