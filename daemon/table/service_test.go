package table

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestANewServiceHasTheReferencesDefaults(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"))
	web := s.Snapshot().Lookup("web")
	if web.Scheduler.Name != "http" || web.Listen.String() != "0.0.0.0:8080" || web.Redirect.IsValid() || web.Running {
		t.Errorf("scheduler %s, listen %v, redirect %v, running %v", web.Scheduler.Name, web.Listen, web.Redirect, web.Running)
	}
	if got, want := [4]int{web.StartServers, web.MaxClients, web.MinSpareServers, web.MaxSpareServers}, [4]int{8, 65535, 6, 18}; got != want {
		t.Errorf("startservers, maxclients, minspareservers, maxspareservers are %v, want %v", got, want)
	}
}

func TestListenTakesThePartThatWasGiven(t *testing.T) {
	port := func(p uint16) netip.AddrPort { return netip.AddrPortFrom(netip.Addr{}, p) }
	tests := []struct {
		name       string
		given      netip.AddrPort
		added, set string // the same to a new service, and to one at 192.168.0.1:81
	}{
		{"nothing", netip.AddrPort{}, "0.0.0.0:8080", "192.168.0.1:81"},
		{"port", port(90), "0.0.0.0:90", "192.168.0.1:90"},
		{"address", netip.MustParseAddrPort("10.1.1.1:0"), "10.1.1.1:8080", "10.1.1.1:81"},
		{"both", netip.MustParseAddrPort("10.1.1.1:90"), "10.1.1.1:90", "10.1.1.1:90"},
		{"IPv6", netip.MustParseAddrPort("[::]:90"), "[::]:90", "[::]:90"},
		{"IPv4 mapped", netip.MustParseAddrPort("[::ffff:10.1.1.1]:90"), "10.1.1.1:90", "10.1.1.1:90"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newTestStore()
			must(t, s,
				addService(ServiceSpec{Name: "new", Listen: test.given}),
				addService(ServiceSpec{Name: "old", Listen: netip.MustParseAddrPort("192.168.0.1:81")}),
				setService(ServiceSpec{Name: "old", Listen: test.given}))
			if got := s.Snapshot().Lookup("new").Listen.String(); got != test.added {
				t.Errorf("a new service listens on %s, want %s", got, test.added)
			}
			if got := s.Snapshot().Lookup("old").Listen.String(); got != test.set {
				t.Errorf("the edited service listens on %s, want %s", got, test.set)
			}
		})
	}
}

func TestEditingLeavesWhatIsNotGiven(t *testing.T) {
	s := newTestStore()
	must(t, s, addService(ServiceSpec{
		Name: "web", Scheduler: "wlc",
		Listen:       netip.MustParseAddrPort("10.0.0.9:80"),
		Redirect:     netip.MustParseAddrPort("127.0.0.1:81"),
		StartServers: 1, MaxClients: 2, MinSpareServers: 3, MaxSpareServers: 4,
	}))
	before := *s.Snapshot().Lookup("web")

	must(t, s, setService(ServiceSpec{Name: "web"}))
	if after := *s.Snapshot().Lookup("web"); !reflect.DeepEqual(after, before) {
		t.Errorf("editing nothing changed\n%+v to\n%+v", before, after)
	}

	edits := []struct {
		spec ServiceSpec
		want func(*Service)
	}{
		{ServiceSpec{Redirect: netip.MustParseAddrPort("[::ffff:127.0.0.2]:82")},
			func(s *Service) { s.Redirect = netip.MustParseAddrPort("127.0.0.2:82") }},
		{ServiceSpec{ClearRedirect: true}, func(s *Service) { s.Redirect = netip.AddrPort{} }},
		{ServiceSpec{MaxClients: 65535}, func(s *Service) { s.MaxClients = 65535 }},
		{ServiceSpec{StartServers: 65535}, func(s *Service) { s.StartServers = 65535 }},
		{ServiceSpec{MaxClients: 20}, func(s *Service) { s.MaxClients, s.StartServers = 20, 20 }},
		{ServiceSpec{MinSpareServers: 30}, func(s *Service) { s.MinSpareServers, s.MaxSpareServers = 30, 30 }},
		{ServiceSpec{MaxSpareServers: 40}, func(s *Service) { s.MaxSpareServers = 40 }},
		{ServiceSpec{MaxSpareServers: 10}, func(s *Service) { s.MinSpareServers, s.MaxSpareServers = 10, 10 }},
	}
	for _, edit := range edits {
		edit.spec.Name = "web"
		want := *s.Snapshot().Lookup("web")
		edit.want(&want)
		must(t, s, setService(edit.spec))
		if got := *s.Snapshot().Lookup("web"); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v made\n%+v, want\n%+v", edit.spec, got, want)
		}
	}
}

func TestARunningServiceIsStoppedFirst(t *testing.T) {
	s := newTestStore()
	must(t, s, named("idle"), named("web"), addServer("web", "10.0.0.1:80", 1), running("web", true))
	const text = `service "web": stop it first`

	refused(t, s, ErrBusy, text, delService("web"))
	refused(t, s, ErrBusy, text, (*Tx).Flush)

	must(t, s, setService(ServiceSpec{Name: "web", Scheduler: "wlc", Listen: netip.AddrPortFrom(netip.Addr{}, 81)}))
	if web := s.Snapshot().Lookup("web"); web.Scheduler.Name != "wlc" || web.Listen.Port() != 81 || !web.Running {
		t.Errorf("after a change of scheduler and port: %s, %v, running %v", web.Scheduler.Name, web.Listen, web.Running)
	}

	must(t, s, running("web", false), (*Tx).Flush)
	if n := len(s.Snapshot().Services); n != 0 {
		t.Errorf("%d services after a flush", n)
	}
}

func TestTwoServicesMayHaveOneAddress(t *testing.T) {
	s := newTestStore()
	must(t, s, named("blue"), named("green"))
	if blue, green := s.Snapshot().Lookup("blue"), s.Snapshot().Lookup("green"); blue.Listen != green.Listen {
		t.Errorf("they listen on %v and %v", blue.Listen, green.Listen)
	}
}

func TestServicesAreRefusedInWords(t *testing.T) {
	addr := netip.MustParseAddrPort
	s := newTestStore()
	must(t, s, named("web"), addService(ServiceSpec{Name: "few", MaxClients: 4}))
	tests := []struct {
		want   error
		text   string
		change func(*Tx) error
	}{
		{ErrExists, `service "web"`, named("web")},
		{ErrNoService, `service "ftp"`, setService(ServiceSpec{Name: "ftp"})},
		{ErrNoService, `service "ftp"`, delService("ftp")},
		{ErrNoService, `service "ftp"`, running("ftp", true)},
		{ErrNoScheduler, `"rr"`, addService(ServiceSpec{Name: "ftp", Scheduler: "rr"})},
		{ErrNoScheduler, `"rr"`, setService(ServiceSpec{Name: "web", Scheduler: "rr"})},
		{ErrInvalid, `service name "" has 0 bytes, expected 1 to 15`, named("")},
		{ErrInvalid, `service name "a234567890123456" has 16 bytes, expected 1 to 15`, named("a234567890123456")},
		{ErrInvalid, `service name "a b" has ' ', expected letters, digits, '-', '_' and '.'`, named("a b")},
		{ErrInvalid, `service "x": startservers is 65536, expected 1 to 65535`, addService(ServiceSpec{Name: "x", StartServers: 65536})},
		{ErrInvalid, `service "x": maxclients is -1, expected 1 to 65535`, addService(ServiceSpec{Name: "x", MaxClients: -1})},
		{ErrInvalid, `service "x": minspareservers is 65536, expected 1 to 65535`, addService(ServiceSpec{Name: "x", MinSpareServers: 65536})},
		{ErrInvalid, `service "web": maxspareservers is 65536, expected 1 to 65535`, setService(ServiceSpec{Name: "web", MaxSpareServers: 65536})},
		{ErrInvalid, `service "x": startservers is 9, expected no more than maxclients, which is 8`, addService(ServiceSpec{Name: "x", StartServers: 9, MaxClients: 8})},
		{ErrInvalid, `service "x": minspareservers is 3, expected no more than maxspareservers, which is 2`, addService(ServiceSpec{Name: "x", MinSpareServers: 3, MaxSpareServers: 2})},
		{ErrInvalid, `service "few": startservers is 5, expected no more than maxclients, which is 4`, setService(ServiceSpec{Name: "few", StartServers: 5})},
		{ErrInvalid, `service "x": redirect needs an address and a port`, addService(ServiceSpec{Name: "x", Redirect: addr("127.0.0.1:0")})},
		{ErrInvalid, `service "x": redirect needs an address and a port`, addService(ServiceSpec{Name: "x", Redirect: netip.AddrPortFrom(netip.Addr{}, 80)})},
		{ErrInvalid, `service "web": redirect is both set and taken away`, setService(ServiceSpec{Name: "web", Redirect: addr("127.0.0.1:80"), ClearRedirect: true})},
		{ErrInvalid, `service "x": listen address [fe80::1%eth0]:80 has a zone, expected none`, addService(ServiceSpec{Name: "x", Listen: addr("[fe80::1%eth0]:80")})},
		{ErrInvalid, `service "x": redirect address [fe80::1%eth0]:80 has a zone, expected none`, addService(ServiceSpec{Name: "x", Redirect: addr("[fe80::1%eth0]:80")})},
	}
	for _, test := range tests {
		refused(t, s, test.want, test.text, test.change)
	}
	must(t, s, named("a23456789012345"), named("A-_.9"))
}

func TestServicesAreListedNewestFirst(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), named("b"))
	must(t, s, named("c"), delService("b"), named("b"), named("x"), delService("x"), named("d"), delService("d"), named("d"))
	var got []string
	for _, svc := range s.Snapshot().Services {
		got = append(got, svc.Name)
	}
	if want := []string{"d", "b", "c", "a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

func TestATransactionSeesItsOwnChanges(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), named("b"), running("b", true))
	must(t, s, named("c"), delService("a"), running("b", false), running("c", true), func(tx *Tx) error {
		if got, want := tx.Names(), []string{"c", "b"}; !reflect.DeepEqual(got, want) {
			t.Errorf("names %v, want %v", got, want)
		}
		for name, want := range map[string]bool{"b": false, "c": true} {
			if got, err := tx.Running(name); err != nil || got != want {
				t.Errorf("%s runs: %v, %v; want %v", name, got, err, want)
			}
		}
		if _, err := tx.Running("a"); err == nil {
			t.Error("a deleted service may run")
		}
		if b := s.Snapshot().Lookup("b"); !b.Running {
			t.Error("a change shows before it is published")
		}
		return nil
	})
}
