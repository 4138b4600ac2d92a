package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// modules prints the schedulers, a line each.
func (s *session) modules(c *cli.Context) error {
	return s.with(c, func(d daemon) error {
		modules, err := d.Modules()
		if err != nil {
			return err
		}
		text := fmt.Appendf(nil, "%-15s %-8s %5s\n", "Module", "State", "Users")
		for _, m := range modules {
			state := "unloaded"
			if m.Loaded {
				state = "loaded"
			}
			text = fmt.Appendf(text, "%-15s %-8s %5d\n", m.Name, state, m.Users)
		}
		_, err = s.out.Write(text)
		return err
	})
}

func (s *session) loadModule(c *cli.Context) error { return s.forModule(c, daemon.LoadModule) }

func (s *session) unloadModule(c *cli.Context) error { return s.forModule(c, daemon.UnloadModule) }

func (s *session) forModule(c *cli.Context, ask func(d daemon, name string) error) error {
	name := c.Args().First()
	if err := proto.CheckName(name); err != nil {
		return usagef("command %s: %v", spelling(c.Command.Names()), err)
	}
	return s.with(c, func(d daemon) error { return ask(d, name) })
}
