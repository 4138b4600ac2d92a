package loop

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// addresses are n where nobody listens.
func addresses(t *testing.T, n int) (list []netip.AddrPort) {
	for range n {
		list = append(list, netip.MustParseAddrPort(freePort(t)))
	}
	return list
}

// sockets are the descriptors that listen at an address.
func (r *rig) sockets(at netip.AddrPort) (fds []int) {
	for p, running := range r.group.running {
		if p.addr == at {
			for _, lis := range running.listeners {
				fds = append(fds, lis.fd)
			}
		}
	}
	return fds
}

func hears(t *testing.T, at netip.AddrPort) bool {
	t.Helper()
	c, err := net.Dial("tcp", at.String())
	if errors.Is(err, unix.ECONNREFUSED) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(wait.End())
	if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
		t.Errorf("%v answers %q, %v; expected hello", at, got, err)
	}
	return true
}

func TestAnEditOfTheAddressesLeavesThoseThatStay(t *testing.T) {
	r := newRig(t, 2)
	at := addresses(t, 3)
	server := netip.MustParseAddrPort(rawBackend(t, func(c net.Conn) { io.WriteString(c, "hello") }))
	r.change(func(tx *table.Tx) error {
		return errors.Join(tx.AddService(table.ServiceSpec{Name: "web", Scheduler: "wlc", Listen: at[0], Also: at[1:2], StartServers: 3}),
			tx.AddServer("web", table.ServerSpec{Addr: server, Weight: 1}))
	})
	t.Cleanup(r.group.StopAll)
	if err := r.start("web"); err != nil {
		t.Fatal(err)
	}
	is := func(when string, want ...bool) {
		t.Helper()
		for i, addr := range at {
			if got := hears(t, addr); got != want[i] {
				t.Errorf("%s: a connection to address %d is taken: %v, expected %v", when, i, got, want[i])
			}
		}
	}
	is("started at the first two", true, true, false)
	kept := r.sockets(at[1])
	edit := func(list ...netip.AddrPort) error {
		return r.try(func(tx *table.Tx) error {
			return tx.SetService(table.ServiceSpec{Name: "web", Listen: list[0], Also: list[1:]})
		})
	}
	if err := edit(at[1], at[2]); err != nil {
		t.Fatal(err)
	}
	is("edited to the last two", false, true, true)
	same := func(when string) {
		t.Helper()
		for i, fd := range r.sockets(at[1]) {
			if fd != kept[i] {
				t.Errorf("%s: the sockets of the address that stays are %v, expected %v as before", when, r.sockets(at[1]), kept)
			}
		}
	}
	same("edited")
	// One that is taken: nothing is another.
	taken, err := net.Listen("tcp", freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = edit(at[0], netip.MustParseAddrPort(taken.Addr().String()), at[1])
	if refused, ok := errors.AsType[*table.ListenError](err); !ok || refused.Service != "web" || !errors.Is(err, unix.EADDRINUSE) ||
		!strings.Contains(err.Error(), "listen on "+taken.Addr().String()) {
		t.Errorf("at an address that is taken: %v, expected that it is in use, by name", err)
	}
	is("an edit was refused", false, true, true)
	same("an edit was refused")
	if err := edit(at[2], at[1]); err != nil {
		t.Fatal(err)
	}
	same("in another order")
	is("in another order", false, true, true)
	if conns := r.store.Snapshot().Lookup("web").Live.Stats.Sum().Conns; conns != 8 {
		t.Errorf("the service has counted %d connections, expected the 8 of all its addresses", conns)
	}
}

// A connection that waits at an address that is taken away is served, and one that is
// open goes on.
func TestAnAddressThatGoesEndsNoConnection(t *testing.T) {
	r := newRig(t, 1)
	at := addresses(t, 2)
	server := rawBackend(t, func(c net.Conn) { io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) })
	r.change(func(tx *table.Tx) error {
		return errors.Join(tx.AddService(table.ServiceSpec{Name: "web", Scheduler: "wlc", Listen: at[0], Also: at[1:], MaxClients: 1}),
			tx.AddServer("web", table.ServerSpec{Addr: netip.MustParseAddrPort(server), Weight: 1}))
	})
	t.Cleanup(r.group.StopAll)
	if err := r.start("web"); err != nil {
		t.Fatal(err)
	}
	echoes := func(c net.Conn, what string) {
		t.Helper()
		c.SetDeadline(wait.End())
		answer := make([]byte, 1)
		c.Write([]byte("x"))
		if _, err := io.ReadFull(c, answer); err != nil || answer[0] != 'x' {
			t.Errorf("%s: it answers %q, %v; expected x", what, answer, err)
		}
	}
	dial := func(addr netip.AddrPort) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	open := dial(at[1])
	echoes(open, "served")
	waits := dial(at[0]) // the service has one place for all addresses
	r.change(func(tx *table.Tx) error {
		return tx.SetService(table.ServiceSpec{Name: "web", Listen: at[0], MaxClients: 9})
	})
	echoes(open, "its address has gone")
	echoes(waits, "at the address that stays")
	if c, err := net.Dial("tcp", at[1].String()); err == nil {
		c.Close()
		t.Error("the address that has gone takes a connection")
	}
}

// A service at [::] gives IPv4 up for one that starts there, whichever of them is newer:
// until then its socket has both.
func TestAServiceAtIPv4StartsBesideOneThatTookIPv4Until(t *testing.T) {
	for _, order := range [][]string{{"four", "six"}, {"six", "four"}} {
		r := newRig(t, 2)
		port := addresses(t, 1)[0].Port()
		listen := map[string]netip.AddrPort{
			"four": netip.AddrPortFrom(netip.IPv4Unspecified(), port), "six": netip.AddrPortFrom(netip.IPv6Unspecified(), port),
		}
		t.Cleanup(r.group.StopAll)
		for _, name := range order {
			r.change(func(tx *table.Tx) error { return tx.AddService(table.ServiceSpec{Name: name, Listen: listen[name]}) })
		}
		for _, step := range []struct {
			name string
			runs bool
		}{{"six", true}, {"four", true}, {"four", false}, {"four", true}} {
			if err := r.try(func(tx *table.Tx) error { return tx.SetRunning(step.name, step.runs) }); err != nil {
				t.Errorf("added as %v: %s, running %v: %v", order, step.name, step.runs, err)
			}
		}
	}
}
