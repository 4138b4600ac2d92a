package control

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ktcpvs/daemon/state"
	"ktcpvs/proto"
	"ktcpvs/proto/conf"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// keeper remembers the last state, or fails.
type keeper struct {
	writes int
	last   state.State
	err    error
}

func (k *keeper) Write(s *state.State) error {
	if k.err != nil {
		return k.err
	}
	k.writes++
	k.last = *s
	k.last.Text = slices.Clone(s.Text)
	return nil
}

func keeping(t *testing.T) (*fixture, *keeper) {
	t.Helper()
	f, k := newFixture(t), &keeper{}
	f.control.Keep(k, f.control.records.journal)
	return f, k
}

func TestABatchIsOneWriteAndNothingIsNone(t *testing.T) {
	f, k := keeping(t)
	table := replacing(web("a", 80, proto.On), web("b", 81, proto.Off))
	if err := f.Apply(table); err != nil || k.writes != 1 {
		t.Errorf("%d writes, %v, want 1", k.writes, err)
	}
	if err := errors.Join(f.Apply(table), f.Start("a"), f.Stop("b"), f.SetKnob("read_timeout", 180), f.Zero("")); err != nil || k.writes != 1 {
		t.Errorf("%d writes, %v, want none for what is so already", k.writes, err)
	}
	if err := errors.Join(f.Start("b"), f.SetKnob("read_timeout", 9), f.LoadModule("wlc")); err != nil || k.writes != 4 {
		t.Errorf("%d writes, %v, want one for each of three changes more", k.writes, err)
	}
	// The knob that is an order is not kept.
	if err := f.SetKnob("unload", 1); err != nil || k.writes != 4 || strings.Contains(string(k.last.Text), "unload") {
		t.Errorf("%d writes, %v: %s", k.writes, err, k.last.Text)
	}
}

func TestAChangeThatCannotBeKeptHasNoEffect(t *testing.T) {
	f, k := keeping(t)
	f.must(t, newService("a"))
	before, entries := f.store.Snapshot(), len(f.control.records.journal.Last("", 99))
	k.err = fmt.Errorf("cannot keep the change in /s/table.1: %w", unix.ENOSPC)
	for name, err := range map[string]error{
		"service": f.Do(newService("b")), "start": f.Start("a"), "knob": f.SetKnob("read_timeout", 9), "module": f.LoadModule("wlc"),
		"batch": f.Apply(replacing(web("a", 80, proto.On))),
	} {
		if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), "No space left on device: cannot keep the change in /s/table.1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f.store.Snapshot() != before || len(f.runtime.running) != 0 || f.knobs.ReadTimeout.Get() != 180 || slices.Contains(f.control.modules.Loaded(), "wlc") {
		t.Errorf("generation %d became %d, %v run, modules %v", before.Generation, f.store.Snapshot().Generation, f.runtime.running, f.control.modules.Loaded())
	}
	if now := len(f.control.records.journal.Last("", 99)); now != entries {
		t.Errorf("the journal has %d entries, expected %d as before", now, entries)
	}
	k.err = nil
	if err := f.Start("a"); err != nil {
		t.Error(err)
	}
}

// Whatever was done, the next daemon makes the same of what was kept.
func TestWhatIsKeptIsRestored(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f, k := keeping(t)
		for range 12 {
			f.Apply(rapid.SliceOfN(genChange, 1, 4).Draw(r, "changes"))
			switch rapid.IntRange(0, 3).Draw(r, "more") {
			case 0:
				f.Start(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "start"))
			case 1:
				f.Stop("")
			case 2:
				f.SetKnob(rapid.SampledFrom([]string{"read_timeout", "debug_level"}).Draw(r, "knob"), rapid.Int32Range(1, 9).Draw(r, "value"))
			case 3:
				f.LoadModule(rapid.SampledFrom([]string{"wlc", "chttp"}).Draw(r, "module"))
			}
		}
		if k.writes == 0 {
			return
		}
		g, again := keeping(t)
		if unable, err := g.control.Restore(k.last); err != nil || len(unable) != 0 {
			r.Fatalf("%v, %v of\n%s", err, unable, k.last.Text)
		}
		if again.writes != 0 {
			r.Fatalf("%d writes: %s\nof %s", again.writes, again.last.Text, k.last.Text)
		}
		one, err1 := f.Table()
		two, err2 := g.Table()
		if err1 != nil || err2 != nil || !reflect.DeepEqual(one, two) {
			r.Fatalf("%v, %v:\n%+v\nbecame\n%+v", err1, err2, one, two)
		}
		slices.Sort(f.runtime.running)
		slices.Sort(g.runtime.running)
		if !slices.Equal(f.runtime.running, g.runtime.running) || f.store.Snapshot().Generation != g.store.Snapshot().Generation ||
			f.knobs.ReadTimeout.Get() != g.knobs.ReadTimeout.Get() || !slices.Equal(f.control.modules.Loaded(), g.control.modules.Loaded()) {
			r.Fatalf("%v run, generation %d, modules %v; became %v, %d, %v", f.runtime.running, f.store.Snapshot().Generation, f.control.modules.Loaded(),
				g.runtime.running, g.store.Snapshot().Generation, g.control.modules.Loaded())
		}
	})
}

func TestAServiceThatCannotListenAtTheStartTakesNothingDownAndIsKeptAsRunning(t *testing.T) {
	f, k := keeping(t)
	if err := f.Apply(replacing(web("a", 80, proto.On), web("b", 81, proto.On), web("c", 82, proto.Off))); err != nil {
		t.Fatal(err)
	}
	g, again := keeping(t)
	g.runtime.refuse["b"] = unix.EADDRNOTAVAIL
	unable, err := g.control.Restore(k.last)
	if err != nil || len(unable) != 1 || unable[0].Service != "b" || !errors.Is(unable[0].Err, unix.EADDRNOTAVAIL) {
		t.Fatalf("%v, unable %v", err, unable)
	}
	if !slices.Equal(g.runtime.running, []string{"a"}) {
		t.Errorf("%v run, expected a", g.runtime.running)
	}
	if string(again.last.Text) != string(k.last.Text) {
		t.Errorf("kept is now\n%s\nexpected as before\n%s", again.last.Text, k.last.Text)
	}
	// Later changes leave that as it is, until it is told to stop, or can start.
	g.must(t, ofDest(proto.CmdSetDest, "a", r1))
	if n := strings.Count(string(again.last.Text), "state = running"); n != 2 {
		t.Errorf("%d services are kept as running, expected 2:\n%s", n, again.last.Text)
	}
	if err := g.Stop("b"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(again.last.Text), "state = running"); n != 1 {
		t.Errorf("%d services are kept as running, expected 1:\n%s", n, again.last.Text)
	}
}

func TestAConfigurationStartsWhatIsNewAndARunningServiceIsLeftAsItIs(t *testing.T) {
	f, k := keeping(t)
	f.must(t, newService("old"))
	read := func(text string) *conf.File {
		c, err := conf.Read("x", []byte(text), numbers{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	file := read("virtual old { listen = 0.0.0.0:80 }\nvirtual new { listen = 0.0.0.0:81 }\nvirtual off { listen = 0.0.0.0:82 state = stopped }\nknobs { read_timeout = 7 }\n")
	if unable, err := f.control.Configure(file, "digest", false); err != nil || len(unable) != 0 {
		t.Fatal(err, unable)
	}
	if !slices.Equal(f.runtime.running, []string{"new"}) || f.control.ConfigDigest() != "digest" || k.last.Config != "digest" || f.knobs.ReadTimeout.Get() != 7 {
		t.Errorf("%v run, digest %q, kept %q", f.runtime.running, f.control.ConfigDigest(), k.last.Config)
	}
	if e := f.control.records.journal.Last("", 1)[0]; e.Way != "config" || !slices.Contains(e.Services, "off") {
		t.Errorf("the journal has %+v", e)
	}
	// What is wrong has its place, and changes nothing.
	before := f.store.Snapshot()
	f.runtime.refuse["bad"] = unix.EADDRINUSE
	_, err := f.control.Configure(read("virtual old { listen = 0.0.0.0:80 }\nvirtual bad { listen = 0.0.0.0:81 }\n"), "other", false)
	if err == nil || !strings.HasPrefix(err.Error(), "line 2, column 9: ") || !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
	if f.store.Snapshot() != before || f.control.ConfigDigest() != "digest" {
		t.Errorf("generation %d became %d, the digest %s", before.Generation, f.store.Snapshot().Generation, f.control.ConfigDigest())
	}
}

func TestEveryWayOfChangingSomethingIsOneEntry(t *testing.T) {
	f := newFixture(t)
	j := f.control.records.journal
	type want struct{ way, services, changes, before, after string }
	check := func(what string, err error, w want) {
		t.Helper()
		entries := j.Last("", 2)
		if err != nil || len(entries) == 0 {
			t.Fatalf("%s: %v, %d entries", what, err, len(entries))
		}
		e := entries[len(entries)-1]
		got := want{e.Way, strings.Join(e.Services, ","), strings.Join(e.Changes, ";"), strings.Join(e.Before, ";"), strings.Join(e.After, ";")}
		if got != w {
			t.Errorf("%s:\n got %+v\nwant %+v", what, got, w)
		}
		if e.Generation != f.store.Snapshot().Generation || e.Time.IsZero() {
			t.Errorf("%s: %+v", what, e)
		}
		if n := e.Number; n != uint64(len(j.Last("", 99))) {
			t.Errorf("%s: entry %d of %d", what, n, len(j.Last("", 99)))
		}
	}
	check("service", f.Do(proto.Change{Command: proto.CmdNewService, Service: proto.Service{Name: "a", Listen: netip.MustParseAddrPort("0.0.0.0:80")}}),
		want{"netlink", "a", "new-service a", "", "module http;a: Virtual a {;a: listen = 0.0.0.0:80;a: scheduler = http;a: startservers = 8;a: maxclients = " +
			fmt.Sprint(proto.DefaultMaxClients) + ";a: minspareservers = 6;a: maxspareservers = 18;a: state = stopped;a: }"})
	check("batch", f.Apply([]proto.Change{ofDest(proto.CmdNewDest, "a", r1), ofRule(proto.CmdNewRule, "a", "/x", r1)}),
		want{"netlink", "a", `new-dest a 10.0.0.1:80 weight 1;new-rule a pattern "/x" server 10.0.0.1:80`, "", `a: server = 10.0.0.1:80 1;a: rule = pattern "/x" use server 10.0.0.1:80`})
	check("start", f.Start(""), want{"netlink", "a", "start a", "a: state = stopped", "a: state = running"})
	check("stop", f.Stop("a"), want{"netlink", "a", "stop a", "a: state = running", "a: state = stopped"})
	check("zero", f.Zero(""), want{"netlink", "", "zero (every service)", "", ""})
	check("module", f.LoadModule("wlc"), want{"netlink", "", "new-module wlc", "", "module wlc"})
	check("unload module", f.UnloadModule("wlc"), want{"netlink", "", "del-module wlc", "module wlc", ""})
	check("knob", f.SetKnob("read_timeout", 9), want{"netlink", "", "set-knob read_timeout 9", "read_timeout = 180", "read_timeout = 9"})
	check("sysctl file", f.control.SetKnob(7, int32(os.Getpid()), "read_timeout", 8), want{"sysctl", "", "set-knob read_timeout 8", "read_timeout = 9", "read_timeout = 8"})
	if e := j.Last("", 1)[0]; e.UID != 7 || e.PID != int32(os.Getpid()) || e.Program == "" {
		t.Errorf("the journal has %+v", e)
	}
	if err := f.Do(newService("a")); err == nil {
		t.Error("a service can be added twice")
	}
	if err := f.SetKnob("read_timeout", 8); err != nil {
		t.Error(err)
	}
	check("nothing more", nil, want{"sysctl", "", "set-knob read_timeout 8", "read_timeout = 9", "read_timeout = 8"})
	check("flush", f.Do(proto.Change{Command: proto.CmdFlush}), want{"netlink", "a", "flush", strings.ReplaceAll(
		`a: Virtual a {;a: listen = 0.0.0.0:80;a: scheduler = http;a: startservers = 8;a: maxclients = MAX;a: minspareservers = 6;a: maxspareservers = 18;a: state = stopped;a: server = 10.0.0.1:80 1;a: rule = pattern "/x" use server 10.0.0.1:80;a: }`,
		"MAX", fmt.Sprint(proto.DefaultMaxClients)), ""})

	entries, err := f.History("a", 2)
	if err != nil || len(entries) != 2 || entries[1].Changes[0] != "flush" || entries[0].Changes[0] != "stop a" {
		t.Errorf("over netlink: %+v, %v", entries, err)
	}
	if entries, err := f.History("", 0); err != nil || len(entries) != len(j.Last("", 99)) {
		t.Errorf("over netlink: %d entries of %d, %v", len(entries), len(j.Last("", 99)), err)
	}
}
