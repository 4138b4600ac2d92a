package main

import (
	"errors"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// daemon is what the commands ask of ktcpvsd; *client.Client is one.
type daemon interface {
	Info() (proto.Info, error)
	Table() ([]proto.Virtual, error)
	Virtual(name string) (proto.Virtual, error)
	Service(name string) (proto.Service, error)
	Apply(changes []proto.Change) error
	Do(change proto.Change) error
	Start(name string) error
	Stop(name string) error
	Zero(name string) error
	Modules() ([]proto.Module, error)
	LoadModule(name string) error
	UnloadModule(name string) error
	SetKnob(name string, value int32) error
	History(service string, n uint32) ([]proto.Entry, error)
	Close() error
}

// session is one call of tcpvsadm: its streams and its ways to the daemon and
// to names.
type session struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer // for warnings
	resolve *resolver
	dial    func(port uint32) (daemon, error)
}

// run carries out one call.
func (s *session) run(args []string) error {
	app := s.app()
	if n := len(args); n > 0 && args[n-1] == completionRequest {
		return s.complete(app, args[:n-1])
	}
	line, err := readLine(app, args)
	if err != nil {
		return err
	}
	return app.Run(line.arguments())
}

// with calls work with a connection to the daemon.
func (s *session) with(c *cli.Context, work func(daemon) error) error {
	port, err := netlinkPort(c)
	if err != nil {
		return err
	}
	d, err := s.dial(port)
	if err != nil {
		return err
	}
	defer d.Close()
	return work(d)
}

// change asks the daemon for one change of the table. With --if-needed, one that is
// made already is no error.
func (s *session) change(c *cli.Context, change proto.Change) error {
	return s.with(c, func(d daemon) error {
		if st, ok := d.(*staged); ok && c.Bool(optionIfNeeded) {
			if _, err := st.present.now(); err != nil {
				return err
			}
		}
		err := d.Do(change)
		refused, ok := errors.AsType[*proto.Error](err)
		if !ok {
			return err
		}
		if c.Bool(optionIfNeeded) {
			return unneeded(c, d, change, refused)
		}
		return withSuggestion(d, change, refused)
	})
}

// netlinkPort is the port id of the daemon, 0 when neither the option nor the
// environment gives one.
func netlinkPort(c *cli.Context) (uint32, error) {
	text := c.String(optionNetlinkPort)
	if text == "" {
		return 0, nil
	}
	port, ok := parseNetlinkPort(text)
	if !ok {
		return 0, usagef("--%s (or %s) is %q, expected a netlink port id from 1 to 4294967295",
			optionNetlinkPort, proto.PortEnv, text)
	}
	return port, nil
}

func parseNetlinkPort(text string) (port uint32, ok bool) {
	n, err := strconv.ParseUint(text, 0, 32)
	return uint32(n), err == nil && n > 0
}
