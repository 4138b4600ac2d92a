package table

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestAnAddressHasOneService(t *testing.T) {
	at := func(text string) (addr netip.AddrPort) {
		if text != "" {
			addr = netip.MustParseAddrPort(text)
		}
		return addr
	}
	add := func(name, listen string, state Switch) func(*Tx) error {
		return func(tx *Tx) error { return tx.AddService(ServiceSpec{Name: name, Listen: at(listen), State: state}) }
	}
	edit := func(name, listen string, state Switch) func(*Tx) error {
		return func(tx *Tx) error { return tx.SetService(ServiceSpec{Name: name, Listen: at(listen), State: state}) }
	}
	const off, on = SwitchOff, SwitchOn
	for name, c := range map[string]struct {
		steps   []func(*Tx) error
		refused bool // the last
	}{
		"added":                        {[]func(*Tx) error{add("a", "10.0.0.1:80", off), add("b", "10.0.0.1:80", off)}, true},
		"added, mapped":                {[]func(*Tx) error{add("a", "10.0.0.1:80", off), add("b", "[::ffff:10.0.0.1]:80", off)}, true},
		"edited":                       {[]func(*Tx) error{add("a", "10.0.0.1:80", off), add("b", "10.0.0.1:81", off), edit("b", "10.0.0.1:80", NotGiven)}, true},
		"another port":                 {[]func(*Tx) error{add("a", "10.0.0.1:80", off), add("b", "10.0.0.1:81", off)}, false},
		"all addresses and one":        {[]func(*Tx) error{add("a", "0.0.0.0:80", off), add("b", "10.0.0.1:80", on)}, false},
		"IPv4 and IPv6":                {[]func(*Tx) error{add("a", "0.0.0.0:80", off), add("b", "[::]:80", off)}, false},
		"the default":                  {[]func(*Tx) error{add("a", "", off), add("b", "", off)}, false},
		"the default, one runs":        {[]func(*Tx) error{add("a", "", off), add("b", "", on)}, false},
		"the default, both run":        {[]func(*Tx) error{add("a", "", on), add("b", "", on)}, true},
		"the default, another started": {[]func(*Tx) error{add("a", "", on), add("b", "", off), edit("b", "", on)}, true},
		"itself":                       {[]func(*Tx) error{add("a", "10.0.0.1:80", on), edit("a", "10.0.0.1:80", on)}, false},
	} {
		store := newTestStore()
		for i, step := range c.steps {
			err := store.Update(func(tx *Tx) error {
				if err := step(tx); err != nil {
					return err
				}
				return tx.CheckListens()
			})
			refused := c.refused && i == len(c.steps)-1
			if (err != nil) != refused || refused && !(errors.Is(err, ErrInUse) && strings.Contains(err.Error(), `service "a"`)) {
				t.Errorf("%s, step %d: %v, want refused %v, naming the other service", name, i+1, err, refused)
			}
		}
	}
}

func TestARedirectToTheServiceItselfIsRefused(t *testing.T) {
	for _, c := range []struct {
		scheduler, listen, redirect string
		refused                     bool
	}{
		{"http", "10.0.0.1:80", "10.0.0.1:80", true},
		{"wlc", "10.0.0.1:80", "10.0.0.1:80", true},
		{"hhttp", "0.0.0.0:80", "10.0.0.1:80", true},
		{"http", "0.0.0.0:80", "127.0.0.1:80", true},
		{"http", "[::]:80", "[2001:db8::1]:80", true},
		{"http", "10.0.0.1:80", "10.0.0.1:81", false},
		{"http", "0.0.0.0:80", "10.0.0.9:80", false},
	} {
		for _, allow := range []Switch{SwitchOff, SwitchOn} {
			err := newTestStore().Update(func(tx *Tx) error {
				if err := tx.AddService(ServiceSpec{Name: "s", Scheduler: c.scheduler, AllowLoop: allow,
					Listen: netip.MustParseAddrPort(c.listen), Redirect: netip.MustParseAddrPort(c.redirect)}); err != nil {
					return err
				}
				return tx.CheckLoops(here)
			})
			if (err != nil) != c.refused || c.refused && !(errors.Is(err, ErrInvalid) && strings.Contains(err.Error(), "itself")) {
				t.Errorf("%s at %s redirecting to %s: %v, want refused %v", c.scheduler, c.listen, c.redirect, err, c.refused)
			}
		}
	}
}
