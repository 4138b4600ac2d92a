package netns

import (
	"fmt"
	"net/netip"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/tests/netns/lab"
)

// Changes of the table while clients are served.

// changes are made over and over: each round ends with the table it began
// with. At each step every request has a server.
func changes(n *lab.Network, round int) [][]proto.Change {
	web := func(name string) netip.AddrPort { return netip.AddrPortFrom(n.Addr(name), 80) }
	service := func(command proto.Command, s proto.Service) proto.Change {
		return proto.Change{Command: command, Service: s}
	}
	dest := func(command proto.Command, name string, weight uint32) proto.Change {
		return proto.Change{Command: command, Dest: proto.Dest{Service: "web", Addr: web(name), Weight: weight}}
	}
	rule := func(command proto.Command, pattern, name string) proto.Change {
		return proto.Change{Command: command, Rule: proto.Rule{Service: "web",
			Conditions: proto.Conditions{Pattern: pattern}, Dests: []netip.AddrPort{web(name)}}}
	}
	pattern := fmt.Sprintf("^/(a|b)/[0-9]/%d", round)
	other := proto.Service{Name: "other", Scheduler: "wlc", Listen: netip.MustParseAddrPort("127.0.0.1:81")}
	return [][]proto.Change{
		{dest(proto.CmdNewDest, "r3", 5)},
		{rule(proto.CmdNewRule, ".*", "r3")},
		{rule(proto.CmdNewRule, pattern, "r3")},
		{dest(proto.CmdSetDest, "r1", 0)},
		{rule(proto.CmdNewRule, "/c/", "r2"), rule(proto.CmdNewRule, "/d/", "r3"), dest(proto.CmdSetDest, "r2", 9)},
		{service(proto.CmdNewService, other)},
		{dest(proto.CmdSetDest, "r1", 1), rule(proto.CmdDelRule, pattern, "r3")},
		{service(proto.CmdSetService, proto.Service{Name: "web", MaxClients: uint16(1000 + round)})},
		{rule(proto.CmdDelRule, "/c/", "r2"), rule(proto.CmdDelRule, "/d/", "r3")},
		{service(proto.CmdDelService, proto.Service{Name: "other"})},
		{service(proto.CmdSetService, proto.Service{Name: "web", MaxClients: proto.DefaultMaxClients})},
		{rule(proto.CmdDelRule, ".*", "r3"), dest(proto.CmdSetDest, "r2", 1)},
		{dest(proto.CmdDelDest, "r3", 0)},
	}
}

func TestAThousandChangesFailNoRequest(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1", "r2", "r3")
		n.Balancer.StartDaemon(poller)
		for _, name := range []string{"r1", "r2", "r3"} {
			n.Host(name).StartNginx()
		}
		o := n.Balancer.Operator()
		o.Load(`virtual conn { scheduler = http listen = 0.0.0.0:81 server = r1:80 1 server = r2:80 1
				rule = pattern .* use server r1:80 rule = pattern .* use server r2:80 }
			virtual web { scheduler = phttp server = r1:80 1 server = r2:80 1
				rule = pattern .* use server r1:80 rule = pattern .* use server r2:80 }`)
		o.Does("--start")
		before := o.Table()
		requests := &traffic{t: t, from: n.Client, to: n.VIP(8080), accept: always}
		requests.start(6)
		connections := &traffic{t: t, from: n.Client, to: n.VIP(81), accept: always}
		connections.start(2)
		table := o.Connect(t)
		made := 0
		for round := 0; made < 1000 && !t.Failed(); round++ {
			for _, batch := range changes(n, round) {
				var err error
				if len(batch) == 1 {
					err = table.Do(batch[0])
				} else {
					err = table.Apply(batch)
				}
				if err != nil {
					t.Fatal(err)
				}
				made += len(batch)
			}
			if round%10 == 0 {
				requests.more(20)
			}
		}
		requests.end()
		connections.end()
		t.Logf("%d changes, %d requests of phttp, %d of http", made, requests.answered.Load(), connections.answered.Load())
		if after := o.Table(); !t.Failed() && after != before {
			t.Errorf("the table was\n%s\nand is\n%s", before, after)
		}
	})
}

func TestLoadingAnotherConfigurationWaitsForNoConnection(t *testing.T) {
	t.Parallel()
	s := newSlow(t)
	open := s.ask()
	o := s.Balancer.Operator()
	o.Does("--stop")
	o.Load("virtual another { }")
	s.answer <- true
	if _, body := open.Expect(200, "GET"); body != "slow" {
		t.Errorf("what was open gets %q", body)
	}
	o.Has(virtual("another", "0.0.0.0:8080", "http"))
}
