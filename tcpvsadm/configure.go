package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
	"ktcpvs/proto/drift"
)

// errDiffers is the outcome of a comparison that found something, and has said it.
var errDiffers = errors.New("the daemon differs from the configuration")

// configure does with a configuration what the options say.
func (s *session) configure(c *cli.Context, name string, text []byte) error {
	check, resolve := c.Bool(optionCheck), c.Bool(optionResolve)
	compare, start := c.Bool(optionDiff), c.Bool(optionStart)
	switch {
	case check && (compare || start):
		return usagef("option --check with command %s asks no daemon, and goes with neither --diff nor --start", spelling(c.Command.Names()))
	case resolve && !check:
		return usagef("option --resolve with command %s needs option --check; without it, names are looked up", spelling(c.Command.Names()))
	}
	file, err := s.parse(name, text, resolve || !check)
	if err != nil {
		return err
	}
	if check {
		return s.warned(c, ofFile(name, file), func() error { return s.tellValid(name, file) })
	}
	return s.with(c, func(d daemon) error {
		if start {
			if err := startNew(d, file); err != nil {
				return err
			}
		}
		if compare {
			return s.compare(d, file)
		}
		return s.warned(c, ofFile(name, file), func() error { return apply(d, name, file) })
	})
}

// tellValid prints what a configuration holds in which nothing is wrong.
func (s *session) tellValid(name string, file *conf.File) error {
	servers, rules := 0, 0
	for i := range file.Virtuals {
		servers += len(file.Virtuals[i].Dests)
		rules += len(file.Virtuals[i].Rules)
	}
	_, err := fmt.Fprintf(s.out, "%s: valid, virtual services: %d, real servers: %d, rules: %d\n", name, len(file.Virtuals), servers, rules)
	return err
}

// startNew has those services run that the daemon does not have yet, unless their
// blocks say otherwise.
func startNew(d daemon, file *conf.File) error {
	table, err := d.Table()
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(table))
	for i := range table {
		known[table[i].Service.Name] = true
	}
	for i := range file.Virtuals {
		if s := &file.Virtuals[i].Service; s.State == proto.NotGiven && !known[s.Name] {
			s.State = proto.On
		}
	}
	return nil
}

// compare prints what the configuration would change, a line each.
func (s *session) compare(d daemon, file *conf.File) error {
	before, err := reported(d)
	if err != nil {
		return err
	}
	lines := drift.Lines(before, drift.Outcome(before, file))
	for _, line := range lines {
		if _, err := fmt.Fprintln(s.out, line); err != nil {
			return err
		}
	}
	if len(lines) > 0 {
		return errDiffers
	}
	return nil
}

// apply makes the daemon what a configuration says, all at once or not at all. A
// refusal names the line that it is about, and is one of the file whatever its errno.
func apply(d daemon, name string, file *conf.File) error {
	changes := file.Changes()
	err := d.Apply(changes)
	refused, ok := errors.AsType[*proto.Error](err)
	if !ok || refused.Index < 1 || refused.Index > len(changes) {
		return err
	}
	plain := withSuggestion(d, changes[refused.Index-1], refused)
	plain.Index = 0
	if at, ok := file.Position(refused.Index - 1); ok {
		return fmt.Errorf("%s:%d:%d: %v", name, at.Line, at.Column, plain)
	}
	return fmt.Errorf("%s: %v", name, plain)
}
