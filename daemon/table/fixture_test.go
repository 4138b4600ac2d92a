package table

import (
	"errors"
	"net/netip"
	"testing"

	"ktcpvs/daemon/match"
)

// firstUsable is a picker that a test can predict: the first server in list
// order that is not quiescent.
type firstUsable []*Server

func (p firstUsable) Pick(int, uint32) *Server { return p.PickOther(0, &Avoid{}) }

func (p firstUsable) PickOther(_ uint32, avoid *Avoid) *Server {
	for _, s := range p {
		if s.Weight > 0 && !avoid.HasFailed(s.Live) {
			return s
		}
	}
	return nil
}

// byKey takes the server at key modulo their number.
type byKey []*Server

func (p byKey) Pick(_ int, key uint32) *Server {
	if len(p) == 0 {
		return nil
	}
	return p[key%uint32(len(p))]
}

func (p byKey) PickOther(key uint32, avoid *Avoid) *Server {
	for range p {
		if s := p.Pick(0, key); !avoid.HasFailed(s.Live) {
			return s
		}
		key++
	}
	return nil
}

// fixedSchedulers are known from the start; a name that is not is refused as a
// registry refuses it.
type fixedSchedulers map[string]*Scheduler

func (f fixedSchedulers) Scheduler(name string) (*Scheduler, error) {
	if s := f[name]; s != nil {
		return s, nil
	}
	return nil, Refuse(ErrNoScheduler, "%q", name)
}

var testSchedulers = fixedSchedulers{
	"wlc":   {Name: "wlc", Build: func(s []*Server) Picker { return firstUsable(s) }},
	"http":  {Name: "http", Content: true, Build: func(s []*Server) Picker { return firstUsable(s) }},
	"hhttp": {Name: "hhttp", Content: true, HashGroup: true, Build: func(s []*Server) Picker { return byKey(s) }},
}

func newTestStore() *Store { return NewStore(testSchedulers, 2, match.DefaultLimits()) }

// must applies the changes in one transaction.
func must(t testing.TB, s *Store, changes ...func(*Tx) error) {
	t.Helper()
	if err := apply(s, changes...); err != nil {
		t.Fatal(err)
	}
}

func apply(s *Store, changes ...func(*Tx) error) error {
	return s.Update(func(tx *Tx) error {
		for _, change := range changes {
			if err := change(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// refused applies the changes and checks that they are refused as want, with
// that text, and that nothing was published.
func refused(t *testing.T, s *Store, want error, text string, changes ...func(*Tx) error) {
	t.Helper()
	before := s.Snapshot()
	err := apply(s, changes...)
	if !errors.Is(err, want) || err.Error() != text {
		t.Errorf("refused with %q (%v), want %q (%v)", err, errors.Unwrap(err), text, want)
	}
	if s.Snapshot() != before {
		t.Error("a refused change published a snapshot")
	}
}

func addService(spec ServiceSpec) func(*Tx) error {
	return func(tx *Tx) error { return tx.AddService(spec) }
}

func named(name string) func(*Tx) error { return addService(ServiceSpec{Name: name}) }

func setService(spec ServiceSpec) func(*Tx) error {
	return func(tx *Tx) error { return tx.SetService(spec) }
}

func delService(name string) func(*Tx) error {
	return func(tx *Tx) error { return tx.DelService(name) }
}

func running(name string, is bool) func(*Tx) error {
	return func(tx *Tx) error { return tx.SetRunning(name, is) }
}

func addServer(service, addr string, weight int) func(*Tx) error {
	return func(tx *Tx) error {
		return tx.AddServer(service, ServerSpec{netip.MustParseAddrPort(addr), weight})
	}
}

func setServer(service, addr string, weight int) func(*Tx) error {
	return func(tx *Tx) error {
		return tx.SetServer(service, ServerSpec{netip.MustParseAddrPort(addr), weight})
	}
}

func delServer(service, addr string) func(*Tx) error {
	return func(tx *Tx) error { return tx.DelServer(service, netip.MustParseAddrPort(addr)) }
}

func addRule(service, expr, server string) func(*Tx) error {
	return addRuleSpec(service, RuleSpec{
		Pattern: match.Pattern{Expr: expr},
		Server:  netip.MustParseAddrPort(server),
	})
}

func addRuleSpec(service string, spec RuleSpec) func(*Tx) error {
	return func(tx *Tx) error { return tx.AddRule(service, spec) }
}

func delRule(service, expr, server string) func(*Tx) error {
	return func(tx *Tx) error {
		return tx.DelRule(service, RuleSpec{
			Pattern: match.Pattern{Expr: expr},
			Server:  netip.MustParseAddrPort(server),
		})
	}
}

// exprs are the service's patterns in the order they are tried.
func exprs(svc *Service) []string {
	var list []string
	for _, r := range svc.Rules {
		list = append(list, r.Pattern.Expr)
	}
	return list
}

// addrs are the servers' addresses in list order.
func addrs(servers []*Server) []string {
	var list []string
	for _, s := range servers {
		list = append(list, s.Addr.String())
	}
	return list
}
