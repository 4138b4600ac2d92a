package control

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"ktcpvs/proto"
)

func TestCountersAreReportedAndZeroed(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("web"), ofDest(proto.CmdNewDest, "web", r1))
	svc := f.store.Snapshot().Lookup("web")
	svc.Live.Stats.Cell(1).Requests.Add(3)
	svc.Live.Conns.Add(2)
	svc.Servers[0].Live.Stats.Cell(0).OutBytes.Add(1 << 40)
	v, err := f.Virtual("web")
	if err != nil || v.Service.Stats.Requests != 3 || v.Service.ActiveConns != 2 || v.Dests[0].Stats.OutBytes != 1<<40 {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := f.Zero("web"); err != nil {
		t.Fatal(err)
	}
	v, err = f.Virtual("web")
	if err != nil || v.Service.Stats != (proto.Stats{}) || v.Dests[0].Stats != (proto.Stats{}) || v.Service.ActiveConns != 2 {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestEverythingOfAServiceComesBack(t *testing.T) {
	f := newFixture(t)
	want := proto.Virtual{
		Service: proto.Service{
			Name: "shop", Scheduler: "hhttp", Listen: netip.MustParseAddrPort("[::1]:81"), Redirect: r1,
			StartServers: 1, MaxClients: 65535, MinSpareServers: 2, MaxSpareServers: 3,
		},
		Dests: []proto.Dest{{Service: "shop", Addr: r2, Weight: 65535}, {Service: "shop", Addr: r1}},
		Rules: []proto.Rule{{Service: "shop", Match: 1, Dests: []netip.AddrPort{r2, r1}, Conditions: proto.Conditions{
			Pattern: "/u/([^/]+)", Host: "shop", Method: "GET",
			Headers: []proto.NamedPattern{{Name: "Accept", Pattern: "html"}, {Name: "DNT"}},
			Cookies: []proto.NamedPattern{{Name: "sid", Pattern: "."}},
			Queries: []proto.NamedPattern{{Name: "q"}},
			Source:  netip.MustParsePrefix("10.0.0.0/8"),
		}}},
	}
	rule := want.Rules[0]
	var changes []proto.Change
	changes = append(changes, proto.Change{Command: proto.CmdNewService, Service: want.Service})
	for _, d := range slices.Backward(want.Dests) {
		changes = append(changes, proto.Change{Command: proto.CmdNewDest, Dest: d})
	}
	for _, a := range slices.Backward(want.Rules[0].Dests) {
		rule.Dests = []netip.AddrPort{a}
		changes = append(changes, proto.Change{Command: proto.CmdNewRule, Rule: rule})
	}
	if err := f.Apply(changes); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Virtual("shop"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	clear := ofService(proto.CmdSetService, "shop")
	clear.Service.ClearRedirect = true
	f.must(t, clear)
	if got, err := f.Virtual("shop"); err != nil || got.Service.Redirect.IsValid() {
		t.Errorf("got %+v, %v", got.Service, err)
	}
}
