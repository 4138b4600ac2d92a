package netns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/tests/netns/lab"
)

// kills is how often a daemon is killed in the middle of changes: KTCPVS_KILLS, or
// as often as the suite has time for.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("KTCPVS_KILLS")
	if text == "" {
		return 12
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("KTCPVS_KILLS is %q, expected a number of kills", text)
	}
	return n
}

// step is the batch that makes everything of the number i: two weights, and whether
// the service runs.
func step(i int) []proto.Change {
	dest := func(host string) proto.Change {
		return proto.Change{Command: proto.CmdSetDest, Dest: proto.Dest{Service: "web", Addr: netip.MustParseAddrPort(host), Weight: uint32(i)}}
	}
	state := []proto.Switch{proto.Off, proto.On}[i%2]
	return []proto.Change{dest("10.0.0.1:80"), {Command: proto.CmdSetService, Service: proto.Service{Name: "web", State: state}}, dest("10.0.0.2:80")}
}

// TestWhateverWasAcknowledgedOutlivesKills kills the daemon at any instant while it
// is being changed. What the next one has is the last change that was acknowledged,
// or the one that was being made, and whole; a service that ran listens.
func TestWhateverWasAcknowledgedOutlivesKills(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	o := h.Operator()
	begin := func() *lab.Daemon { return h.StartDaemon("--sysctl-dir=none", "--loops=1") }
	d := begin()
	o.Load("virtual web { listen = 127.0.0.1:81 server = 10.0.0.1:80 0 server = 10.0.0.2:80 0 }")
	last, generation := 0, uint64(0)
	for kill := range kills(t) {
		c := o.Connect(t)
		var acknowledged atomic.Int64
		acknowledged.Store(int64(last))
		ended := make(chan int)
		go func() {
			i := last
			for c.Apply(step((i+1)%proto.MaxWeight)) == nil {
				i++
				acknowledged.Store(int64(i))
			}
			ended <- i
		}()
		// Some changes are made, and then it ends in the middle of another one: how far
		// that has come differs from kill to kill.
		enough := int64(last + 1 + kill%5)
		lab.Eventually(t, "changes are acknowledged", func() bool { return acknowledged.Load() >= enough })
		for range kill * 977 % 5000 {
			acknowledged.Load()
		}
		d.Kill()
		last = <-ended
		d = begin()
		if d.Log.Has("DAMAGED") {
			t.Errorf("kill %d: a table counts as damaged:\n%s", kill, d.Log)
		}
		c = o.Connect(t)
		v, err := c.Virtual("web")
		if err != nil || len(v.Dests) != 2 {
			t.Fatalf("kill %d: %+v, %v\n%s", kill, v, err, d.Log)
		}
		is := int(v.Dests[0].Weight)
		if is != last && is != last+1 || int(v.Dests[1].Weight) != is || v.Service.Running != (is%2 == 1) {
			t.Fatalf("kill %d: weights %d and %d, running %v; expected %d twice, which was acknowledged, or the next number, and that it runs when it is odd",
				kill, is, v.Dests[1].Weight, v.Service.Running, last)
		}
		conn, err := h.Dial("127.0.0.1:81")
		if (err == nil) != v.Service.Running {
			t.Fatalf("kill %d: running %v, and a connection ends with %v", kill, v.Service.Running, err)
		}
		if err == nil {
			conn.Close()
		}
		info, err := c.Info()
		if err != nil || info.Generation < generation {
			t.Errorf("kill %d: generation %d became %d, %v", kill, generation, info.Generation, err)
		}
		last, generation = is, info.Generation
	}
	if history := o.Does("--history", "-n", "1"); !strings.Contains(history, "set-dest web 10.0.0.2:80 weight "+strconv.Itoa(last)) && !strings.Contains(history, fmt.Sprint("weight ", last-1)) {
		t.Errorf("the last entry of the journal is\n%s\nexpected that of %d, or of the one before when the kill came first", history, last)
	}
}

// TestADamagedTableGivesWayToTheOneBeforeIt damages what was kept last, and then all.
func TestADamagedTableGivesWayToTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	o := h.Operator()
	d := h.StartDaemon("--sysctl-dir=none", "--loops=1")
	o.Script(`
		-A -i one -l 127.0.0.1:81
		--knob read_timeout=7
		-A -i two -l 127.0.0.1:82`)
	d.Kill()
	spoil := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[min(200, len(text)-1)] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoil(h.Path(lab.StateDir + "/table.2"))
	d = h.StartDaemon("--sysctl-dir=none", "--loops=1")
	for _, want := range []string{"DAMAGED", "file=" + lab.StateDir + "/table.2 ", "table.2.damaged"} {
		if !d.Log.Has(want) {
			t.Errorf("the log does not say %q:\n%s", want, d.Log)
		}
	}
	if table := o.Table(); !strings.Contains(table, "Virtual one") || strings.Contains(table, "Virtual two") {
		t.Errorf("the table is\n%s\nexpected that of before the last change", table)
	}
	if got := o.Does("--knob", "read_timeout"); got != "read_timeout = 7\n" {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(h.Path(lab.StateDir + "/table.2.damaged")); err != nil {
		t.Error(err)
	}
	d.Kill()
	tables, err := filepath.Glob(h.Path(lab.StateDir + "/table.[012]"))
	if err != nil || len(tables) != 3 {
		t.Fatalf("%v, %v", tables, err)
	}
	for _, path := range tables {
		if info, err := os.Stat(path); err != nil || info.Size() > 0 {
			spoil(path)
		}
	}
	d = h.StartDaemon("--sysctl-dir=none", "--loops=1")
	if !d.Log.Has("DAMAGED") || o.Table() != "" {
		t.Errorf("with all of them damaged the table is\n%s\n%s", o.Table(), d.Log)
	}
}

func TestAFullDiskRefusesTheChangeWithTheReason(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	o := h.Operator()
	h.Shell(`mkdir "$1" && mount -t tmpfs -o size=64k,mode=755 none "$1"`, lab.StateDir)
	h.StartDaemon("--loops=1")
	o.Does("-A", "-i", "web", "-l", "127.0.0.1:81")
	h.Shell(`dd if=/dev/zero of="$1"/full bs=4k 2>/dev/null || true`, lab.StateDir)
	const why = "No space left on device: cannot keep the change in " + lab.StateDir + "/table.1"
	o.Fails(1, why, "--start")
	o.Fails(1, why, "-a", "-i", "web", "-r", "10.0.0.1:80")
	if conn, err := h.Dial("127.0.0.1:81"); err == nil {
		conn.Close()
		t.Error("a service listens though its start was refused")
	}
	if err := os.WriteFile(h.Path(lab.KnobDir+"/read_timeout"), []byte("7\n"), 0o644); !errors.Is(err, unix.ENOSPC) || h.Knob("read_timeout") != "180" {
		t.Errorf("through its file: %v, read_timeout %s", err, h.Knob("read_timeout"))
	}
	h.Shell(`rm "$1"/full`, lab.StateDir)
	o.Does("--start")
	conn, err := h.Dial("127.0.0.1:81")
	if err != nil {
		t.Fatalf("once there is room: %v", err)
	}
	conn.Close()
}

func TestTheStateDirectoryIsItsDefaultAndOneDaemonsAndEphemeralKeepsNothing(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	o := h.Operator()
	h.Shell("mount -t tmpfs none /var/lib")
	without := func(options ...string) *lab.Daemon {
		t.Helper()
		words := append([]string{"-u", "KTCPVS_STATE_DIR", lab.Binary("ktcpvsd"), "--loops=1", "--sysctl-dir=none"}, options...)
		d := h.Launch(h.Command("env", words...))
		lab.Eventually(t, "it is ready", func() bool { return d.Log.Has("ready") || d.Ended() })
		return d
	}
	d := without()
	o.Does("-A", "-i", "web", "-l", "127.0.0.1:81")
	refuses(t, h, 1, fmt.Sprintf("ktcpvsd: state directory: /var/lib/ktcpvs is another daemon's (process %d)", d.PID()),
		"choose another with --state-dir, or --ephemeral to keep nothing", `env -u KTCPVS_STATE_DIR "$1" --nlport=7 --run-dir=/run/two`)
	d.Signal(unix.SIGTERM)
	d.Wait()
	d = without("--ephemeral")
	if table := o.Table(); table != "" {
		t.Errorf("with --ephemeral the table is\n%s", table)
	}
	o.Does("-A", "-i", "other")
	d.Signal(unix.SIGTERM)
	d.Wait()
	without()
	if table := o.Table(); !strings.Contains(table, "Virtual web") || strings.Contains(table, "other") {
		t.Errorf("the table is\n%s\nexpected the one of before", table)
	}
}
