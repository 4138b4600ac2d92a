package control

import (
	"errors"
	"net/netip"
	"testing"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

func TestEachRefusalHasTheReferencesErrnoAndNamesWhatStandsInTheWay(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("web"), ofDest(proto.CmdNewDest, "web", r1), ofRule(proto.CmdNewRule, "web", "/images/.*", r1), newService("run"))
	if err := f.Start("run"); err != nil {
		t.Fatal(err)
	}
	rr := newService("rr")
	rr.Service.Scheduler = "rr"
	setRR := rr
	setRR.Command, setRR.Service.Name = proto.CmdSetService, "web"
	move := ofService(proto.CmdSetService, "run")
	move.Service.Listen = netip.MustParseAddrPort("127.0.0.1:1")

	for _, test := range []struct {
		change proto.Change
		errno  unix.Errno
		text   string
	}{
		{newService("web"), unix.EEXIST, `Service already exists: service "web" already exists`},
		{rr, unix.ENOENT, `Scheduler not found: no such scheduler: "rr", expected one of wlc, http, phttp, chttp, hhttp`},
		{setRR, unix.ENOENT, `Scheduler not found: no such scheduler: "rr", expected one of wlc, http, phttp, chttp, hhttp`},
		{ofService(proto.CmdSetService, "no"), unix.ESRCH, `No such service: service "no" is not defined`},
		{ofService(proto.CmdDelService, "no"), unix.ESRCH, `No such service: service "no" is not defined`},
		{ofService(proto.CmdDelService, "run"), unix.EBUSY, `Service is running: service "run" is running: stop it first`},
		{move, unix.EBUSY, `Service is running: service "run" listens on 0.0.0.0:8080: stop it first`},
		{ofDest(proto.CmdNewDest, "no", r1), unix.ESRCH, `Service not defined: service "no" is not defined`},
		{ofDest(proto.CmdSetDest, "no", r1), unix.ESRCH, `Service not defined: service "no" is not defined`},
		{ofDest(proto.CmdDelDest, "no", r1), unix.ESRCH, `Service not defined: service "no" is not defined`},
		{ofDest(proto.CmdNewDest, "web", r1), unix.EEXIST, `Destination already exists: service "web" already has server 10.0.0.1:80`},
		{ofDest(proto.CmdSetDest, "web", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofDest(proto.CmdDelDest, "web", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofDest(proto.CmdDelDest, "web", r1), unix.EBUSY, `Destination is busy (a rule uses it): server 10.0.0.1:80 is used by rule "/images/.*"`},
		{ofRule(proto.CmdNewRule, "web", "/", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofRule(proto.CmdNewRule, "no", "/", r2), unix.ESRCH, `Service not defined: service "no" is not defined`},
		{ofRule(proto.CmdDelRule, "web", "/image", r1), unix.ENOENT, `No such rule: service "web" has no rule "/image"`},
		{ofRule(proto.CmdNewRule, "web", "/images/.*", r1), unix.EEXIST, `Rule already exists: rule "/images/.*" already uses server 10.0.0.1:80`},
		{ofRule(proto.CmdNewRule, "web", "(", r1), unix.EINVAL, ""},
		{proto.Change{Command: proto.CmdFlush}, unix.EBUSY, `Service is running: service "run" is running: stop it first`},
	} {
		before := f.store.Snapshot()
		err := f.Do(test.change)
		if !errors.Is(err, test.errno) || test.text != "" && err.Error() != test.text {
			t.Errorf("%v: got %v; want %v, %s", test.change.Command, err, test.errno, test.text)
		}
		if f.store.Snapshot() != before {
			t.Errorf("%v: the table changed", test.change.Command)
		}
		// And the same as the second change of a batch.
		batch := f.Apply([]proto.Change{newService("first"), test.change})
		var e *proto.Error
		if !errors.As(batch, &e) || e.Errno != test.errno || e.Index != 2 || e.Command != test.change.Command {
			t.Errorf("%v in a batch: got %#v", test.change.Command, batch)
		}
		if f.store.Snapshot() != before {
			t.Errorf("%v in a batch: the table changed", test.change.Command)
		}
	}
}
