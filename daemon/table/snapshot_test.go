package table

import (
	"errors"
	"testing"
	"unsafe"

	"ktcpvs/daemon/match"
)

func TestEachUpdateIsOneGeneration(t *testing.T) {
	s := newTestStore()
	if g := s.Snapshot().Generation; g != 0 {
		t.Errorf("an empty table has generation %d", g)
	}
	must(t, s, named("a"), named("b"), addServer("a", "10.0.0.1:80", 1))
	must(t, s, delService("b"))
	if g := s.Snapshot().Generation; g != 2 {
		t.Errorf("two updates made generation %d", g)
	}
}

func TestAnErrorPublishesNothing(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"))
	before := s.Snapshot()
	mine := errors.New("my own")
	err := apply(s, named("b"), delService("a"), func(*Tx) error { return mine })
	if err != mine {
		t.Errorf("Update returned %v", err)
	}
	if s.Snapshot() != before {
		t.Error("a snapshot was published")
	}
	must(t, s, named("b"))
}

func TestAPanickingChangePublishesNothingAndBlocksNobody(t *testing.T) {
	s := newTestStore()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		must(t, s, named("a"), func(*Tx) error { panic("no") })
	}()
	if g := s.Snapshot().Generation; g != 0 {
		t.Errorf("generation %d", g)
	}
	must(t, s, named("a"))
}

func TestWhatIsNotTouchedIsShared(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), named("b"),
		addServer("a", "10.0.0.1:80", 1), addServer("a", "10.0.0.2:80", 1),
		addRule("a", "/1", "10.0.0.1:80"), addRule("a", "/2", "10.0.0.2:80"),
		addServer("b", "10.0.0.1:80", 1), addRule("b", "/1", "10.0.0.1:80"))
	before := s.Snapshot()
	oldA := before.Lookup("a")

	must(t, s, setServer("a", "10.0.0.2:80", 5))
	after := s.Snapshot()
	if after.Lookup("b") != before.Lookup("b") {
		t.Error("a change of one service rebuilt the other")
	}
	a := after.Lookup("a")
	if a.Matcher != oldA.Matcher {
		t.Error("another weight compiled the patterns again")
	}
	if a.Servers[1] != oldA.Servers[1] || a.Rules[1] != oldA.Rules[1] {
		t.Error("another weight rebuilt a server or a rule that it is not of")
	}
	if a.Servers[0] == oldA.Servers[0] || a.Rules[0].Servers[0] != a.Servers[0] {
		t.Error("the rule of the changed server does not have the new one")
	}
	if oldA.Servers[0].Weight != 1 || oldA.Rules[0].Servers[0].Weight != 1 {
		t.Error("the snapshot of before has changed")
	}

	must(t, s, running("a", true))
	ran := s.Snapshot().Lookup("a")
	if &ran.Rules[0] != &a.Rules[0] || ran.Matcher != a.Matcher || &ran.Servers[0] != &a.Servers[0] {
		t.Error("starting a service rebuilt its lists")
	}

	must(t, s, addRule("a", "/3", "10.0.0.1:80"))
	more := s.Snapshot().Lookup("a")
	if more.Rules[1] != ran.Rules[0] || more.Rules[2] != ran.Rules[1] || more.Matcher == ran.Matcher {
		t.Error("adding a rule rebuilt the others, or did not compile")
	}

	must(t, s, addRule("a", "/3", "10.0.0.2:80"))
	if wider := s.Snapshot().Lookup("a"); wider.Matcher != more.Matcher || len(wider.Rules[0].Servers) != 2 {
		t.Error("a second server of a rule compiled the patterns again, or is not there")
	}

	must(t, s, setService(ServiceSpec{Name: "a", Scheduler: "hhttp"}))
	hashing := s.Snapshot().Lookup("a")
	if hashing.Matcher != more.Matcher {
		t.Error("another scheduler compiled the patterns again")
	}
	for _, rule := range hashing.Rules {
		if _, ok := rule.Picker.(byKey); !ok {
			t.Errorf("rule %s has a picker of type %T", rule.Pattern.Expr, rule.Picker)
		}
	}
}

func TestCountsOutliveUnrelatedChanges(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	web := s.Snapshot().Lookup("web")
	web.Live.Conns.Add(3)
	web.Servers[0].Live.Conns.Add(2)
	web.Servers[0].Live.Stats.Cell(1).Requests.Add(9)

	must(t, s, named("other"), addServer("web", "10.0.0.2:80", 1), addRule("web", "/", "10.0.0.1:80"))
	must(t, s, setServer("web", "10.0.0.1:80", 0), setService(ServiceSpec{Name: "web", Scheduler: "wlc"}), running("web", true))
	must(t, s, delServer("web", "10.0.0.2:80"), running("web", false))
	web = s.Snapshot().Lookup("web")
	live := web.Servers[0].Live
	if web.Live.Conns.Load() != 3 || live.Conns.Load() != 2 || live.Stats.Sum().Requests != 9 {
		t.Errorf("service %d, server %d connections and %d requests; want 3, 2 and 9",
			web.Live.Conns.Load(), live.Conns.Load(), live.Stats.Sum().Requests)
	}
}

func TestWhatIsAddedAgainIsNew(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	old := s.Snapshot().Lookup("web")
	old.Servers[0].Live.Conns.Add(1)

	must(t, s, delServer("web", "10.0.0.1:80"), addServer("web", "10.0.0.1:80", 1))
	web := s.Snapshot().Lookup("web")
	if n := web.Servers[0].Live.Conns.Load(); n != 0 || web.Servers[0].Live.Key != old.Servers[0].Live.Key {
		t.Errorf("the server added again begins with %d connections", n)
	}
	if web.Live != old.Live {
		t.Error("the service forgot its counts")
	}

	must(t, s, delService("web"), named("web"))
	if again := s.Snapshot().Lookup("web"); again.Live == old.Live || len(again.Servers) != 0 {
		t.Error("the service added again is the old one")
	}
}

func TestASlotLeadsToItsServiceOnly(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), named("b"), named("c"))
	a, b, c := s.Snapshot().Lookup("a"), s.Snapshot().Lookup("b"), s.Snapshot().Lookup("c")
	if a.Live.Slot != 0 || b.Live.Slot != 1 || c.Live.Slot != 2 {
		t.Errorf("slots %d, %d, %d; want 0, 1, 2", a.Live.Slot, b.Live.Slot, c.Live.Slot)
	}
	must(t, s, delService("b"), delService("c"), named("d"), running("a", true))
	now := s.Snapshot()
	d := now.Lookup("d")
	if d.Live.Slot != 1 {
		t.Errorf("the new service has slot %d, want the lowest free, 1", d.Live.Slot)
	}
	if now.At(a.Live) != now.Lookup("a") || now.At(d.Live) != d {
		t.Error("a service is not found by its live value")
	}
	if got := now.At(b.Live); got != nil {
		t.Errorf("the live value of a deleted service leads to %s", got.Name)
	}
	if got := now.At(c.Live); got != nil {
		t.Errorf("the live value of a deleted service leads to %s", got.Name)
	}
}

func TestChooseMatchesThenPicks(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addServer("web", "10.0.0.2:80", 1),
		addRule("web", "/images/", "10.0.0.1:80"), addRule("web", "/images/big/", "10.0.0.2:80"))
	choose := func(uri string) string {
		if server := s.Snapshot().Lookup("web").Choose(0, 0, &match.Input{URI: []byte(uri)}); server != nil {
			return server.Addr.String()
		}
		return "none"
	}
	for uri, want := range map[string]string{
		"/images/a":         "10.0.0.1:80",
		"/images/big/a":     "10.0.0.2:80",
		"/x/images/b":       "10.0.0.1:80",
		"/index.html":       "none",
		"/images?/../other": "none",
	} {
		if got := choose(uri); got != want {
			t.Errorf("%s goes to %s, want %s", uri, got, want)
		}
	}
	must(t, s, setServer("web", "10.0.0.2:80", 0))
	if got := choose("/images/big/a"); got != "none" {
		t.Errorf("a rule of quiescent servers sends to %s", got)
	}
	must(t, s, setService(ServiceSpec{Name: "web", Scheduler: "wlc"}))
	if got := s.Snapshot().Lookup("web").Choose(0, 0, nil); got == nil || got.Addr.String() != "10.0.0.1:80" {
		t.Errorf("without a look at the content: %v", got)
	}
}

func TestChooseHashesTheRulesGroup(t *testing.T) {
	s := newTestStore()
	must(t, s, addService(ServiceSpec{Name: "web", Scheduler: "hhttp"}))
	for _, addr := range []string{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"} {
		must(t, s, addServer("web", addr, 1), addRule("web", "^/([a-z]+)/([0-9]*)$", addr))
	}
	web := s.Snapshot().Lookup("web")
	pick := func(uri string) int {
		got := web.Choose(0, 0, &match.Input{URI: []byte(uri)})
		for i, server := range web.Servers {
			if server == got {
				return i
			}
		}
		return -1
	}
	// Match 0 is the whole match: "/a/1" sums to 47+97+47+49 = 240, and 240 mod 3 is 0.
	for uri, want := range map[string]int{"/a/1": 0, "/a/2": 1, "/a/3": 2, "/b/1": 1, "/b/": 0, "/B/1": -1} {
		if got := pick(uri); got != want {
			t.Errorf("%s goes to server %d, want %d", uri, got, want)
		}
	}
}

func TestLiveCountsHaveACacheLineToThemselves(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	web := s.Snapshot().Lookup("web")
	live := web.Servers[0].Live
	for what, at := range map[string]uintptr{
		"a server's connections":  uintptr(unsafe.Pointer(&live.Conns)),
		"a service's connections": uintptr(unsafe.Pointer(&web.Live.Conns)),
	} {
		if at%cacheLine != 0 {
			t.Errorf("%s begin %d bytes into a cache line", what, at%cacheLine)
		}
	}
	if size := unsafe.Sizeof(*live); size != 2*cacheLine {
		t.Errorf("a Live has %d bytes, so that another shares its line", size)
	}
}

func TestChoosingDoesNotAllocate(t *testing.T) {
	s := newTestStore()
	must(t, s, addService(ServiceSpec{Name: "web", Scheduler: "hhttp"}), addServer("web", "10.0.0.1:80", 1),
		addRule("web", "/a/([a-z]*)", "10.0.0.1:80"), named("b"))
	in := &match.Input{URI: []byte("/a/bc")}
	live := s.Snapshot().Lookup("web").Live
	key := s.Snapshot().Lookup("web").Servers[0].Live.Key
	n := testing.AllocsPerRun(100, func() {
		web := s.Snapshot().At(live)
		if web.Matcher.Match(in) != 0 || web.ServerByKey(key) == nil || web.Rules[0].Picker.Pick(0, 1) == nil {
			t.Error("no server")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
