package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/advice"
	"ktcpvs/proto/conf"
)

// mostWarnings are told of one call.
const mostWarnings = 20

// warned does something of which a part can hardly be meant, and tells that, a line
// each, when it is done; with --strict that is an error, and it is not done.
func (s *session) warned(c *cli.Context, warnings []string, do func() error) error {
	if len(warnings) == 0 {
		return do()
	}
	if more := len(warnings) - mostWarnings; more > 0 {
		warnings = append(warnings[:mostWarnings:mostWarnings], fmt.Sprintf("and %d more warnings", more))
	}
	if c.Bool(optionStrict) {
		return errors.New(strings.Join(warnings, "\n"))
	}
	if err := do(); err != nil || s.err == nil {
		return err
	}
	for _, warning := range warnings {
		if _, err := fmt.Fprintf(s.err, "tcpvsadm: warning: %s\n", warning); err != nil {
			return err
		}
	}
	return nil
}

// ofFile is what of a configuration can hardly be meant, and where it stands.
func ofFile(name string, file *conf.File) (lines []string) {
	for _, w := range advice.Of(file.Virtuals) {
		place := name
		if at, ok := file.Place(w.Virtual, w.Rule); ok {
			place = fmt.Sprintf("%s:%d:%d", name, at.Line, at.Column)
		}
		text := w.Describe(func(rule int) string {
			asked := conf.AppendConditions(nil, &file.Virtuals[w.Virtual].Rules[rule].Conditions)
			if at, ok := file.Place(w.Virtual, rule); ok {
				return fmt.Sprintf("%s (line %d)", asked, at.Line)
			}
			return string(asked)
		})
		lines = append(lines, fmt.Sprintf("%s: service %q: %s", place, file.Virtuals[w.Virtual].Service.Name, text))
	}
	return lines
}

// changeRule adds a rule. Which scheduler would read it, the daemon has to say; for a
// batch it is not asked.
func (s *session) changeRule(c *cli.Context, rule proto.Rule) error {
	warnings := advice.OfRule(&rule.Conditions)
	err := s.with(c, func(d daemon) error {
		service, err := d.Service(rule.Service)
		if text := advice.OfScheduler(service.Scheduler); err == nil && text != "" {
			warnings = append(warnings, fmt.Sprintf("service %q: %s", rule.Service, text))
		}
		return nil // that there is no such service, the change will tell
	})
	if err != nil {
		return err
	}
	return s.warned(c, warnings, func() error { return s.change(c, proto.Change{Command: proto.CmdNewRule, Rule: rule}) })
}

// startWarned starts a service, or with "" all of them, and tells which have no rule.
func (s *session) startWarned(c *cli.Context, d daemon, name string) error {
	start := func() error { return d.Start(name) }
	if _, noting := d.(*staged); noting {
		return start()
	}
	var table []proto.Virtual
	if name == "" {
		table, _ = d.Table() // what keeps it from being read, the start will tell
	} else if v, err := d.Virtual(name); err == nil {
		table = []proto.Virtual{v}
	}
	var lines []string
	for i := range table {
		for _, w := range advice.OfStart(&table[i]) {
			lines = append(lines, fmt.Sprintf("service %q: %s", table[i].Service.Name, w.Text))
		}
	}
	return s.warned(c, lines, start)
}
