package control

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// The errors name both services, and a batch the change that came last.
func TestAServiceThatLeadsBackIsRefused(t *testing.T) {
	f := newFixture(t)
	local := false
	f.control.local = func(netip.Addr) bool { return local }
	own := netip.MustParseAddrPort("10.0.0.1:8080")
	w := newService("w")
	w.Service.Scheduler, w.Service.Listen = "wlc", netip.MustParseAddrPort("0.0.0.0:7")
	f.must(t, w, newService("web"), ofDest(proto.CmdNewDest, "w", own))
	if err := f.Start("w"); err != nil {
		t.Fatal(err)
	}
	local = true // an address has come
	if err := f.Start("web"); !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), `"w"`) || !strings.Contains(err.Error(), `"web"`) {
		t.Errorf("start of a listener that is led to: %v, want EINVAL with both names", err)
	}
	if err := f.Do(ofDest(proto.CmdNewDest, "w", netip.MustParseAddrPort("10.0.0.2:8080"))); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a server that leads back: %v, want EINVAL", err)
	}
	set := ofService(proto.CmdSetService, "w")
	set.Service.AllowLoop = proto.On
	f.must(t, set, ofDest(proto.CmdNewDest, "w", netip.MustParseAddrPort("10.0.0.2:8080")))
	if err := f.Start("web"); err != nil {
		t.Errorf("start once it is allowed: %v", err)
	}
	if got, err := f.Virtual("w"); err != nil || got.Service.AllowLoop != proto.On || got.Service.Via != "" {
		t.Errorf("reported: %+v, %v; want allow-loop on, and no via", got.Service, err)
	}
}
