package integrity

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
)

// configuration is a service of the scheduler with the first two servers.
func configuration(scheduler string) string {
	return fmt.Sprintf(`virtual web {
	listen = %s
	scheduler = %s
	maxclients = 10000
	server = %s 1
	server = %s 2
	rule = pattern ".*" use server %s
	rule = pattern ".*" use server %s
}
`, vip, scheduler, servers[0], servers[1], servers[0], servers[1])
}

// change changes the table over and over until done: the last server comes
// into rules and goes, weights go up and down.
func change(t *testing.T, admin *client.Client, tally *Tally, done <-chan struct{}) {
	last := netip.MustParseAddrPort(servers[2])
	first := netip.MustParseAddrPort(servers[0])
	destination := func(command proto.Command, addr netip.AddrPort, weight uint32) proto.Change {
		return proto.Change{Command: command, Dest: proto.Dest{Service: "web", Addr: addr, Weight: weight}}
	}
	rule := func(command proto.Command, pattern string) proto.Change {
		return proto.Change{Command: command, Rule: proto.Rule{Service: "web", Conditions: proto.Conditions{Pattern: pattern}, Dests: []netip.AddrPort{last}}}
	}
	for round := 0; ; round++ {
		batches := [][]proto.Change{
			{destination(proto.CmdNewDest, last, 3), rule(proto.CmdNewRule, ".*")},
			{rule(proto.CmdNewRule, fmt.Sprintf("^/t0[0-9]%d-", round%10))},
			{destination(proto.CmdSetDest, first, uint32(rand.IntN(3)))},
			{rule(proto.CmdDelRule, fmt.Sprintf("^/t0[0-9]%d-", round%10))},
			{rule(proto.CmdDelRule, ".*"), destination(proto.CmdDelDest, last, 0)},
		}
		for _, batch := range batches {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond): // clock: not all at once
			}
			if err := admin.Apply(batch); err != nil {
				t.Errorf("the table refuses %+v: %v", batch, err)
				return
			}
			tally.Count("changes of the table")
		}
	}
}
