package hostile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/steady"
)

// manyRules is the rules of a large site, as lines of the configuration.
func manyRules(n int, server string) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(`pattern "^/r%05d/item/[0-9]+\.html" use server %s`, i, server))
	}
	return lines
}

// A table of 10,000 rules is loaded in proportion to their number, and takes one
// rule more in much less time, each from the call of tcpvsadm to its end; while
// that goes on without a pause, traffic of the same service goes on as before.
func TestTrafficGoesOnWhileTenThousandRulesAreRebuilt(t *testing.T) {
	const rules = 10_000
	d := arena.StartDaemon(t)
	site := arena.NewSteady(t)
	server := site.Server().String()
	s := arena.Service{Listen: arena.FreePort(t, site.Server().Addr()), Scheduler: "phttp", MaxClients: 1024}
	s.Servers = append(s.Servers, site.Server())
	load := func(n int) time.Duration {
		s.Rules = append([]string{"pattern .* use server " + server}, manyRules(n, server)...)
		began := time.Now()
		d.Load(s.Configuration())
		return time.Since(began)
	}
	var loading time.Duration
	loads := steady.Question{What: "seconds for each of 10,000 rules, by those of each of 1,000", Bound: 3, Least: 3}
	loads.Ask(t, func() (base, seen float64) {
		small := load(rules / 10)
		loading = load(rules)
		return small.Seconds() * 10 / rules, loading.Seconds() / rules
	})
	d.Admin("--start")
	site.Connect(s.Listen, "/", "/r00007/item/1.html", "/r05000/item/22.html", "/r09999/item/333.html")

	var changes []time.Duration
	admin, err := client.Dial(client.Options{Port: d.NetlinkPort()})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	one := proto.Rule{Service: "web", Conditions: proto.Conditions{Pattern: "^/one/more"}, Dests: []netip.AddrPort{site.Server()}}
	c := site.Compare(7, time.Second, 2, func() func() {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for command := proto.CmdNewRule; ; command = proto.CmdNewRule + proto.CmdDelRule - command {
				select {
				case <-stop:
					if command == proto.CmdNewRule {
						return
					}
				default:
				}
				began := time.Now()
				if err := admin.Do(proto.Change{Command: command, Rule: one}); err != nil {
					t.Error(err)
					return
				}
				changes = append(changes, time.Since(began))
			}
		}()
		return func() { close(stop); <-done }
	})
	slices.Sort(changes)
	usual, slowest := changes[len(changes)/2], changes[len(changes)-1]
	t.Logf("%d changes, the median in %v, the slowest in %v; loading the table took %v; %v", len(changes), usual, slowest, loading, c)
	if usual > loading/2 { // clock: of the same run, and far apart
		t.Errorf("a change of one rule takes %v, and loading all %v", usual, loading)
	}
	c.Tell(t)
	if listed := strings.Count(d.Admin("-Ln"), "rule ="); listed != rules+1 {
		t.Errorf("%d rules are left, want %d", listed, rules+1)
	}
}
