package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// largestText is the longest configuration that is read, in bytes: more than the
// daemon takes at once, and little enough for any machine to hold.
const largestText = 64 << 20

func (s *session) loadFile(c *cli.Context) error {
	name := c.Args().First()
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := readText(name, file, largestText)
	if err != nil {
		return err
	}
	return s.load(c, name, text)
}

func (s *session) restore(c *cli.Context) error {
	const name = "standard input"
	text, err := readText(name, s.in, largestText)
	if err != nil {
		return err
	}
	return s.load(c, name, text)
}

// readText reads a configuration to its end, which a device or a pipe need not
// have.
func readText(name string, from io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	switch {
	case errors.Is(err, unix.EISDIR):
		return nil, fmt.Errorf("%w, expected a configuration file", err)
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s: longer than %d bytes, expected a configuration of at most that", name, most)
	}
	return text, nil
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
		_, err = s.out.Write(conf.AppendSave(nil, &conf.File{Virtuals: table}, s.names(c, table)))
		return err
	})
}
