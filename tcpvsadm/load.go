package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

func (s *session) loadFile(c *cli.Context) error {
	name := c.Args().First()
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return s.load(c, name, text)
}

func (s *session) restore(c *cli.Context) error {
	text, err := io.ReadAll(s.in)
	if err != nil {
		return err
	}
	return s.load(c, "standard input", text)
}

// load makes the table what a configuration says, all at once or not at all.
// A refusal names the line that it is about.
func (s *session) load(c *cli.Context, name string, text []byte) error {
	file, err := conf.Read(name, text, s.resolve)
	if err != nil {
		return err
	}
	err = s.with(c, func(d daemon) error { return d.Apply(file.Changes()) })
	refused, ok := errors.AsType[*proto.Error](err)
	if !ok || refused.Index == 0 {
		return err
	}
	plain := *refused
	plain.Index = 0
	if at, ok := file.Position(refused.Index - 1); ok {
		return fmt.Errorf("%s:%d:%d: %w", name, at.Line, at.Column, &plain)
	}
	return fmt.Errorf("%s: %w", name, &plain)
}

// save prints the table as a configuration.
func (s *session) save(c *cli.Context) error {
	return s.with(c, func(d daemon) error {
		table, err := d.Table()
		if err != nil {
			return err
		}
		_, err = s.out.Write(conf.AppendSave(nil, table, s.names(c, table)))
		return err
	})
}
