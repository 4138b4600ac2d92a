//go:build !race

// Under the race detector sync.Pool drops at random what it is given, so that
// allocations say nothing there.

package match

import (
	"net/netip"
	"testing"
)

func TestMatchAllocatesNothingOnceWarm(t *testing.T) {
	fields := &staticFields{accept: []byte("application/json"), cookie: []byte("a=b; beta=yes")}
	set := mustCompile(t, conditionsTable())
	for want, in := range []*Input{
		{URI: []byte("/admin/x"), Source: netip.MustParseAddr("::ffff:10.1.2.3")},
		{URI: []byte("/admin/x"), Method: []byte("POST"), Source: netip.MustParseAddr("2001:db8::1")},
		{URI: []byte("/c/12"), Host: []byte("WWW.shop.example")},
		{URI: []byte("/beta/é"), Fields: fields},
		{URI: []byte("/api/x?w=1&v=%32"), Fields: fields},
		{URI: []byte("/api/x?q=a+b"), Fields: fields},
		{URI: []byte("/"), Fields: fields},
	} {
		if got := testing.AllocsPerRun(200, func() {
			if got := set.Match(in); got != want {
				t.Fatalf("%q: rule %d, want %d", in.URI, got, want)
			}
		}); got != 0 {
			t.Errorf("%q: %v allocations", in.URI, got)
		}
	}
}

func TestMatchAllocatesNothingInLanes(t *testing.T) {
	patterns, uris := mixedTable(100)
	set := mustCompile(t, patterns)
	set.automaton.build.Lock() // no state can be had
	defer set.automaton.build.Unlock()
	in := &Input{URI: uris[42]}
	if got := testing.AllocsPerRun(200, func() { set.Match(in) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestGroupAllocatesNothingOnceWarm(t *testing.T) {
	set := mustCompile(t, []Pattern{{Expr: "/users/([^/]+)/.*"}})
	uri := []byte("/app/users/4711/orders/today.html")
	if got := testing.AllocsPerRun(200, func() {
		if lo, hi, ok := set.Group(0, 1, uri); !ok || string(uri[lo:hi]) != "4711" {
			t.Fatal("not found")
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
