package client_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/prototest"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func dial(t *testing.T) (*client.Client, *prototest.Daemon) {
	t.Helper()
	d := prototest.New()
	c, err := client.New(d.Pipe())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, d
}

var r1 = netip.MustParseAddrPort("10.0.0.1:80")

func service(name string) proto.Change {
	return proto.Change{Command: proto.CmdNewService, Service: proto.Service{Name: name}}
}

func dest(service string, a netip.AddrPort) proto.Change {
	return proto.Change{Command: proto.CmdNewDest, Dest: proto.Dest{Service: service, Addr: a, Weight: 1}}
}

func rule(service, pattern string, a netip.AddrPort) proto.Change {
	return proto.Change{Command: proto.CmdNewRule, Rule: proto.Rule{
		Service: service, Conditions: proto.Conditions{Pattern: pattern}, Dests: []netip.AddrPort{a}}}
}

func TestATableGoesOutAndComesBack(t *testing.T) {
	c, d := dial(t)
	err := c.Apply([]proto.Change{service("web"), dest("web", r1), rule("web", "/a", r1), rule("web", ".*", r1), service("mail")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Table()
	if err != nil {
		t.Fatal(err)
	}
	if want := d.Table(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(got) != 2 || got[0].Service.Name != "mail" || len(got[1].Rules) != 2 || got[1].Rules[0].Pattern != "/a" {
		t.Errorf("the table is %+v", got)
	}
	v, err := c.Virtual("web")
	if err != nil || !reflect.DeepEqual(v, got[1]) {
		t.Errorf("one service is %+v, %v; want %+v", v, err, got[1])
	}
}

func TestErrorsCarryErrnoTextAndCommand(t *testing.T) {
	c, _ := dial(t)
	err := c.Do(dest("nobody", r1))
	if !errors.Is(err, unix.ESRCH) || err.Error() != `Service not defined: service "nobody"` {
		t.Errorf("got %v", err)
	}
	if _, err := c.Virtual("nobody"); !errors.Is(err, unix.ESRCH) {
		t.Errorf("got %v", err)
	}
	var e *proto.Error
	if !errors.As(err, &e) || e.Command != proto.CmdNewDest {
		t.Errorf("got %#v", e)
	}
}

func TestAFailedBatchNamesItsChangeAndChangesNothing(t *testing.T) {
	c, d := dial(t)
	if err := c.Do(service("old")); err != nil {
		t.Fatal(err)
	}
	before := d.Table()
	err := c.Apply([]proto.Change{{Command: proto.CmdFlush}, service("web"), dest("web", r1), dest("web", r1), service("later")})
	var e *proto.Error
	if !errors.As(err, &e) || e.Errno != unix.EEXIST || e.Index != 4 || e.Command != proto.CmdNewDest {
		t.Fatalf("got %#v", err)
	}
	if !reflect.DeepEqual(d.Table(), before) {
		t.Errorf("the table changed to %+v", d.Table())
	}
	// And the conversation goes on.
	if err := c.Apply([]proto.Change{service("web")}); err != nil {
		t.Error(err)
	}
}

func TestWhatCanNotBeSentIsRefusedBeforeAnythingIs(t *testing.T) {
	c, d := dial(t)
	err := c.Apply([]proto.Change{service("web"), service("a name that is much too long")})
	var e *proto.Error
	if !errors.As(err, &e) || e.Errno != unix.EINVAL || e.Index != 2 {
		t.Errorf("got %#v", err)
	}
	for _, cmd := range []proto.Command{proto.CmdGetInfo, proto.CmdBatchCommit, 77} {
		if err := c.Do(proto.Change{Command: cmd}); !errors.Is(err, unix.EOPNOTSUPP) {
			t.Errorf("%v: got %v", cmd, err)
		}
		if err := c.Apply([]proto.Change{{Command: cmd}}); !errors.Is(err, unix.EOPNOTSUPP) {
			t.Errorf("%v in a batch: got %v", cmd, err)
		}
	}
	if len(d.Table()) != 0 {
		t.Errorf("the table is %+v", d.Table())
	}
}

// sizes notes how long the datagrams are that go out.
type sizes struct {
	client.Transport
	longest, count int
}

func (s *sizes) SendMessages(messages []netlink.Message) error {
	length := 0
	for _, m := range messages {
		b, err := m.MarshalBinary()
		if err != nil {
			return err
		}
		length += len(b)
	}
	s.longest, s.count = max(s.longest, length), s.count+1
	return s.Transport.SendMessages(messages)
}

func TestABatchOfManySmallChangesGoesOutInDatagramsOfTheUsualSize(t *testing.T) {
	sent := &sizes{Transport: prototest.New().Pipe()}
	c, err := client.New(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	changes := make([]proto.Change, 5000)
	for i := range changes {
		changes[i].Command = proto.CmdFlush
	}
	if err := c.Apply(changes); err != nil {
		t.Fatal(err)
	}
	if most := 32 << 10; sent.longest > most || sent.count < 3 {
		t.Errorf("%d datagrams, the longest of %d bytes, expected several of %d at most", sent.count, sent.longest, most)
	}
}

func TestServicesStartAndStop(t *testing.T) {
	c, d := dial(t)
	for _, name := range []string{"a", "b"} {
		if err := c.Do(service(name)); err != nil {
			t.Fatal(err)
		}
	}
	running := func() (n int) {
		for _, v := range d.Table() {
			if v.Service.Running {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		call func(string) error
		name string
		want int
	}{{c.Start, "a", 1}, {c.Start, "", 2}, {c.Stop, "b", 1}, {c.Stop, "", 0}, {c.Zero, "a", 0}} {
		if err := step.call(step.name); err != nil || running() != step.want {
			t.Errorf("%q: %d run, %v; want %d", step.name, running(), err, step.want)
		}
	}
	if err := c.Start("nobody"); !errors.Is(err, unix.ESRCH) {
		t.Errorf("got %v", err)
	}
}

func TestModulesAndKnobs(t *testing.T) {
	c, _ := dial(t)
	if err := c.LoadModule("wlc"); err != nil {
		t.Fatal(err)
	}
	if err := c.Do(service("web")); err != nil {
		t.Fatal(err)
	}
	modules, err := c.Modules()
	want := []proto.Module{{Name: "wlc", Loaded: true}, {Name: "http", Loaded: true, Users: 1}, {Name: "phttp"}, {Name: "chttp"}, {Name: "hhttp"}}
	if err != nil || !reflect.DeepEqual(modules, want) {
		t.Errorf("got %+v, %v", modules, err)
	}
	if err := c.UnloadModule("http"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v", err)
	}
	if err := c.UnloadModule("wlc"); err != nil {
		t.Error(err)
	}
	if err := c.LoadModule("rr"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
	if err := c.SetKnob("debug_level", -3); err != nil {
		t.Error(err)
	}
	if err := c.SetKnob("nothing", 1); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
	info, err := c.Info()
	if err != nil || info.Services != 1 || info.Generation != 1 || info.Version != proto.Version ||
		info.Knobs[0] != (proto.KnobValue{Name: "debug_level", Value: -3}) {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestARuleWithManyServersComesBackWhole(t *testing.T) {
	c, d := dial(t)
	changes := []proto.Change{service("web")}
	for i := range 3000 {
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)
		changes = append(changes, dest("web", a), rule("web", "/x", a))
	}
	if err := c.Apply(changes); err != nil {
		t.Fatal(err)
	}
	v, err := c.Virtual("web")
	if err != nil || len(v.Rules) != 1 || len(v.Rules[0].Dests) != 3000 || !reflect.DeepEqual(v, d.Table()[0]) {
		t.Errorf("%d rules, %v", len(v.Rules), err)
	}
}

// refusing refuses whatever is asked.
type refusing struct {
	*prototest.Daemon
	with proto.Error
}

func (r refusing) Do(proto.Peer, *proto.Request) error { return &r.with }

// The extended acknowledgement is netlink.OpError's, and comes out as our own.
func TestARefusalKeepsWhatTheAcknowledgementSays(t *testing.T) {
	for _, want := range []proto.Error{
		{Errno: unix.EPERM},
		{Errno: unix.EBUSY, Text: "which stands in the way"},
		{Errno: unix.EINVAL, Text: "attribute name of service is missing", Offset: 20},
	} {
		c, err := client.New(prototest.NewPipe(refusing{prototest.New(), want}))
		if err != nil {
			t.Fatal(err)
		}
		err = c.Stop("web")
		want.Command = proto.CmdStop
		if e, ok := errors.AsType[*proto.Error](err); !ok || *e != want {
			t.Errorf("got %#v, want %+v", err, want)
		}
		c.Close()
	}
}
