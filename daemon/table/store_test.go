package table

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ktcpvs/daemon/match"
	"ktcpvs/tests/steady"
)

func TestReadersSeeWholeTransactionsOnly(t *testing.T) {
	s := newTestStore()
	must(t, s, named("a"), named("b"), addServer("a", "10.0.0.1:80", 0), addServer("b", "10.0.0.1:80", 0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := uint64(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				now := s.Snapshot()
				a, b := now.Lookup("a").Servers[0].Weight, now.Lookup("b").Servers[0].Weight
				if a != b || now.Generation < last {
					t.Errorf("weights %d and %d, generation %d after %d", a, b, now.Generation, last)
					return
				}
				last = now.Generation
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := range 200 {
				if err := apply(s, setServer("a", "10.0.0.1:80", 2*i+w), setServer("b", "10.0.0.1:80", 2*i+w)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if g := s.Snapshot().Generation; g != 401 {
		t.Errorf("generation %d after 401 updates", g)
	}
}

// addRules adds n rules over the servers 10.0.0.1:80 to 10.0.0.8:80.
func addRules(n int) func(*Tx) error {
	return func(tx *Tx) error {
		for i := range n {
			server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i%8)}), 80)
			err := tx.AddRule("web", RuleSpec{Pattern: match.Pattern{Expr: fmt.Sprintf("^/part%d/([^/]*)", i)}, Server: server})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func addServers(n int) func(*Tx) error {
	return func(tx *Tx) error {
		for i := range n {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(1 + i&0xff)}), 80)
			if err := tx.AddServer("web", ServerSpec{addr, 1}); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestATransactionCostsNoMoreThanItsChanges(t *testing.T) {
	// A scan per change would make ten times the rules cost a hundred times as
	// much. The matcher has its own bounds: only the description is timed.
	took := func(n int) float64 {
		best := time.Hour
		for range 5 {
			tx := newTx(newTestStore())
			if err := tx.AddService(ServiceSpec{Name: "web"}); err != nil {
				t.Fatal(err)
			}
			if err := addServers(8)(tx); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := addRules(n)(tx); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best.Seconds()
	}
	question := steady.Question{What: "the time for 10,000 rules, by that for 1,000", Bound: 40, Least: 3}
	question.Ask(t, func() (base, seen float64) { return took(1_000), took(10_000) })
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint("load/", n), func(b *testing.B) {
			for b.Loop() {
				must(b, newTestStore(), named("web"), addServers(8), addRules(n))
			}
		})
		s := newTestStore()
		must(b, s, named("web"), addServers(8), addRules(n))
		b.Run(fmt.Sprint("weight/", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				must(b, s, setServer("web", "10.0.0.1:80", i%100))
			}
		})
		b.Run(fmt.Sprint("running/", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				must(b, s, running("web", i%2 == 0))
			}
		})
		b.Run(fmt.Sprint("rule/", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					must(b, s, addRule("web", "^/one/more", "10.0.0.1:80"))
				} else {
					must(b, s, delRule("web", "^/one/more", "10.0.0.1:80"))
				}
			}
		})
	}
}

func BenchmarkDescribe(b *testing.B) {
	for b.Loop() {
		tx := newTx(newTestStore())
		for _, change := range []func(*Tx) error{named("web"), addServers(8), addRules(10_000)} {
			if err := change(tx); err != nil {
				b.Fatal(err)
			}
		}
	}
}
