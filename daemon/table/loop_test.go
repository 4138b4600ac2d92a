package table

import (
	"net/netip"
	"strings"
	"testing"
)

// here are the addresses of the machine in these tests.
func here(a netip.Addr) bool {
	return a == netip.MustParseAddr("10.0.0.1") || a == netip.MustParseAddr("2001:db8::1")
}

// lead makes a service "l" at one address and one "s" with a server at another,
// each as the words say: the scheduler, via=off, allow.
func lead(listen, server string, words ...string) func(tx *Tx) error {
	return func(tx *Tx) error {
		spec := ServiceSpec{Name: "s", Scheduler: words[0], Listen: netip.MustParseAddrPort("192.0.2.7:7")}
		for _, word := range words[1:] {
			switch word {
			case "off":
				spec.Via = ViaOff
			case "allow":
				spec.AllowLoop = SwitchOn
			}
		}
		if err := tx.AddService(spec); err != nil {
			return err
		}
		if err := tx.AddServer("s", ServerSpec{Addr: netip.MustParseAddrPort(server), Weight: 1}); err != nil {
			return err
		}
		return tx.AddService(ServiceSpec{Name: "l", Listen: netip.MustParseAddrPort(listen)})
	}
}

func TestAServiceThatShowsNothingMayNotLeadToAListener(t *testing.T) {
	for _, c := range []struct {
		listen, server string
		words          []string
		refused        bool
	}{
		{"10.0.0.1:80", "10.0.0.1:80", []string{"wlc"}, true},
		{"10.0.0.1:80", "10.0.0.1:81", []string{"wlc"}, false},
		{"10.0.0.1:80", "10.0.0.2:80", []string{"wlc"}, false},
		{"0.0.0.0:80", "10.0.0.1:80", []string{"wlc"}, true},
		{"0.0.0.0:80", "[::ffff:10.0.0.1]:80", []string{"wlc"}, true},
		{"0.0.0.0:80", "127.9.9.9:80", []string{"wlc"}, true},
		{"0.0.0.0:80", "0.0.0.0:80", []string{"wlc"}, true},
		{"127.0.0.1:80", "0.0.0.0:80", []string{"wlc"}, true},
		{"10.0.0.1:80", "0.0.0.0:80", []string{"wlc"}, false},
		{"0.0.0.0:80", "10.0.0.2:80", []string{"wlc"}, false},
		{"0.0.0.0:80", "[2001:db8::1]:80", []string{"wlc"}, false}, // IPv6 only listens on [::]
		{"[::]:80", "[2001:db8::1]:80", []string{"wlc"}, true},
		{"[::]:80", "[::1]:80", []string{"wlc"}, true},
		{"[::]:80", "[2001:db8::2]:80", []string{"wlc"}, false},
		{"[::]:80", "10.0.0.1:80", []string{"wlc"}, true},
		{"[::]:80", "10.0.0.2:80", []string{"wlc"}, false},
		{"10.0.0.1:80", "10.0.0.1:80", []string{"wlc", "allow"}, false},
		{"10.0.0.1:80", "10.0.0.1:80", []string{"http"}, false}, // Via shows it
		{"10.0.0.1:80", "10.0.0.1:80", []string{"http", "off"}, true},
		{"10.0.0.1:80", "10.0.0.1:80", []string{"http", "off", "allow"}, false},
		{"0.0.0.0:80", "192.0.2.7:7", []string{"wlc"}, true}, // itself
	} {
		s := newTestStore()
		err := s.Update(func(tx *Tx) error {
			if err := lead(c.listen, c.server, c.words...)(tx); err != nil {
				return err
			}
			return tx.CheckLoops(here)
		})
		if (err != nil) != c.refused {
			t.Errorf("%v with a server %s, and another service at %s: %v, want refused %v", c.words, c.server, c.listen, err, c.refused)
		}
		if err != nil && !(strings.Contains(err.Error(), `service "s"`) && strings.Contains(err.Error(), "allow-loop = on")) {
			t.Errorf("the refusal does not say what to do: %v", err)
		}
	}
}

// Whichever change comes last is refused, and what was there before is not.
func TestTheChangeThatMakesALoopIsRefused(t *testing.T) {
	at := netip.MustParseAddrPort
	server := func(tx *Tx) error { return tx.AddServer("s", ServerSpec{Addr: at("10.0.0.1:80"), Weight: 1}) }
	service := func(spec ServiceSpec) func(*Tx) error {
		return func(tx *Tx) error { return tx.AddService(spec) }
	}
	edit := func(spec ServiceSpec) func(*Tx) error {
		return func(tx *Tx) error { return tx.SetService(spec) }
	}
	s, l := ServiceSpec{Name: "s", Scheduler: "wlc", Listen: at("192.0.2.7:7")}, ServiceSpec{Name: "l", Listen: at("0.0.0.0:80")}
	for name, steps := range map[string][]func(*Tx) error{
		"the server":     {service(l), service(s), server},
		"the listener":   {service(s), server, service(l)},
		"its address":    {service(ServiceSpec{Name: "l", Listen: at("0.0.0.0:81")}), service(s), server, edit(l)},
		"the scheduler":  {service(ServiceSpec{Name: "s", Scheduler: "http"}), service(l), server, edit(ServiceSpec{Name: "s", Scheduler: "wlc"})},
		"its via":        {service(ServiceSpec{Name: "s", Scheduler: "http"}), service(l), server, edit(ServiceSpec{Name: "s", Via: ViaOff})},
		"its allow-loop": {service(ServiceSpec{Name: "s", Scheduler: "wlc", AllowLoop: SwitchOn}), service(l), server, edit(ServiceSpec{Name: "s", AllowLoop: SwitchOff})},
		"the redirect":   {service(l), service(s), edit(ServiceSpec{Name: "s", Redirect: at("10.0.0.1:80")})},
	} {
		store := newTestStore()
		for i, step := range steps {
			err := store.Update(func(tx *Tx) error {
				if err := step(tx); err != nil {
					return err
				}
				return tx.CheckLoops(here)
			})
			if last := i == len(steps)-1; (err != nil) != last {
				t.Errorf("%s, step %d of %d: %v", name, i+1, len(steps), err)
			}
		}
	}
}

func TestALoopThatCameByAnAddressStopsNoOtherChange(t *testing.T) {
	store := newTestStore()
	nowhere := func(netip.Addr) bool { return false }
	for _, step := range []func(*Tx) error{
		lead("0.0.0.0:80", "10.0.0.1:80", "wlc"),
		func(tx *Tx) error {
			return tx.SetServer("s", ServerSpec{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 2})
		},
		func(tx *Tx) error {
			return tx.AddService(ServiceSpec{Name: "x", Listen: netip.MustParseAddrPort("0.0.0.0:99")})
		},
		func(tx *Tx) error { return tx.DelService("x") },
	} {
		err := store.Update(func(tx *Tx) error {
			if err := step(tx); err != nil {
				return err
			}
			return tx.CheckLoops(nowhere)
		})
		if err != nil {
			t.Fatal(err)
		}
		nowhere = here // the address has come
	}
	for name, want := range map[string]bool{"s": true, "l": true} {
		if err := store.Snapshot().CheckLoop(name, here); (err != nil) != want {
			t.Errorf("the start of %s: %v, want refused %v", name, err, want)
		}
	}
}

func TestViaIsATokenOrOnOrOff(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"))
	if via := s.Snapshot().Lookup("web").Via; via != ViaOn {
		t.Errorf("a new service has via %q, want on", via)
	}
	for via, valid := range map[string]bool{"off": true, "edge-1": true, "a b": false, "a:1": false, "\u00e9": false, strings.Repeat("x", 63): true, strings.Repeat("x", 64): false} {
		err := s.Update(func(tx *Tx) error { return tx.SetService(ServiceSpec{Name: "web", Via: via}) })
		if (err == nil) != valid || valid && s.Snapshot().Lookup("web").Via != via {
			t.Errorf("via %q: %v, want valid %v", via, err, valid)
		}
	}
}

func TestAServiceOfAllAddressesTakesIPv4UnlessAnotherDoes(t *testing.T) {
	s := newTestStore()
	at := func(name, listen string) func(*Tx) error {
		return addService(ServiceSpec{Name: name, Listen: netip.MustParseAddrPort(listen)})
	}
	must(t, s, at("six", "[::]:80"), at("one", "[2001:db8::1]:80"), at("elsewhere", "10.0.0.1:81"), at("four", "10.0.0.1:80"),
		running("elsewhere", true), running("one", true))
	takes := func(want bool, when string) {
		t.Helper()
		snapshot := s.Snapshot()
		if got := snapshot.TakesIPv4(snapshot.Lookup("six"), netip.MustParseAddrPort("[::]:80")); got != want {
			t.Errorf("%s: TakesIPv4 is %v, expected %v", when, got, want)
		}
	}
	takes(true, "nobody else runs at IPv4 and its port")
	must(t, s, running("four", true))
	takes(false, "another one does")
	must(t, s, running("four", false), setService(ServiceSpec{Name: "six", V6Only: SwitchOn}))
	takes(false, "v6only")
	must(t, s, setService(ServiceSpec{Name: "six", V6Only: SwitchOff}))
	takes(true, "v6only is off again")
	must(t, s, setService(ServiceSpec{Name: "six", Listen: netip.MustParseAddrPort("[::]:80"), Also: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}}))
	takes(false, "it has an address of IPv4 itself")
	snapshot := s.Snapshot()
	if snapshot.TakesIPv4(snapshot.Lookup("one"), netip.MustParseAddrPort("[2001:db8::1]:80")) {
		t.Error("a service at one address of IPv6 takes IPv4")
	}
}
