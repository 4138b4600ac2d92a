package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// knob lists the daemon's knobs, prints one or sets one.
func (s *session) knob(c *cli.Context) error {
	name, text, setting := strings.Cut(c.Args().First(), "=")
	if c.Args().Present() && name == "" {
		return usagef("command --knob is given %q, expected NAME or NAME=VALUE", c.Args().First())
	}
	if !setting {
		return s.with(c, func(d daemon) error { return s.printKnobs(d, name) })
	}
	value, err := conf.ParseKnobValue(text)
	if err != nil {
		return usagef("command --knob %s is given %q, expected a number from -2147483648 to 2147483647", name, text)
	}
	return s.with(c, func(d daemon) error {
		err := d.SetKnob(name, value)
		if refused, ok := errors.AsType[*proto.Error](err); ok {
			return noted(d, name, refused)
		}
		return err
	})
}

// noted is a refusal about the knob of that name.
func noted(d daemon, name string, refused *proto.Error) error {
	return withSuggestion(d, proto.Change{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: name}}, refused)
}

// printKnobs prints the knob of that name, or all of them.
func (s *session) printKnobs(d daemon, name string) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	var text []byte
	for _, k := range info.Knobs {
		if name == "" || k.Name == name {
			text = fmt.Appendf(text, "%s = %d\n", k.Name, k.Value)
		}
	}
	if text == nil && name != "" {
		return noted(d, name, &proto.Error{Errno: unix.ENOENT, Command: proto.CmdSetKnob, Text: fmt.Sprintf("%q", name)})
	}
	_, err = s.out.Write(text)
	return err
}
