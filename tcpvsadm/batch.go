package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/conf"
	"ktcpvs/proto/resolve"
)

// step is one command of a batch.
type step struct {
	line   int
	change proto.Change
}

// batch reads commands, one a line, and has the daemon make all of their changes or
// none.
func (s *session) batch(c *cli.Context) error {
	name, text, err := s.commandText(c)
	if err != nil {
		return err
	}
	// At first only to learn which names there are, that are looked up together.
	names := resolve.NewStandIns(s.resolve.Port)
	s.resolve.standIns = names
	steps, err := s.steps(c, name, text)
	s.resolve.standIns = nil
	if hosts := names.Names(); len(hosts) > 0 {
		s.resolve.LookUp(hosts)
		steps, err = s.steps(c, name, text)
	}
	if err != nil || len(steps) == 0 {
		return err
	}
	return s.with(c, func(d daemon) error {
		changes := make([]proto.Change, len(steps))
		for i := range steps {
			changes[i] = steps[i].change
		}
		err := d.Apply(changes)
		if refused, ok := errors.AsType[*proto.Error](err); ok && 0 < refused.Index && refused.Index <= len(steps) {
			at := &steps[refused.Index-1]
			refused.Index = 0
			return fmt.Errorf("%s:%d: %w", name, at.line, withSuggestion(d, at.change, refused))
		}
		return err
	})
}

// commandText is the text of a batch and where it comes from.
func (s *session) commandText(c *cli.Context) (name string, text []byte, err error) {
	name = c.Args().First()
	if name == "" {
		name = standardInput
		text, err = readText(name, s.in, largestText)
		return name, text, err
	}
	file, err := openText(name, pipePatience)
	if err != nil {
		return name, nil, err
	}
	defer file.Close()
	text, err = readText(name, file, largestText)
	return name, text, err
}

// steps reads the commands. What is wrong with each is told, of as many as a wrong
// configuration would be. One that depends on what is there, as by the number of a
// rule, is for what the commands before it have made of that.
func (s *session) steps(c *cli.Context, name string, text []byte) ([]step, error) {
	present := &present{ask: func() (table []proto.Virtual, err error) {
		err = s.with(c, func(d daemon) error {
			table, err = d.Table()
			return err
		})
		return table, err
	}}
	var steps []step
	var wrong []string
	number, failed := 0, error(nil)
	for line := range strings.Lines(string(text)) {
		number++
		words, err := splitWords(strings.TrimRight(line, "\r\n"))
		if err == nil && len(words) > 0 {
			var changes []proto.Change
			changes, err = s.command(words, present)
			for _, change := range changes {
				steps = append(steps, step{number, change})
			}
		}
		if err == nil {
			continue
		}
		if _, refused := errors.AsType[*proto.Error](err); refused {
			// What comes later was to build upon it.
			if failed == nil {
				return nil, fmt.Errorf("%s:%d: %w", name, number, err)
			}
			break
		}
		if len(wrong) == conf.MostMistakes {
			wrong = append(wrong, fmt.Sprintf("%s: more than %d mistakes, the rest is not looked at", name, conf.MostMistakes))
			break
		}
		wrong = append(wrong, fmt.Sprintf("%s:%d: %v", name, number, err))
		if failed == nil || isUsage(failed) {
			failed = err
		}
	}
	switch {
	case failed == nil:
		return steps, nil
	case isUsage(failed):
		return nil, usagef("%s", strings.Join(wrong, "\n"))
	}
	return nil, errors.New(strings.Join(wrong, "\n"))
}

// errNoChange is for a command that asks the daemon for something.
var errNoChange = errors.New("asks for what is there, and can be no part of a batch")

// command reads one command, which may have the name of the program before it.
func (s *session) command(words []string, present *present) ([]proto.Change, error) {
	if words[0] == "tcpvsadm" {
		words = words[1:]
	}
	staged := &staged{present: present}
	line := &session{in: strings.NewReader(""), out: &strings.Builder{}, err: s.err, resolve: s.resolve,
		dial: func(client.Options) (daemon, error) { return staged, nil }}
	l, err := readLine(line.app(), words)
	switch {
	case err != nil:
		return nil, err
	case l.help || l.version:
		return nil, usagef("help and version are no part of a batch")
	case len(l.globals) > 0:
		return nil, usagef("option --%s stands with command --%s, not in it", optionNetlinkPort, commandBatch)
	case slices.Contains([]string{commandLoad, commandRestore, commandBatch}, l.command.Name):
		return nil, usagef("command %s can be no part of a batch", spelling(l.command.Names()))
	}
	err = line.app().Run(l.arguments())
	if errors.Is(err, errNoChange) {
		err = usagef("command %s, as it is given, %v", spelling(l.command.Names()), errNoChange)
	}
	if err != nil {
		return nil, err
	}
	return staged.changes, nil
}
