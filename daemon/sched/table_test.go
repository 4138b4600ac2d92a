package sched

import (
	"errors"
	"net/netip"
	"sync"
	"testing"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
)

// newStore is a store with one service "web" of the given scheduler and three
// servers, of which the rule of every request uses all.
func newStore(t *testing.T, scheduler string) (*table.Store, []netip.AddrPort) {
	t.Helper()
	store := table.NewStore(NewRegistry(), 2, match.DefaultLimits())
	addrs := []netip.AddrPort{
		netip.MustParseAddrPort("10.0.0.1:80"),
		netip.MustParseAddrPort("10.0.0.2:80"),
		netip.MustParseAddrPort("10.0.0.3:80"),
	}
	update(t, store, func(tx *table.Tx) error {
		err := tx.AddService(table.ServiceSpec{Name: "web", Scheduler: scheduler})
		for _, addr := range addrs {
			err = errors.Join(err,
				tx.AddServer("web", table.ServerSpec{Addr: addr, Weight: 1}),
				tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: "^/u/([^/]*)|^/[a-z.]*$"}, Match: 1, Server: addr}))
		}
		return err
	})
	return store, addrs
}

func update(t *testing.T, store *table.Store, change func(*table.Tx) error) {
	t.Helper()
	if err := store.Update(change); err != nil {
		t.Fatal(err)
	}
}

func TestAServerRemovedWhilePickedFinishesOnItsOwn(t *testing.T) {
	for _, name := range NewRegistry().Names() {
		t.Run(name, func(t *testing.T) {
			store, _ := newStore(t, name)
			before := store.Snapshot().Lookup("web")
			in := &match.Input{URI: []byte("/index.html")}
			gone := before.Choose(0, 0, in)
			gone.Live.Conns.Add(1)

			update(t, store, func(tx *table.Tx) error {
				return errors.Join(
					tx.DelRule("web", table.RuleSpec{Pattern: before.Rules[0].Pattern, Server: gone.Addr}),
					tx.DelServer("web", gone.Addr))
			})
			after := store.Snapshot().Lookup("web")
			for range 10 {
				if s := after.Choose(0, 0, in); s == nil || s.Addr == gone.Addr {
					t.Fatalf("chose %v after its removal", s)
				} else {
					s.Live.Conns.Add(1)
				}
			}
			if after.ServerByKey(gone.Live.Key) != nil {
				t.Error("the removed server is still found by its key")
			}
			// A request that began before the change may pick it still.
			if before.ServerByKey(gone.Live.Key) != gone {
				t.Error("the snapshot of before has changed")
			}
			if n := gone.Live.Conns.Add(-1); n != 0 {
				t.Errorf("%d connections after the last one ended", n)
			}
		})
	}
}

func TestHhttpTakesTheSumOfTheGroupsBytesInListOrder(t *testing.T) {
	store, _ := newStore(t, "hhttp")
	web := store.Snapshot().Lookup("web")
	for _, user := range []string{"a", "b", "c", "ab", "wensong", "\xff\xff\xff"} {
		sum := 0
		for _, b := range []byte(user) {
			sum += int(b)
		}
		want := web.Rules[0].Servers[sum%3]
		for range 3 {
			got := web.Choose(0, 0, &match.Input{URI: []byte("/u/" + user + "/mail")})
			if got != want {
				t.Errorf("user %q goes to %v, want %v", user, got.Addr, want.Addr)
			}
			got.Live.Conns.Add(1) // however many it has
		}
	}
	if got := web.Choose(0, 0, &match.Input{URI: []byte("/other")}); got != web.Rules[0].Servers[0] {
		t.Errorf("a group that took no part goes to %v, want the first", got.Addr)
	}
}

func TestPickingIsSafeWhileTheTableChanges(t *testing.T) {
	store, addrs := newStore(t, "phttp")
	done := make(chan struct{})
	var loops sync.WaitGroup
	for loop := range 2 {
		loops.Go(func() {
			in := &match.Input{URI: []byte("/index.html")}
			for {
				select {
				case <-done:
					return
				default:
				}
				s := store.Snapshot().Lookup("web").Choose(loop, 0, in)
				if s == nil {
					t.Error("no server to be had")
					return
				}
				s.Live.Conns.Add(1)
				s.Live.Conns.Add(-1)
			}
		})
	}
	for i := range 300 {
		update(t, store, func(tx *table.Tx) error {
			return tx.SetServer("web", table.ServerSpec{Addr: addrs[i%2], Weight: i % 3})
		})
	}
	close(done)
	loops.Wait()
	for _, s := range store.Snapshot().Lookup("web").Servers {
		if n := s.Live.Conns.Load(); n != 0 {
			t.Errorf("%v is left with %d connections", s.Addr, n)
		}
	}
}
