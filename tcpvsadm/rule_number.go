package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// Rules have numbers, in the order in which they are tried. A command that names a
// rule by its number looks up which it is, and then names it by its conditions: a
// rule that has moved meanwhile is still the one that was meant.

// numbered gives the rule of that number.
func numbered(d daemon, service string, number uint64, command proto.Command) (proto.Rule, error) {
	v, err := d.Virtual(service)
	if err != nil {
		return proto.Rule{}, ofCommand(err, command)
	}
	if number > uint64(len(v.Rules)) {
		return proto.Rule{}, &proto.Error{Errno: unix.ENOENT, Command: command,
			Text: fmt.Sprintf("service %q has no rule %d, it has %d", service, number, len(v.Rules))}
	}
	return v.Rules[number-1], nil
}

// deleteNumbered deletes the rule of a number, or takes one server out of it.
func (s *session) deleteNumbered(c *cli.Context) error {
	for _, f := range c.Command.Flags {
		if name := f.Names()[0]; (isCondition(f) && name != optionNumber || name == optionIgnoreCase) && c.IsSet(name) {
			return usagef("option --%s with command %s stands for the conditions, but option %s is given", optionNumber,
				spelling(c.Command.Names()), spelling(f.Names()))
		}
	}
	number, err := valueOf(c, optionNumber).number(1, math.MaxUint32)
	if err != nil {
		return err
	}
	name, err := ident(c)
	if err != nil {
		return err
	}
	var only netip.AddrPort
	if server := valueOf(c, optionServer); server.isGiven() {
		if only, err = server.address(s.resolve); err != nil {
			return err
		}
	}
	return s.with(c, func(d daemon) error {
		rule, err := numbered(d, name, number, proto.CmdDelRule)
		if err != nil {
			return needed(c, err)
		}
		if only.IsValid() {
			return needed(c, d.Do(outOf(rule, only)))
		}
		return needed(c, d.Apply(outOfAll(rule, rule.Dests)))
	})
}

// outOf takes a server out of a rule.
func outOf(rule proto.Rule, server netip.AddrPort) proto.Change {
	return proto.Change{Command: proto.CmdDelRule, Rule: proto.Rule{
		Service: rule.Service, Conditions: rule.Conditions, Dests: []netip.AddrPort{server}}}
}

func outOfAll(rule proto.Rule, servers []netip.AddrPort) (changes []proto.Change) {
	for _, server := range servers {
		changes = append(changes, outOf(rule, server))
	}
	return changes
}

// moveRule gives a rule another number.
func (s *session) moveRule(c *cli.Context) error {
	var numbers [2]uint64
	for i := range numbers {
		n, err := strconv.ParseUint(c.Args().Get(i), 10, 32)
		if err != nil || n == 0 {
			return usagef("command %s is given %q, expected a number of a rule, from 1", spelling(c.Command.Names()), c.Args().Get(i))
		}
		numbers[i] = n
	}
	name, err := ident(c)
	if err != nil {
		return err
	}
	return s.with(c, func(d daemon) error {
		rule, err := numbered(d, name, numbers[0], proto.CmdMoveRule)
		if err != nil {
			return err
		}
		return d.Do(proto.Change{Command: proto.CmdMoveRule, Rule: proto.Rule{
			Service: name, Conditions: rule.Conditions, Number: uint32(numbers[1])}})
	})
}

// deleteWithRules deletes a real server, and takes it out of the rules that use it.
func (s *session) deleteWithRules(c *cli.Context, dest proto.Dest) error {
	return s.with(c, func(d daemon) error {
		v, err := d.Virtual(dest.Service)
		if err != nil {
			return needed(c, ofCommand(err, proto.CmdDelDest))
		}
		addr := withPort(&v, dest.Addr)
		var changes []proto.Change
		for _, rule := range v.Rules {
			if slices.Contains(rule.Dests, addr) {
				changes = append(changes, outOf(rule, addr))
			}
		}
		return needed(c, d.Apply(append(changes, proto.Change{Command: proto.CmdDelDest, Dest: dest})))
	})
}

// ofCommand has an error of a listing be that of the command it was for.
func ofCommand(err error, command proto.Command) error {
	if refused, ok := errors.AsType[*proto.Error](err); ok {
		refused.Command, refused.Index = command, 0
	}
	return err
}

// needed makes nothing of an error that what is to go is not there, with --if-needed.
func needed(c *cli.Context, err error) error {
	refused, ok := errors.AsType[*proto.Error](err)
	if !ok {
		return err
	}
	if refused.Index = 0; c.Bool(optionIfNeeded) && isMissing(refused) {
		return nil
	}
	return refused
}

// appendRules writes the rules of services by their numbers, with what they have
// decided.
func appendRules(dst []byte, version string, table []proto.Virtual, names conf.Names, exact bool) []byte {
	dst = fmt.Appendf(dst, "TCP Virtual Server version %s\n", version)
	for i := range table {
		v := &table[i]
		dst = append(conf.AppendTitle(dst, &v.Service, names), '\n')
		dst = fmt.Appendf(dst, "%6s %8s  %-19s  %s\n", "Number", "Hits", "Last", "Rule")
		for j := range v.Rules {
			r := &v.Rules[j]
			last := "never"
			if r.Last != 0 {
				last = time.Unix(r.Last, 0).Format(time.DateTime)
			}
			dst = fmt.Appendf(dst, "%6d %8s  %-19s  %s use server", j+1, counter(r.Hits, exact), last, conf.AppendConditions(nil, &r.Conditions))
			for _, addr := range r.Dests {
				dst = conf.AppendAddress(append(dst, ' '), addr, names)
			}
			dst = append(dst, '\n')
		}
	}
	return dst
}
