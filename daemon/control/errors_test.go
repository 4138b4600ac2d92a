package control

import (
	"errors"
	"testing"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// What is no change of the table is refused in the same form: the reference's
// words, and then what they are about.
func TestWhatIsNotThereIsNamedOnce(t *testing.T) {
	f := newFixture(t)
	f.must(t, newService("web"))
	if err := f.LoadModule("wlc"); err != nil {
		t.Fatal(err)
	}
	before := f.store.Snapshot()
	_, noService := f.Virtual("no")
	for _, test := range []struct {
		err   error
		errno unix.Errno
		text  string
	}{
		{f.Start("no"), unix.ESRCH, `No such service: service "no"`},
		{f.Stop("no"), unix.ESRCH, `No such service: service "no"`},
		{f.Zero("no"), unix.ESRCH, `No such service: service "no"`},
		{noService, unix.ESRCH, `No such service: service "no"`},
		{f.LoadModule("rr"), unix.ENOENT, `Scheduler not found: "rr", expected one of wlc, http, phttp, chttp, hhttp`},
		{f.LoadModule("wlc"), unix.EEXIST, `Module is already loaded: scheduler "wlc"`},
		{f.UnloadModule("phttp"), unix.ENOENT, `Module is not loaded: scheduler "phttp"`},
		{f.UnloadModule("http"), unix.EBUSY, `Module is in use: a service uses scheduler "http"`},
		{f.SetKnob("no", 1), unix.ENOENT, `No such knob: "no"`},
		{f.SetKnob("unload", 2), unix.ERANGE, `Value out of range: unload is 2, expected 0 to 1`},
	} {
		if !errors.Is(test.err, test.errno) || test.err.Error() != test.text {
			t.Errorf("got %v; want %v, %s", test.err, test.errno, test.text)
		}
	}
	if f.store.Snapshot() != before || f.runtime.calls != 0 {
		t.Error("something changed")
	}
}

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

	for _, test := range []struct {
		change proto.Change
		errno  unix.Errno
		text   string
	}{
		{newService("web"), unix.EEXIST, `Service already exists: service "web"`},
		{rr, unix.ENOENT, `Scheduler not found: "rr", expected one of wlc, http, phttp, chttp, hhttp`},
		{setRR, unix.ENOENT, `Scheduler not found: "rr", expected one of wlc, http, phttp, chttp, hhttp`},
		{ofService(proto.CmdSetService, "no"), unix.ESRCH, `No such service: service "no"`},
		{ofService(proto.CmdDelService, "no"), unix.ESRCH, `No such service: service "no"`},
		{ofService(proto.CmdDelService, "run"), unix.EBUSY, `Service is running: service "run": stop it first`},
		{ofDest(proto.CmdNewDest, "no", r1), unix.ESRCH, `Service not defined: service "no"`},
		{ofDest(proto.CmdSetDest, "no", r1), unix.ESRCH, `Service not defined: service "no"`},
		{ofDest(proto.CmdDelDest, "no", r1), unix.ESRCH, `Service not defined: service "no"`},
		{ofDest(proto.CmdNewDest, "web", r1), unix.EEXIST, `Destination already exists: server 10.0.0.1:80 of service "web"`},
		{ofDest(proto.CmdSetDest, "web", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofDest(proto.CmdDelDest, "web", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofDest(proto.CmdDelDest, "web", r1), unix.EBUSY, `Destination is busy (a rule uses it): server 10.0.0.1:80 is used by rule "/images/.*"`},
		{ofRule(proto.CmdNewRule, "web", "/", r2), unix.ENOENT, `No such destination: service "web" has no server [2001:db8::2]:8080`},
		{ofRule(proto.CmdNewRule, "no", "/", r2), unix.ESRCH, `Service not defined: service "no"`},
		{ofRule(proto.CmdDelRule, "web", "/image", r1), unix.ENOENT, `No such rule: service "web" has no rule "/image"`},
		{ofRule(proto.CmdNewRule, "web", "/images/.*", r1), unix.EEXIST, `Rule already exists: rule "/images/.*" already uses server 10.0.0.1:80`},
		{ofRule(proto.CmdNewRule, "web", "(", r1), unix.EINVAL, ""},
		{proto.Change{Command: proto.CmdFlush}, unix.EBUSY, `Service is running: service "run": stop it first`},
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
