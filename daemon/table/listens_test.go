package table

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// listens reads addresses divided by blanks; ":81" is a port alone, and an address may
// lack its port.
func listens(text string) (first netip.AddrPort, also []netip.AddrPort) {
	for _, word := range strings.Fields(text) {
		var addr netip.AddrPort
		if port, alone := strings.CutPrefix(word, ":"); alone {
			var n uint16
			fmt.Sscan(port, &n)
			addr = netip.AddrPortFrom(netip.Addr{}, n)
		} else if a, err := netip.ParseAddr(word); err == nil {
			addr = netip.AddrPortFrom(a, 0)
		} else {
			addr = netip.MustParseAddrPort(word)
		}
		if also = append(also, addr); len(also) == 1 {
			first = addr
		}
	}
	if len(also) < 2 {
		return first, nil
	}
	return first, also[1:]
}

func listening(name, text string, state Switch) ServiceSpec {
	first, also := listens(text)
	return ServiceSpec{Name: name, Listen: first, Also: also, State: state}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "10.0.0.1:%d ", 1000+i)
	}
	return b.String()
}

func TestAServiceListensAtSeveralAddresses(t *testing.T) {
	for _, c := range []struct{ was, given, is, refused string }{
		{"", "10.0.0.1:80 [fd00::1]:81", "10.0.0.1:80 [fd00::1]:81", ""},
		{"", "10.0.0.1 10.0.0.2", "10.0.0.1:8080 10.0.0.2:8080", ""},
		{"", "10.0.0.1:90 10.0.0.2 [::ffff:10.0.0.3]:80", "10.0.0.1:90 10.0.0.2:90 10.0.0.3:80", ""},
		{"", many(32), strings.TrimSpace(many(32)), ""},
		{"", many(33), "", "33 listen addresses, expected 32 at most"},
		{"", "10.0.0.1:80 10.0.0.2:80 [::ffff:10.0.0.1]:80", "", "listen address 10.0.0.1:80 is given twice"},
		{"", "0.0.0.0:80 10.0.0.1:80", "0.0.0.0:80 10.0.0.1:80", ""},
		{"", "10.0.0.1:80 [fe80::1%eth0]:80", "", "has a zone"},
		{"", "224.0.0.1:80", "", "nobody can connect to listen address 224.0.0.1:80"},
		{"", "10.0.0.1:80 [ff02::1]:80", "", "nobody can connect to listen address [ff02::1]:80"},
		{"10.0.0.1:80", "255.255.255.255:80", "", "nobody can connect to listen address 255.255.255.255:80"},
		{"", "10.0.0.1:80 :81", "", "listen address 2 is only a port"},
		{"", ":80 10.0.0.1:81", "", "without a first one"},
		{"10.0.0.1:80 10.0.0.2:80", "", "10.0.0.1:80 10.0.0.2:80", ""},
		{"10.0.0.1:80 10.0.0.2:80", "10.0.0.3", "10.0.0.3:80", ""},
		{"10.0.0.1:80 10.0.0.2:80", "10.0.0.2:80 10.0.0.1:80", "10.0.0.2:80 10.0.0.1:80", ""},
		{"10.0.0.1:80 10.0.0.2:80", ":80", "10.0.0.1:80 10.0.0.2:80", ""},
		{"10.0.0.1:80 10.0.0.2:80", ":81", "", "a port alone, and the service has 2 listen addresses: give all of them"},
		{"10.0.0.1:80", ":81", "10.0.0.1:81", ""},
		{"10.0.0.1:80", "10.0.0.1:80 10.0.0.1", "", "listen address 10.0.0.1:80 is given twice"},
	} {
		store := newTestStore()
		change := addService
		if c.was != "" {
			must(t, store, addService(listening("s", c.was, NotGiven)))
			change = setService
		}
		err := store.Update(change(listening("s", c.given, NotGiven)))
		if c.refused != "" {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%q over %q: %v, expected it to be refused with %q", c.given, c.was, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q over %q: %v", c.given, c.was, err)
			continue
		}
		var is []string
		for addr := range store.Snapshot().Lookup("s").Listens() {
			is = append(is, addr.String())
		}
		if got := strings.Join(is, " "); got != c.is {
			t.Errorf("%q over %q gives %q, expected %q", c.given, c.was, got, c.is)
		}
	}
}

func TestEachOfAServicesAddressesHasOneService(t *testing.T) {
	const off, on = SwitchOff, SwitchOn
	for name, c := range map[string]struct {
		steps   []func(*Tx) error
		refused string // the address that the last is refused for
	}{
		"the second of both": {[]func(*Tx) error{addService(listening("a", "10.0.0.1:80 10.0.0.2:80", off)),
			addService(listening("b", "10.0.0.3:80 10.0.0.2:80", off))}, "10.0.0.2:80"},
		"the first and the second": {[]func(*Tx) error{addService(listening("a", "10.0.0.1:80 10.0.0.2:80", off)),
			addService(listening("b", "10.0.0.2:80", off))}, "10.0.0.2:80"},
		"one that comes": {[]func(*Tx) error{addService(listening("a", "10.0.0.1:80 10.0.0.2:80", off)), addService(listening("b", "10.0.0.3:80", off)),
			setService(listening("b", "10.0.0.3:80 10.0.0.1:80", NotGiven))}, "10.0.0.1:80"},
		"one that was left": {[]func(*Tx) error{addService(listening("a", "10.0.0.1:80 10.0.0.2:80", on)), setService(listening("a", "10.0.0.1:80", NotGiven)),
			addService(listening("b", "10.0.0.2:80", on))}, ""},
		"the default among others": {[]func(*Tx) error{addService(listening("a", "0.0.0.0:8080 10.0.0.1:80", on)), addService(listening("b", "", off)),
			setService(ServiceSpec{Name: "b", State: on})}, "0.0.0.0:8080"},
		"all beside one": {[]func(*Tx) error{addService(listening("a", "0.0.0.0:80 [::]:80", on)), addService(listening("b", "10.0.0.1:80 [fd00::1]:80", on))}, ""},
	} {
		store := newTestStore()
		for i, step := range c.steps {
			err := store.Update(func(tx *Tx) error { return errors.Join(step(tx), tx.CheckListens()) })
			refused := c.refused != "" && i == len(c.steps)-1
			if (err != nil) != refused || refused && !(errors.Is(err, ErrInUse) && strings.Contains(err.Error(), c.refused+` is where service "a" listens`)) {
				t.Errorf("%s, step %d: %v, expected a refusal for %q: %v", name, i+1, err, c.refused, refused)
			}
		}
	}
}

func TestALoopShowsAtEachAddress(t *testing.T) {
	listener := listening("l", "192.0.2.1:80 192.0.2.2:81 0.0.0.0:82", NotGiven)
	for to, taken := range map[string]string{
		"192.0.2.1:80": "192.0.2.1:80", "192.0.2.2:81": "192.0.2.2:81", "127.0.0.1:82": "0.0.0.0:82", "192.0.2.1:81": "", "192.0.2.2:80": "",
	} {
		addr := netip.MustParseAddrPort(to)
		redirected := listener
		redirected.Redirect = addr
		for what, steps := range map[string][]func(*Tx) error{
			"redirect": {addService(redirected)},
			"server":   {addService(listener), addService(ServiceSpec{Name: "s", Scheduler: "wlc"}), addServer("s", to, 1)},
			"address": {addService(listening("l", "192.0.2.7:7", NotGiven)), addService(ServiceSpec{Name: "s", Scheduler: "wlc"}),
				addServer("s", to, 1), setService(listener)},
		} {
			store := newTestStore()
			var err error
			for _, step := range steps {
				err = store.Update(func(tx *Tx) error { return errors.Join(step(tx), tx.CheckLoops(here)) })
			}
			if (err != nil) != (taken != "") || taken != "" && !strings.Contains(err.Error(), "listens ("+taken+")") {
				t.Errorf("%s to %s: %v, expected a refusal that names %q", what, to, err, taken)
			}
		}
	}
}

func TestPutBackTheAddressesAreTheSameService(t *testing.T) {
	store := newTestStore()
	spec := listening("s", "10.0.0.1:80 10.0.0.2:80", SwitchOn)
	must(t, store, addService(spec))
	before := store.Snapshot()
	again := func(spec ServiceSpec) func(*Tx) error {
		return func(tx *Tx) error { tx.Replace(); return tx.AddService(spec) }
	}
	if must(t, store, again(spec)); store.Snapshot() != before {
		t.Error("the same service is another one")
	}
	slices.Reverse(spec.Also)
	spec.Listen, spec.Also[0] = spec.Also[0], spec.Listen
	if must(t, store, again(spec)); store.Snapshot() == before || store.Snapshot().Lookup("s").Live != before.Lookup("s").Live {
		t.Error("addresses in another order are no change, or another service")
	}
}
