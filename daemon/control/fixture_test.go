package control

import (
	"net/netip"
	"slices"
	"testing"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/prototest"
)

// runtime notes what it is told, and refuses to start the services in refuse.
type runtime struct {
	running []string
	calls   int
	refuse  map[string]error
}

func (r *runtime) Prepare(next *table.Snapshot) (func(bool), error) {
	var starts, stops []string
	for _, svc := range next.Services {
		switch is := slices.Contains(r.running, svc.Name); {
		case svc.Running && !is:
			r.calls++
			if err := r.refuse[svc.Name]; err != nil {
				return nil, &table.ListenError{Service: svc.Name, Err: err}
			}
			starts = append(starts, svc.Name)
		case !svc.Running && is:
			stops = append(stops, svc.Name)
		}
	}
	for _, name := range r.running {
		if next.Lookup(name) == nil {
			stops = append(stops, name)
		}
	}
	return func(taken bool) {
		if taken {
			r.running = slices.DeleteFunc(append(r.running, starts...), func(n string) bool { return slices.Contains(stops, n) })
		}
	}, nil
}

func (r *runtime) Changed() {}

func (r *runtime) StopAll() { r.running = nil }

type fixture struct {
	*client.Client
	store   *table.Store
	knobs   *knob.Knobs
	runtime *runtime
	control *Control
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	reg := sched.NewRegistry()
	f := &fixture{
		store:   table.NewStore(reg, 2, match.DefaultLimits()),
		knobs:   knob.New(),
		runtime: &runtime{refuse: map[string]error{}},
	}
	f.control = New(f.store, reg, f.knobs, f.runtime, klog.Discard(), func(netip.Addr) bool { return false })
	c, err := client.New(prototest.NewPipe(f.control))
	if err != nil {
		t.Fatal(err)
	}
	f.Client = c
	return f
}

func (f *fixture) must(t *testing.T, changes ...proto.Change) {
	t.Helper()
	for _, c := range changes {
		if err := f.Do(c); err != nil {
			t.Fatalf("%v: %v", c.Command, err)
		}
	}
}

var (
	r1 = netip.MustParseAddrPort("10.0.0.1:80")
	r2 = netip.MustParseAddrPort("[2001:db8::2]:8080")
)

func newService(name string) proto.Change {
	return proto.Change{Command: proto.CmdNewService, Service: proto.Service{Name: name}}
}

func ofService(cmd proto.Command, name string) proto.Change {
	return proto.Change{Command: cmd, Service: proto.Service{Name: name}}
}

func ofDest(cmd proto.Command, service string, a netip.AddrPort) proto.Change {
	return proto.Change{Command: cmd, Dest: proto.Dest{Service: service, Addr: a, Weight: 1}}
}

func ofRule(cmd proto.Command, service, pattern string, a netip.AddrPort) proto.Change {
	return proto.Change{Command: cmd, Rule: proto.Rule{
		Service: service, Conditions: proto.Conditions{Pattern: pattern}, Dests: []netip.AddrPort{a}}}
}
