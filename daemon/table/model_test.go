package table

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ktcpvs/daemon/match"

	"pgregory.net/rapid"
)

// model is the table as the reference's section 4 tells it, with no thought
// of speed: lists, newest first.
type model struct {
	services []*modelService
	lives    int // given out so far

	replaced []*modelService // what the transaction has taken away at first
}

type modelService struct {
	name, scheduler string
	port            uint16
	running         bool
	live            int
	servers         []modelServer
	rules           []modelRule
}

type modelServer struct {
	addr         netip.AddrPort
	weight, live int
}

type modelRule struct {
	expr    string
	match   int
	servers []netip.AddrPort
}

func (m *model) clone() *model {
	c := &model{lives: m.lives}
	for _, s := range m.services {
		copied := *s
		copied.servers = slices.Clone(s.servers)
		copied.rules = nil
		for _, r := range s.rules {
			r.servers = slices.Clone(r.servers)
			copied.rules = append(copied.rules, r)
		}
		c.services = append(c.services, &copied)
	}
	return c
}

// text tells tables apart, live values too.
func (m *model) text() string {
	var b strings.Builder
	for _, s := range m.services {
		fmt.Fprintf(&b, "%+v\n", *s)
	}
	return b.String()
}

func (m *model) find(name string) *modelService {
	for _, s := range m.services {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (m *model) NewLive() int {
	m.lives++
	return m.lives
}

func (s *modelService) server(addr netip.AddrPort) int {
	return slices.IndexFunc(s.servers, func(o modelServer) bool { return o.addr == addr })
}

func (s *modelService) rule(expr string) int {
	return slices.IndexFunc(s.rules, func(r modelRule) bool { return r.expr == expr })
}

// choose is what a scheduler does that takes the first usable server.
func (s *modelService) choose(uri string) string {
	candidates := make([]netip.AddrPort, 0, len(s.servers))
	if s.scheduler == "wlc" {
		for _, server := range s.servers {
			candidates = append(candidates, server.addr)
		}
	} else {
		for _, r := range s.rules {
			if regexp.MustCompilePOSIX(r.expr).MatchString(uri) {
				candidates = r.servers
				break
			}
		}
	}
	for _, addr := range candidates {
		if s.servers[s.server(addr)].weight > 0 {
			return addr.String()
		}
	}
	return "none"
}

// operation is one change: to the model, and the same to the table.
type operation struct {
	text  string
	model func(*model) error
	table func(*Tx) error
}

var operations = rapid.Custom(func(t *rapid.T) operation {
	var (
		name   = rapid.SampledFrom([]string{"a", "a", "a", "a", "b", "c"}).Draw(t, "name")
		sched  = rapid.SampledFrom([]string{"http", "http", "http", "wlc", "rr"}).Draw(t, "scheduler")
		port   = rapid.SampledFrom([]uint16{0, 80, 81}).Draw(t, "port")
		addr   = rapid.SampledFrom([]string{"10.0.0.1:80", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.2:0"}).Draw(t, "addr")
		weight = rapid.SampledFrom([]int{0, 1, 1, 65535, 65536}).Draw(t, "weight")
		expr   = rapid.SampledFrom([]string{"/a", "/a", "/a/b", "^/b", ".*", ".*", "^/.*", "(", ""}).Draw(t, "expr")
		group  = rapid.SampledFrom([]int{0, 0, 0, 1, 11}).Draw(t, "match")
	)
	is := rapid.Bool().Draw(t, "running")
	listen := netip.AddrPortFrom(netip.Addr{}, port)
	server := netip.MustParseAddrPort(addr)
	rule := RuleSpec{Pattern: match.Pattern{Expr: expr}, Match: group, Server: server}
	choices := []operation{
		{fmt.Sprint("add service ", name, sched, port),
			func(m *model) error { return m.addService(name, sched, port) },
			func(tx *Tx) error { return tx.AddService(ServiceSpec{Name: name, Scheduler: sched, Listen: listen}) }},
		{fmt.Sprint("set service ", name, sched, port),
			func(m *model) error { return m.setService(name, sched, port) },
			func(tx *Tx) error { return tx.SetService(ServiceSpec{Name: name, Scheduler: sched, Listen: listen}) }},
		{"delete service " + name,
			func(m *model) error { return m.delService(name) },
			func(tx *Tx) error { return tx.DelService(name) }},
		{"flush", (*model).flush, (*Tx).Flush},
		{fmt.Sprint("running ", name, is),
			func(m *model) error { return m.setRunning(name, is) },
			func(tx *Tx) error { return tx.SetRunning(name, is) }},
		{fmt.Sprint("add server ", name, addr, weight),
			func(m *model) error { return m.addServer(name, server, weight) },
			func(tx *Tx) error { return tx.AddServer(name, ServerSpec{server, weight}) }},
		{fmt.Sprint("set server ", name, addr, weight),
			func(m *model) error { return m.setServer(name, server, weight) },
			func(tx *Tx) error { return tx.SetServer(name, ServerSpec{server, weight}) }},
		{fmt.Sprint("delete server ", name, addr),
			func(m *model) error { return m.delServer(name, server) },
			func(tx *Tx) error { return tx.DelServer(name, server) }},
		{fmt.Sprint("add rule ", name, expr, group, addr),
			func(m *model) error { return m.addRule(name, expr, group, server) },
			func(tx *Tx) error { return tx.AddRule(name, rule) }},
		{fmt.Sprint("delete rule ", name, expr, addr),
			func(m *model) error { return m.delRule(name, expr, group, server) },
			func(tx *Tx) error { return tx.DelRule(name, rule) }},
	}
	// Rules and servers come more often, so that services get some.
	return choices[rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8, 8, 8, 9, 9, 9}).Draw(t, "operation")]
})

// replacement takes the table away and makes it anew as it was, but for what
// nobody adds.
func replacement(m *model, t *rapid.T) []operation {
	ops := []operation{{"replace", (*model).replace, func(tx *Tx) error { tx.Replace(); return nil }}}
	add := func(op operation) {
		if rapid.IntRange(0, 15).Draw(t, "missing") > 0 {
			ops = append(ops, op)
		}
	}
	for _, s := range slices.Backward(m.services) {
		add(operation{"add service again " + s.name,
			func(m *model) error { return m.addService(s.name, s.scheduler, s.port) },
			func(tx *Tx) error {
				return tx.AddService(ServiceSpec{Name: s.name, Scheduler: s.scheduler, Listen: netip.AddrPortFrom(netip.Addr{}, s.port)})
			}})
		for _, server := range slices.Backward(s.servers) {
			add(operation{fmt.Sprint("add server again ", s.name, server.addr),
				func(m *model) error { return m.addServer(s.name, server.addr, server.weight) },
				func(tx *Tx) error { return tx.AddServer(s.name, ServerSpec{server.addr, server.weight}) }})
		}
		rule := func(r modelRule) {
			for _, addr := range slices.Backward(r.servers) {
				add(operation{fmt.Sprint("add rule again ", s.name, r.expr, addr),
					func(m *model) error { return m.addRule(s.name, r.expr, r.match, addr) },
					func(tx *Tx) error {
						return tx.AddRule(s.name, RuleSpec{Pattern: match.Pattern{Expr: r.expr}, Match: r.match, Server: addr})
					}})
			}
		}
		for _, r := range s.rules {
			if (&match.Pattern{Expr: r.expr}).Default() {
				rule(r)
			}
		}
		for _, r := range slices.Backward(s.rules) {
			if !(&match.Pattern{Expr: r.expr}).Default() {
				rule(r)
			}
		}
	}
	return ops
}

var errAbandoned = errors.New("abandoned")

func TestAnySequenceOfOperationsAgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, state := newTestStore(), &model{}
		lives := map[any]int{} // of the table -> number in the model
		history := map[*Snapshot]string{}
		generation := uint64(0)
		for range rapid.IntRange(1, 40).Draw(t, "transactions") {
			before := store.Snapshot()
			next := state.clone()
			ops := rapid.SliceOfN(operations, 1, 6).Draw(t, "operations")
			replacing := rapid.IntRange(0, 3).Draw(t, "replacing") == 0
			if replacing {
				ops = append(slices.Clone(replacement(state, t)), ops[:rapid.IntRange(0, len(ops)).Draw(t, "more")]...)
			}
			touched := false
			abandoned := rapid.IntRange(0, 9).Draw(t, "abandoned") == 0
			var want error
			err := store.Update(func(tx *Tx) error {
				for _, op := range ops {
					// One that is refused changes nothing, and the rest goes on.
					want := op.model(next)
					if err := op.table(tx); !errors.Is(err, want) {
						t.Fatalf("%s: %v, want %v", op.text, err, want)
					}
				}
				touched = len(tx.drafts) > 0
				if abandoned {
					return errAbandoned
				}
				return nil
			})
			same := !touched || replacing && next.text() == state.text()
			next.replaced = nil
			switch {
			case abandoned:
				want = errAbandoned
			case next.broken():
				want = ErrInvalid
			}
			if !errors.Is(err, want) {
				t.Fatalf("transaction: %v, want %v", err, want)
			}
			if want == nil {
				state = next
				if !same {
					generation++
				}
			} else if store.Snapshot() != before {
				t.Fatal("an error published a snapshot")
			}
			now := store.Snapshot()
			if now.Generation != generation {
				t.Fatalf("generation %d, want %d", now.Generation, generation)
			}
			history[now] = render(now)
			if got, want := history[now], state.render(); got != want {
				t.Fatalf("the table is\n%swant\n%s", got, want)
			}
			checkLives(t, now, state, lives)
		}
		for snapshot, text := range history {
			if got := render(snapshot); got != text {
				t.Fatalf("generation %d was\n%sand has become\n%s", snapshot.Generation, text, got)
			}
		}
	})
}

// checkLives holds the live values to the model's: the same as long as the
// server or service is there, another after it was deleted.
func checkLives(t *rapid.T, now *Snapshot, state *model, lives map[any]int) {
	check := func(what string, live any, want int) {
		if got, known := lives[live]; known && got != want {
			t.Fatalf("%s has the live value of another", what)
		}
		lives[live] = want
	}
	for i, s := range state.services {
		svc := now.Services[i]
		check(s.name, svc.Live, s.live)
		if now.At(svc.Live) != svc || now.Lookup(s.name) != svc {
			t.Fatalf("%s is not found", s.name)
		}
		for k, server := range s.servers {
			check(server.addr.String(), svc.Servers[k].Live, server.live)
		}
	}
	seen := map[int]bool{}
	for _, number := range lives {
		if seen[number] {
			t.Fatal("one server or service has had two live values")
		}
		seen[number] = true
	}
}

var probes = []string{"/", "/a", "/a/b", "/b", "/x/a", "*"}

func render(s *Snapshot) string {
	var b strings.Builder
	for _, svc := range s.Services {
		fmt.Fprintln(&b, svc.Name, svc.Scheduler.Name, svc.Listen.Port(), svc.Running)
		for _, server := range svc.Servers {
			fmt.Fprintln(&b, "  server", server.Addr, server.Weight)
		}
		for _, r := range svc.Rules {
			fmt.Fprintln(&b, "  rule", r.Pattern.Expr, r.Match, addrs(r.Servers))
			for _, server := range r.Servers {
				if !slices.Contains(svc.Servers, server) {
					fmt.Fprintln(&b, "    which is not the service's", server.Addr)
				}
			}
		}
		for _, uri := range probes {
			to := "none"
			if server := svc.Choose(0, 0, &match.Input{URI: []byte(uri)}); server != nil {
				to = server.Addr.String()
			}
			fmt.Fprintln(&b, "  sends", uri, to)
		}
	}
	return b.String()
}

func (m *model) render() string {
	var b strings.Builder
	for _, s := range m.services {
		fmt.Fprintln(&b, s.name, s.scheduler, s.port, s.running)
		for _, server := range s.servers {
			fmt.Fprintln(&b, "  server", server.addr, server.weight)
		}
		for _, r := range s.rules {
			fmt.Fprintln(&b, "  rule", r.expr, r.match, r.servers)
		}
		for _, uri := range probes {
			fmt.Fprintln(&b, "  sends", uri, s.choose(uri))
		}
	}
	return b.String()
}
