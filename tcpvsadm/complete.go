package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto/client"
	"ktcpvs/proto/conf"
)

// completionRequest, as the last word, asks what may come after the others:
// a candidate a line, with its description after a tab where it has one.
const completionRequest = "--generate-bash-completion"

type candidate struct {
	text, description string
}

// complete prints the candidates for the word after these.
func (s *session) complete(app *cli.App, words []string) error {
	for _, c := range s.candidates(app, words) {
		text := c.text
		if c.description != "" {
			text += "\t" + c.description
		}
		if _, err := fmt.Fprintln(s.out, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) candidates(app *cli.App, words []string) []candidate {
	l, err := readLine(app, words)
	missing, waiting := errors.AsType[*missingValue](err)
	switch {
	case waiting && missing.flag != nil:
		return s.values(l, missing.flag)
	case waiting:
		return s.arguments(l)
	case l.help || l.version:
		return nil
	case len(words) == 0 || l.command == nil:
		return commandCandidates(app)
	case (l.command.Name == commandKnob || l.command.Name == commandBatch) && len(l.values) == 0:
		return s.arguments(l)
	}
	return l.optionCandidates()
}

func commandCandidates(app *cli.App) []candidate {
	var list []candidate
	for _, command := range app.Commands {
		for _, name := range command.Names() {
			list = append(list, candidate{dashed(name), command.Usage})
		}
	}
	return append(list, candidate{"-h", ""}, candidate{"--help", "print help"}, candidate{"--version", "print the version"})
}

// optionCandidates are the options that may still be given.
func (l *line) optionCandidates() []candidate {
	var list []candidate
	for _, f := range slices.Concat(l.command.Flags, l.app.Flags) {
		if len(l.given[f]) > 0 && !isRepeatable(f) {
			continue
		}
		for _, name := range f.Names() {
			list = append(list, candidate{dashed(name), plainUsage(f)})
		}
	}
	return list
}

// values are those of an option, as far as the daemon's table tells them. That
// no daemon answers is no news to somebody who types.
func (s *session) values(l *line, f cli.Flag) (list []candidate) {
	s.ask(l, func(d daemon) {
		switch f.Names()[0] {
		case optionIdent:
			table, _ := d.Table()
			for _, v := range table {
				list = append(list, candidate{text: v.Service.Name})
			}
		case optionVia, optionAllowLoop, optionFreebind, optionV6Only:
			list = append(list, candidate{text: "on"}, candidate{text: "off"})
		case optionScheduler:
			list = s.moduleNames(d)
		case optionServer:
			list = serversOf(d, l)
		}
	})
	return list
}

// serversOf are the real servers of the service that the line names.
func serversOf(d daemon, l *line) (list []candidate) {
	for f, values := range l.given {
		if f.Names()[0] != optionIdent {
			continue
		}
		v, _ := d.Virtual(values[0])
		for _, dest := range v.Dests {
			list = append(list, candidate{text: string(conf.AppendAddress(nil, dest.Addr, conf.Numeric{}))})
		}
	}
	return list
}

// arguments are the values of a command; those that are files are the
// shell's to list.
func (s *session) arguments(l *line) (list []candidate) {
	if l.command.Name == commandLoad || l.command.Name == commandBatch {
		return nil
	}
	s.ask(l, func(d daemon) {
		if l.command.Name != commandKnob {
			list = s.moduleNames(d)
			return
		}
		info, _ := d.Info()
		for _, k := range info.Knobs {
			list = append(list, candidate{k.Name, fmt.Sprint(k.Value)})
		}
	})
	return list
}

func (s *session) moduleNames(d daemon) (list []candidate) {
	modules, _ := d.Modules()
	for _, m := range modules {
		list = append(list, candidate{text: m.Name})
	}
	return list
}

// ask connects to the daemon of the line, if there is one.
func (s *session) ask(l *line, work func(daemon)) {
	var where client.Options
	if given := l.given[findFlag(l.app.Flags, optionNetlinkPort)]; len(given) > 0 {
		where.Port, _ = parseNetlinkPort(given[0])
	}
	if given := l.given[findFlag(l.app.Flags, optionDaemonUser)]; len(given) > 0 {
		where.Users, _ = parseUser(given[0])
	}
	d, err := s.dial(where)
	if err != nil {
		return
	}
	defer d.Close()
	work(d)
}
