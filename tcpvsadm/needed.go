package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// unneeded gives nil for a refused change if all is as the change would make it, and
// else what is not.
func unneeded(c *cli.Context, d daemon, change proto.Change, refused *proto.Error) error {
	switch change.Command {
	case proto.CmdDelService, proto.CmdDelDest, proto.CmdDelRule:
		if isMissing(refused) {
			return nil
		}
	case proto.CmdNewService, proto.CmdNewDest, proto.CmdNewRule:
		if isThere(refused) {
			return asGiven(c, d, change, refused)
		}
	}
	return withSuggestion(d, change, refused)
}

// asGiven looks whether what exists already has the values that the options give.
func asGiven(c *cli.Context, d daemon, change proto.Change, refused *proto.Error) error {
	v, err := d.Virtual(change.Service.Name + change.Dest.Service + change.Rule.Service)
	if err != nil {
		return err
	}
	other := *refused
	switch change.Command {
	case proto.CmdNewService:
		is := conf.Settings(&v.Service)
		byDefault := map[string]bool{
			"listen":    !c.IsSet(optionListen) && (!c.IsSet(optionPort) || v.Service.Listen.Port() == change.Service.Listen.Port()),
			"scheduler": !c.IsSet(optionScheduler),
			"via":       change.Service.Via == "on" && v.Service.Via == "",
		}
		wanted := conf.Settings(&change.Service)
		for _, s := range is {
			if s.Keyword == "listen" && c.IsSet(optionListen) && !slices.Contains(wanted, s) {
				other.Text += fmt.Sprintf(" has listen = %s, too", s.Value)
				return &other
			}
		}
		for _, s := range wanted {
			if !slices.Contains(is, s) && !byDefault[s.Keyword] {
				other.Text += fmt.Sprintf(" has not %s = %s", s.Keyword, s.Value)
				return &other
			}
		}
	case proto.CmdNewDest:
		if dest := findDest(&v, change.Dest.Addr); c.IsSet(optionWeight) && dest != nil && dest.Weight != change.Dest.Weight {
			other.Text += fmt.Sprintf(" has weight %d, not %d", dest.Weight, change.Dest.Weight)
			return &other
		}
	case proto.CmdNewRule:
		for i := range v.Rules {
			if r := &v.Rules[i]; c.IsSet(optionMatch) && r.Conditions.Equal(&change.Rule.Conditions) && r.Match != change.Rule.Match {
				other.Text += fmt.Sprintf(" has match %d, not %d", r.Match, change.Rule.Match)
				return &other
			}
		}
	}
	return nil
}

// withPort gives an address the service's own port if it has none.
func withPort(v *proto.Virtual, addr netip.AddrPort) netip.AddrPort {
	if addr.Port() == 0 {
		return netip.AddrPortFrom(addr.Addr(), v.Service.Listen.Port())
	}
	return addr
}

// findDest gives the real server of that address.
func findDest(v *proto.Virtual, addr netip.AddrPort) *proto.Dest {
	addr = withPort(v, addr)
	for i := range v.Dests {
		if v.Dests[i].Addr == addr {
			return &v.Dests[i]
		}
	}
	return nil
}

// withSuggestion names the scheduler or the knob that may be meant where there is
// none of that name.
func withSuggestion(d daemon, change proto.Change, refused *proto.Error) *proto.Error {
	suggested := *refused
	switch {
	case refused.Errno != unix.ENOENT:
	case change.Command == proto.CmdNewService || change.Command == proto.CmdSetService:
		suggested.Text += didYouMean(change.Service.Scheduler, proto.Schedulers)
	case change.Command == proto.CmdNewModule:
		suggested.Text += didYouMean(change.Module.Name, proto.Schedulers)
	case change.Command == proto.CmdSetKnob:
		info, _ := d.Info() // without it, there is nothing to suggest
		names := make([]string, len(info.Knobs))
		for i, k := range info.Knobs {
			names[i] = k.Name
		}
		suggested.Text += didYouMean(change.Knob.Name, names)
	}
	return &suggested
}
