package main

import (
	"errors"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
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
	dial    func(client.Options) (daemon, error)
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
	where, err := whichDaemon(c)
	if err != nil {
		return err
	}
	d, err := s.dial(where)
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

// whichDaemon is where the daemon is and whose process; what neither the options nor
// the environment give is left out.
func whichDaemon(c *cli.Context) (o client.Options, err error) {
	if text := c.String(optionNetlinkPort); text != "" {
		port, ok := parseNetlinkPort(text)
		if !ok {
			return o, usagef("--%s (or %s) is %q, expected a netlink port id from 1 to 4294967295",
				optionNetlinkPort, proto.PortEnv, text)
		}
		o.Port = port
	}
	if text := c.String(optionDaemonUser); text != "" {
		users, ok := parseUser(text)
		if !ok {
			return o, usagef("--%s (or %s) is %q, expected the number of a user from 0 to %d",
				optionDaemonUser, proto.UserEnv, text, uint32(noUser-1))
		}
		o.Users = users
	}
	return o, nil
}

// noUser is what the kernel has for none.
const noUser = 1<<32 - 1

func parseUser(text string) (users []uint32, ok bool) {
	uid, err := strconv.ParseUint(text, 10, 32)
	if err != nil || uid == noUser {
		return nil, false
	}
	return []uint32{uint32(uid)}, true
}

func parseNetlinkPort(text string) (port uint32, ok bool) {
	n, err := strconv.ParseUint(text, 0, 32)
	return uint32(n), err == nil && n > 0
}
