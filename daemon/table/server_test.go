package table

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestServersAreListedNewestFirst(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1), addServer("web", "10.0.0.2:80", 0))
	must(t, s, addServer("web", "[fd00::1]:80", 65535), setServer("web", "10.0.0.2:80", 7))
	web := s.Snapshot().Lookup("web")
	if got, want := addrs(web.Servers), []string{"[fd00::1]:80", "10.0.0.2:80", "10.0.0.1:80"}; !reflect.DeepEqual(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	var weights []int
	for _, server := range web.Servers {
		weights = append(weights, server.Weight)
	}
	if want := []int{65535, 7, 1}; !reflect.DeepEqual(weights, want) {
		t.Errorf("weights %v, want %v", weights, want)
	}
}

func TestAServerWithoutAPortHasTheServices(t *testing.T) {
	s := newTestStore()
	must(t, s,
		addService(ServiceSpec{Name: "web", Listen: netip.MustParseAddrPort("0.0.0.0:81")}),
		addServer("web", "10.0.0.1:0", 1),
		setServer("web", "10.0.0.1:0", 2),
		addRule("web", "/a", "10.0.0.1:0"))
	web := s.Snapshot().Lookup("web")
	if got := web.Servers[0]; got.Addr.String() != "10.0.0.1:81" || got.Weight != 2 || web.Rules[0].Servers[0] != got {
		t.Errorf("server %v weight %d, and the rule has %v", got.Addr, got.Weight, web.Rules[0].Servers[0].Addr)
	}
	must(t, s, delRule("web", "/a", "10.0.0.1:0"), delServer("web", "10.0.0.1:0"))
	if n := len(s.Snapshot().Lookup("web").Servers); n != 0 {
		t.Errorf("%d servers are left", n)
	}
}

func TestOneServerHasOneAddressInAnyForm(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1))
	refused(t, s, ErrExists, `server 10.0.0.1:80 of service "web"`, addServer("web", "[::ffff:10.0.0.1]:80", 1))
}

func TestServersAreRefusedInWords(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1),
		addRule("web", "/images/.*", "10.0.0.1:80"), addRule("web", ".*", "10.0.0.1:80"))
	tests := []struct {
		want   error
		text   string
		change func(*Tx) error
	}{
		{ErrNoService, `service "ftp"`, addServer("ftp", "10.0.0.1:80", 1)},
		{ErrNoService, `service "ftp"`, setServer("ftp", "10.0.0.1:80", 1)},
		{ErrNoService, `service "ftp"`, delServer("ftp", "10.0.0.1:80")},
		{ErrExists, `server 10.0.0.1:80 of service "web"`, addServer("web", "10.0.0.1:80", 5)},
		{ErrNoServer, `service "web" has no server 10.0.0.2:80`, setServer("web", "10.0.0.2:80", 1)},
		{ErrNoServer, `service "web" has no server 10.0.0.1:81`, delServer("web", "10.0.0.1:81")},
		{ErrBusy, `server 10.0.0.1:80 is used by rule "/images/.*"`, delServer("web", "10.0.0.1:80")},
		{ErrInvalid, `weight is 65536, expected 0 to 65535`, addServer("web", "10.0.0.2:80", 65536)},
		{ErrInvalid, `weight is -1, expected 0 to 65535`, setServer("web", "10.0.0.1:80", -1)},
		{ErrInvalid, `service "web": a server needs an address`, func(tx *Tx) error {
			return tx.AddServer("web", ServerSpec{netip.AddrPortFrom(netip.Addr{}, 80), 1})
		}},
		{ErrInvalid, `service "web": server address [fe80::1%eth0]:80 has a zone, expected none`, addServer("web", "[fe80::1%eth0]:80", 1)},
	}
	for _, test := range tests {
		refused(t, s, test.want, test.text, test.change)
	}
}

func TestAServerIsFreeOnceItsLastRuleIsGone(t *testing.T) {
	s := newTestStore()
	must(t, s, named("web"), addServer("web", "10.0.0.1:80", 1),
		addRule("web", "/a", "10.0.0.1:80"), addRule("web", ".*", "10.0.0.1:80"))
	refused(t, s, ErrBusy, `server 10.0.0.1:80 is used by rule ".*"`,
		delRule("web", "/a", "10.0.0.1:80"), delServer("web", "10.0.0.1:80"))
	must(t, s, delRule("web", "/a", "10.0.0.1:80"), delRule("web", ".*", "10.0.0.1:80"), delServer("web", "10.0.0.1:80"))
	if n := len(s.Snapshot().Lookup("web").Servers); n != 0 {
		t.Errorf("%d servers are left", n)
	}
}

func TestAServersKeyIsThatOfItsAddress(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), addServer("a", "10.0.0.1:80", 1), addServer("a", "10.0.0.1:81", 1), addServer("a", "10.0.0.2:80", 0))
	must(t, s, named("b"), addServer("b", "10.0.0.1:80", 9))
	a, b := s.Snapshot().Lookup("a"), s.Snapshot().Lookup("b")
	keys := map[uint64]bool{}
	for _, server := range a.Servers {
		keys[server.Live.Key] = true
		if a.ServerByKey(server.Live.Key) != server {
			t.Errorf("%v is not found by its key", server.Addr)
		}
	}
	if len(keys) != 3 {
		t.Errorf("three servers have %d keys", len(keys))
	}
	// A cookie given before a restart must still be good: the key is a constant.
	const want = 0x88cda8db78ef9f1e
	if got := b.Servers[0].Live.Key; got != want || !keys[got] {
		t.Errorf("the key of 10.0.0.1:80 is %#x, want %#x in every service", got, uint64(want))
	}
	if b.ServerByKey(1) != nil {
		t.Error("a made-up key finds a server")
	}
}
