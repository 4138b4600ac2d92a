package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// book is a directory that a test writes. Of what begins with "silent" it gives no
// answer until the asker gives up.
type book struct {
	hosts map[string]string
	mu    sync.Mutex
	asked map[string]int
}

func newBook(hosts map[string]string) *book { return &book{hosts: hosts, asked: make(map[string]int)} }

func (b *book) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	b.asked[host]++
	b.mu.Unlock()
	if strings.HasPrefix(host, "silent") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if addr, ok := b.hosts[host]; ok {
		return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr(addr)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host}
}

// nothing knows no host.
type nothing struct{}

func (nothing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("not here")
}

func TestNamesAreLookedUpTogetherAndThoseThatDoNotAnswerAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := newBook(map[string]string{"r1": "10.0.0.1", "r2": "10.0.0.2"})
		h := NewHosts(nothing{}, system)
		names := []string{"r1", "r2", "none"}
		for i := range 40 {
			names = append(names, fmt.Sprint("silent", i))
		}
		start := time.Now()
		h.LookUp(names)
		if took := time.Since(start); took != together {
			t.Errorf("it took %v, expected %v for all of them", took, together)
		}
		for name, want := range map[string]string{"r1": "10.0.0.1", "r2": "10.0.0.2"} {
			if addr, err := h.Host(name); err != nil || addr.String() != want {
				t.Errorf("%s is %v, %v, expected %s", name, addr, err, want)
			}
		}
		for name, want := range map[string]string{"none": "no such host", "silent0": "it did not answer in 2s", "silent39": "it did not answer in 2s"} {
			if _, err := h.Host(name); err == nil || err.Error() != want {
				t.Errorf("%s: %v, expected %q", name, err, want)
			}
		}
	})
}

func TestTheFileIsAskedBeforeAnyServer(t *testing.T) {
	files := newBook(map[string]string{"r1": "10.0.0.1"})
	system := newBook(map[string]string{"r1": "10.9.9.9", "r2": "10.0.0.2"})
	h := NewHosts(files, system)
	h.LookUp([]string{"r1", "r2", "none"})
	for name, want := range map[string]string{"r1": "10.0.0.1", "r2": "10.0.0.2"} {
		if addr, err := h.Host(name); err != nil || addr.String() != want {
			t.Errorf("%s is %v, %v, expected %s", name, addr, err, want)
		}
	}
	if _, err := h.Host("none"); err == nil || err.Error() != "no such host" {
		t.Errorf("a name that nobody knows: %v", err)
	}
	if system.asked["r1"] != 0 || system.asked["r2"] != 1 || system.asked["none"] != 1 {
		t.Errorf("the server is asked %v times, expected r2 and none once each", system.asked)
	}
}

func TestAHostAloneIsLookedUpOnce(t *testing.T) {
	system := newBook(map[string]string{"r1": "10.0.0.1"})
	h := NewHosts(newBook(nil), system)
	for range 3 {
		if addr, err := h.Host("r1"); err != nil || addr != netip.MustParseAddr("10.0.0.1") {
			t.Errorf("got %v, %v", addr, err)
		}
		if _, err := h.Host("none"); err == nil {
			t.Error("a name that nobody knows is found")
		}
	}
	if system.asked["r1"] != 1 || system.asked["none"] != 1 {
		t.Errorf("asked %v times, expected once each", system.asked)
	}
}

func TestTheReasonLeavesOutTheName(t *testing.T) {
	if got := Reason(&net.DNSError{Err: "no such host", Name: "r1", Server: "192.0.2.1:53"}); got.Error() != "no such host" {
		t.Errorf("got %v", got)
	}
	other := errors.New("another")
	if got := Reason(other); got != other {
		t.Errorf("got %v", got)
	}
}

func TestStandInsAreDifferentAddresses(t *testing.T) {
	names := NewStandIns(nil)
	seen := map[netip.Addr]bool{}
	for i := range 70_000 {
		name := fmt.Sprint("h", i)
		addr, err := names.Host(name)
		again, _ := names.Host(name)
		if err != nil || seen[addr] || !addr.Is6() || addr != again {
			t.Fatalf("name %d gets %v and %v, %v", i, addr, again, err)
		}
		seen[addr] = true
	}
	if n := len(names.Names()); n != 70_000 {
		t.Errorf("%d names, expected 70000", n)
	}
}
