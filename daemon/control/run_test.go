package control

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

func TestStartAndStopAreAnsweredWhenDoneAndRepeatable(t *testing.T) {
	f := newFixture(t)
	b, c := newService("b"), newService("c")
	b.Service.Listen, c.Service.Listen = netip.MustParseAddrPort("0.0.0.0:81"), netip.MustParseAddrPort("0.0.0.0:82")
	f.must(t, newService("a"), b, c)
	for range 2 {
		if err := f.Start("a"); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(f.runtime.running, []string{"a"}) || f.runtime.calls != 1 || !f.store.Snapshot().Lookup("a").Running {
		t.Errorf("running %v after %d calls", f.runtime.running, f.runtime.calls)
	}
	f.runtime.refuse["b"] = fmt.Errorf("listen on 0.0.0.0:8080: %w", unix.EADDRINUSE)
	err := f.Start("")
	if want := `Address already in use: service "b": listen on 0.0.0.0:8080`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !errors.Is(err, unix.EADDRINUSE) || !slices.Equal(f.runtime.running, []string{"a", "c"}) {
		t.Errorf("running %v, %v: those that can start do", f.runtime.running, err)
	}
	if f.store.Snapshot().Lookup("b").Running {
		t.Error("the table says that b runs")
	}
	for range 2 {
		if err := f.Stop(""); err != nil || len(f.runtime.running) != 0 {
			t.Errorf("running %v, %v", f.runtime.running, err)
		}
	}
	for _, call := range []func(string) error{f.Start, f.Stop, f.Zero} {
		if err := call("no"); !errors.Is(err, unix.ESRCH) {
			t.Errorf("got %v", err)
		}
	}
}

func TestNothingStartsWhileUnloading(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("a"))
	if err := f.SetKnob("unload", 1); err != nil {
		t.Fatal(err)
	}
	err := f.Start("a")
	if !errors.Is(err, unix.EBUSY) || err.Error() != "The daemon is unloading: unload is 1: set it to 0 before services start" {
		t.Errorf("got %v", err)
	}
	if err := f.SetKnob("unload", 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Start("a"); err != nil {
		t.Error(err)
	}
}

// A knob may set off what comes back to the control, as unload does.
func TestAKnobMayStopServices(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("a"))
	if err := f.Start("a"); err != nil {
		t.Fatal(err)
	}
	f.knobs.Unload.OnChange(func(_, now int32) {
		if err := errors.Join(f.control.Stop(""), f.control.Flush()); err != nil {
			t.Error(err)
		}
	})
	if err := f.SetKnob("unload", 1); err != nil {
		t.Fatal(err)
	}
	if len(f.runtime.running) != 0 || len(f.store.Snapshot().Services) != 0 {
		t.Errorf("running %v, %d services", f.runtime.running, len(f.store.Snapshot().Services))
	}
}

func TestKnobsAreRangeCheckedAndListed(t *testing.T) {
	f := newFixture(t)
	if err := f.SetKnob("read_timeout", 7); err != nil || f.knobs.ReadTimeout.Get() != 7 {
		t.Errorf("%v, read_timeout is %d", err, f.knobs.ReadTimeout.Get())
	}
	if err := f.SetKnob("read_timeout", 0); !errors.Is(err, unix.ERANGE) || f.knobs.ReadTimeout.Get() != 7 {
		t.Errorf("got %v, read_timeout is %d", err, f.knobs.ReadTimeout.Get())
	}
	if err := f.SetKnob("nothing", 0); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
	info, err := f.Info()
	if err != nil || len(info.Knobs) != len(f.knobs.All()) {
		t.Fatalf("got %+v, %v", info, err)
	}
	for i, k := range f.knobs.All() {
		if info.Knobs[i] != (proto.KnobValue{Name: k.Name(), Value: k.Get()}) {
			t.Errorf("knob %d is %+v", i, info.Knobs[i])
		}
	}
}

func TestModulesLoadOnFirstUseAndUnloadWhenUnused(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("web"))
	modules, err := f.Modules()
	if err != nil || len(modules) != 5 || modules[1] != (proto.Module{Name: "http", Loaded: true, Users: 1}) || modules[0].Loaded {
		t.Errorf("got %+v, %v", modules, err)
	}
	if err := f.UnloadModule("http"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v", err)
	}
	f.must(t, ofService(proto.CmdDelService, "web"))
	if err := f.UnloadModule("http"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"http", "rr"} {
		if err := f.UnloadModule(name); !errors.Is(err, unix.ENOENT) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := f.LoadModule("wlc"); err != nil {
		t.Error(err)
	}
	if err := f.LoadModule("wlc"); !errors.Is(err, unix.EEXIST) {
		t.Errorf("got %v", err)
	}
	if err := f.LoadModule("rr"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
}
