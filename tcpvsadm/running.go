package main

import "github.com/urfave/cli/v2"

func (s *session) start(c *cli.Context) error {
	return s.forServices(c, func(d daemon, name string) error {
		return s.startWarned(c, d, name)
	})
}

func (s *session) stop(c *cli.Context) error { return s.forServices(c, daemon.Stop) }

func (s *session) zero(c *cli.Context) error { return s.forServices(c, daemon.Zero) }

// forServices asks for something that is done to one service or, when the
// options name none, to all.
func (s *session) forServices(c *cli.Context, ask func(d daemon, name string) error) error {
	name, err := ident(c)
	if err != nil {
		return err
	}
	return s.with(c, func(d daemon) error { return ask(d, name) })
}
