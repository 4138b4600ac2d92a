package control

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// web is a service as a file gives it, with its servers and rules.
func web(name string, port uint16, state proto.Switch) []proto.Change {
	service := newService(name)
	service.Service.Listen = netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	service.Service.State = state
	return []proto.Change{service, ofDest(proto.CmdNewDest, name, r1), ofDest(proto.CmdNewDest, name, r2),
		ofRule(proto.CmdNewRule, name, "/a", r1), ofRule(proto.CmdNewRule, name, ".*", r2)}
}

func replacing(parts ...[]proto.Change) []proto.Change {
	return append([]proto.Change{{Command: proto.CmdReplace}}, slices.Concat(parts...)...)
}

func TestATableThatIsReplacedByItselfStays(t *testing.T) {
	f := newFixture(t)
	table := replacing(web("a", 80, proto.On), web("b", 81, proto.NotGiven))
	if err := f.Apply(table); err != nil {
		t.Fatal(err)
	}
	before, calls := f.store.Snapshot(), f.runtime.calls
	if err := f.Apply(table); err != nil {
		t.Fatal(err)
	}
	if f.store.Snapshot() != before || f.runtime.calls != calls {
		t.Errorf("generation %d became %d, and %d services were started again; want nothing", before.Generation,
			f.store.Snapshot().Generation, f.runtime.calls-calls)
	}
}

func TestWhatATableDoesNotNameIsStoppedAndGoesAndTheRestIsShared(t *testing.T) {
	f := newFixture(t)
	if err := f.Apply(replacing(web("a", 80, proto.On), web("b", 81, proto.On), web("c", 82, proto.Off))); err != nil {
		t.Fatal(err)
	}
	was := f.store.Snapshot()
	changed := web("c", 82, proto.NotGiven)
	changed[1].Dest.Weight = 5
	if err := f.Apply(replacing(web("a", 80, proto.NotGiven), changed)); err != nil {
		t.Fatal(err)
	}
	now := f.store.Snapshot()
	if now.Lookup("a") != was.Lookup("a") || now.Lookup("b") != nil || !slices.Equal(f.runtime.running, []string{"a"}) {
		t.Errorf("%v run, a is the same: %v; want a alone, as it was", f.runtime.running, now.Lookup("a") == was.Lookup("a"))
	}
	b := was.Lookup("b")
	if now.At(b.Live) != b {
		t.Error("the connections of b, which ran, find it no more")
	}
	c, cWas := now.Lookup("c"), was.Lookup("c")
	if c.Live != cWas.Live || c.Matcher != cWas.Matcher || c.Servers[0] != cWas.Servers[0] || c.Rules[1] != cWas.Rules[1] ||
		c.Servers[1].Live != cWas.Servers[1].Live || c.Servers[1].Weight != 5 || c.Running {
		t.Errorf("of c, where one weight is another, more is: %+v, was %+v", c, cWas)
	}
}

func TestAServiceThatCannotStartKeepsTheWholeTableFromChanging(t *testing.T) {
	f := newFixture(t)
	f.runtime.refuse["b"] = unix.EADDRINUSE
	if err := f.Apply(replacing(web("a", 80, proto.On))); err != nil {
		t.Fatal(err)
	}
	before := f.store.Snapshot()
	err := f.Apply(replacing(web("c", 82, proto.On), web("b", 81, proto.On)))
	var e *proto.Error
	if !errors.As(err, &e) || e.Errno != unix.EADDRINUSE || e.Index != 7 {
		t.Errorf("got %#v, want EADDRINUSE of change 7, which has b run", err)
	}
	if f.store.Snapshot() != before || !slices.Equal(f.runtime.running, []string{"a"}) {
		t.Errorf("%v run; want a, and the table as it was", f.runtime.running)
	}
}

func TestABatchHoldsStartsKnobsAndModules(t *testing.T) {
	f := newFixture(t)
	knob := func(value int32) proto.Change {
		return proto.Change{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: "read_timeout", Value: value}}
	}
	module := func(cmd proto.Command, name string) proto.Change {
		return proto.Change{Command: cmd, Module: proto.Module{Name: name}}
	}
	all := []proto.Change{newService("a"), ofService(proto.CmdStart, "a"), knob(7), module(proto.CmdNewModule, "wlc")}
	// The last is refused, and with it all before.
	for last, errno := range map[string]unix.Errno{"http": unix.EBUSY, "phttp": unix.ENOENT} {
		err := f.Apply(append(slices.Clone(all), module(proto.CmdDelModule, last)))
		if !errors.Is(err, errno) || len(f.runtime.running) != 0 || f.knobs.ReadTimeout.Get() == 7 || len(f.control.modules.Loaded()) != 0 {
			t.Errorf("%s: %v, %v run, read_timeout %d, modules %v; want %v and nothing of the batch", last, err,
				f.runtime.running, f.knobs.ReadTimeout.Get(), f.control.modules.Loaded(), errno)
		}
	}
	if err := f.Apply(append(slices.Clone(all), knob(1<<30))); !errors.Is(err, unix.ERANGE) || f.knobs.ReadTimeout.Get() == 7 {
		t.Errorf("got %v, read_timeout %d; want ERANGE and nothing of the batch", err, f.knobs.ReadTimeout.Get())
	}
	if err := f.Apply(all); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.runtime.running, []string{"a"}) || f.knobs.ReadTimeout.Get() != 7 || !slices.Equal(f.control.modules.Loaded(), []string{"wlc", "http"}) {
		t.Errorf("%v run, read_timeout %d, modules %v", f.runtime.running, f.knobs.ReadTimeout.Get(), f.control.modules.Loaded())
	}
	if err := f.Apply(replacing([]proto.Change{module(proto.CmdNewModule, "hhttp")}, web("a", 80, proto.NotGiven))); err != nil {
		t.Fatal(err)
	}
	if got := f.control.modules.Loaded(); !slices.Equal(got, []string{"http", "hhttp"}) {
		t.Errorf("modules %v are loaded; want hhttp, which the table names, and http, which a uses", got)
	}
}

func TestAfterShutdownNothingChangesAndTheTableStaysAsItRan(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("a"), ofService(proto.CmdStart, "a"))
	f.control.Shutdown()
	if err := f.Do(newService("b")); !errors.Is(err, unix.ESHUTDOWN) {
		t.Errorf("got %v, want ESHUTDOWN", err)
	}
	if len(f.runtime.running) != 0 || !f.store.Snapshot().Lookup("a").Running {
		t.Errorf("%v run, and the table says %v; want none, and that a is to run", f.runtime.running, f.store.Snapshot().Lookup("a").Running)
	}
}
