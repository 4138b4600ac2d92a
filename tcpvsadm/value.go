package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// value is one option of a command line, for messages that name both.
type value struct {
	c      *cli.Context
	option string
}

func valueOf(c *cli.Context, option string) value { return value{c, option} }

func (v value) text() string { return v.c.String(v.option) }

func (v value) isGiven() bool { return v.c.IsSet(v.option) }

// fail is a wrong command line because of this value.
func (v value) fail(text string, why any) error {
	return usagef("%s is %q: %v", v.place(), text, why)
}

// failNamed is fail for a reason that has the value, or what is wrong of it, in
// itself.
func (v value) failNamed(why error) error {
	return usagef("%s: %v", v.place(), why)
}

// place names the option and the command.
func (v value) place() string {
	names := findFlag(v.c.Command.Flags, v.option).Names()
	return "option " + spelling(names) + " with command " + spelling(v.c.Command.Names())
}

// number is the value as a decimal number within bounds.
func (v value) number(least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(v.text(), 10, 64)
	if err != nil || n < least || n > most {
		return 0, v.fail(v.text(), fmt.Sprintf("expected a number from %d to %d", least, most))
	}
	return n, nil
}

// checked is the value as text that check finds nothing wrong with; it is
// empty when it is not given.
func (v value) checked(check func(string) error) (string, error) {
	if !v.isGiven() {
		return "", nil
	}
	if err := check(v.text()); err != nil {
		return "", v.fail(v.text(), err)
	}
	return v.text(), nil
}

// address is the value as host[:port]. A name that does not resolve is no
// wrong command line.
func (v value) address(resolve conf.Resolver) (netip.AddrPort, error) {
	return v.addressIn(v.text(), resolve)
}

// addresses are the values of an option that may be repeated, each as host[:port].
func (v value) addresses(resolve conf.Resolver) (list []netip.AddrPort, err error) {
	for _, text := range v.c.StringSlice(v.option) {
		addr, err := v.addressIn(text, resolve)
		if err != nil {
			return nil, err
		}
		list = append(list, addr)
	}
	return list, nil
}

func (v value) addressIn(text string, resolve conf.Resolver) (netip.AddrPort, error) {
	addr, err := conf.ParseAddress(text, resolve)
	if err == nil {
		return addr, nil
	}
	if unknown, ok := errors.AsType[*conf.ResolveError](err); ok {
		return netip.AddrPort{}, unknown
	}
	return netip.AddrPort{}, v.failNamed(err)
}

// ident is the name of the virtual service, empty when none is given.
func ident(c *cli.Context) (string, error) {
	return valueOf(c, optionIdent).checked(proto.CheckName)
}
