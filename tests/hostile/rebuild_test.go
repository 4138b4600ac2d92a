package hostile

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/tests/hostile/arena"
)

// manyRules is the rules of a large site, as lines of the configuration.
func manyRules(n int, server string) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(`pattern "^/r%05d/item/[0-9]+\.html" use server %s`, i, server))
	}
	return lines
}

// A table of 10,000 rules is loaded in 2 seconds and takes one rule more in
// 200 ms, each from the call of tcpvsadm to its end; while that goes on without
// a pause, traffic of the same service goes on as before.
func TestTrafficGoesOnWhileTenThousandRulesAreRebuilt(t *testing.T) {
	const rules = 10_000
	d := arena.StartDaemon(t)
	site := arena.NewSteady(t)
	server := site.Server().String()
	s := arena.Service{Listen: arena.FreePort(t, site.Server().Addr()), Scheduler: "phttp", MaxClients: 1024}
	s.Servers = append(s.Servers, site.Server())
	s.Rules = append([]string{"pattern .* use server " + server}, manyRules(rules, server)...)

	begin := time.Now()
	d.Load(s.Configuration())
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("loading %d rules took %v, expected less than 2s", rules, took)
	} else {
		t.Logf("loading %d rules: %v", rules, took)
	}
	d.Admin("--start")
	site.Connect(s.Listen, "/", "/r00007/item/1.html", "/r05000/item/22.html", "/r09999/item/333.html")

	var slowest time.Duration
	changes := 0
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
				slowest = max(slowest, time.Since(began))
				changes++
			}
		}()
		return func() { close(stop); <-done }
	})
	t.Logf("%d changes, the slowest in %v; %v", changes, slowest, c)
	if slowest > 200*time.Millisecond {
		t.Errorf("a change of %d rules took %v, expected less than 200ms", rules, slowest)
	}
	if c.Ratio() > 2 {
		t.Errorf("the p99 of running traffic grew %.2f times while the table was rebuilt", c.Ratio())
	}
	if listed := strings.Count(d.Admin("-Ln"), "rule ="); listed != rules+1 {
		t.Errorf("%d rules are left, want %d", listed, rules+1)
	}
}
