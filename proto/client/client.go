// Package client is the daemon's table as typed calls: each asks over netlink
// and waits for the answer. It holds no state of its own; what an answer means
// to an operator is the caller's business.
package client

import (
	"errors"
	"os"
	"strconv"
	"sync"

	"ktcpvs/proto"
	"ktcpvs/proto/nlport"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Options say where the daemon is.
type Options struct {
	Port  uint32   // netlink port id; 0: KTCPVS_NLPORT or proto.DefaultPort
	Users []uint32 // whose process it may be; none: root's or the caller's own
}

// Client talks to one daemon. Every error that its calls return is a
// *proto.Error, so errors.Is finds the errno: ENOPROTOOPT when no daemon
// listens, EPERM when the caller lacks CAP_NET_ADMIN, and else what the
// reference names. It may be used by many goroutines; they take turns.
type Client struct {
	mu     sync.Mutex
	wire   *wire
	link   *netlink.Conn   // over wire, for batches
	conn   *genetlink.Conn // over link, for all else
	family uint16
}

// Dial finds the daemon of this network namespace.
func Dial(o Options) (*Client, error) {
	port, err := o.port()
	if err != nil {
		return nil, err
	}
	conn, err := nlport.Dial(port, o.Users...)
	if err != nil {
		return nil, failure(proto.CmdUnspec, err)
	}
	return New(conn)
}

// New talks over t, and closes it when nobody answers there.
func New(t Transport) (*Client, error) {
	w := &wire{Transport: t}
	link := netlink.NewConn(w, t.ID())
	c := &Client{wire: w, link: link, conn: genetlink.NewConn(link)}
	family, err := c.conn.GetFamily(proto.FamilyName)
	if err != nil {
		t.Close()
		return nil, failure(proto.CmdUnspec, err)
	}
	c.family = family.ID
	return c, nil
}

// Close ends the conversation; a call that waits returns.
func (c *Client) Close() error { return c.conn.Close() }

func (o Options) port() (uint32, error) {
	text := os.Getenv(proto.PortEnv)
	switch {
	case o.Port != 0:
		return o.Port, nil
	case text == "":
		return proto.DefaultPort, nil
	}
	port, err := strconv.ParseUint(text, 0, 32)
	if err != nil || port == 0 {
		return 0, proto.Errorf(unix.EINVAL, "%s is %q, expected a netlink port id, 1 to %d", proto.PortEnv, text, uint32(1<<32-1))
	}
	return uint32(port), nil
}

// Info is what the daemon says of itself.
func (c *Client) Info() (proto.Info, error) {
	reply, err := c.get(proto.Request{Command: proto.CmdGetInfo})
	if err == nil && reply.Info == nil {
		err = unexpected(proto.CmdGetInfo)
	}
	if err != nil {
		return proto.Info{}, err
	}
	return *reply.Info, nil
}

// Do makes one change.
func (c *Client) Do(change proto.Change) error {
	if !change.Command.InBatch() {
		return &proto.Error{Errno: unix.EOPNOTSUPP, Command: change.Command, Text: "not a change of the table"}
	}
	return c.tell(change.Request())
}

// Start lets the service listen; it does when the call returns, or the error
// is the kernel's. "" is every service that can start: the error is then those of all
// that can not, a line each. A service that runs keeps running.
func (c *Client) Start(name string) error {
	if name == "" {
		return c.startAll()
	}
	return c.tell(proto.Request{Command: proto.CmdStart, Service: proto.Service{Name: name}})
}

// startAll starts one by one, so that each has an error of its own.
func (c *Client) startAll() error {
	replies, err := c.list(proto.Request{Command: proto.CmdGetService})
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range replies {
		if r.Service == nil {
			return unexpected(proto.CmdGetService)
		}
		if r.Service.Running {
			continue
		}
		err := c.Start(r.Service.Name)
		switch {
		case errors.Is(err, unix.ESRCH): // it was deleted meanwhile
		case errors.Is(err, unix.EBUSY): // of all of them: the daemon is unloading
			return err
		case err != nil:
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Stop closes the service's listener and lets what is open finish. "" is every
// service. A service that does not run stays so.
func (c *Client) Stop(name string) error {
	return c.tell(proto.Request{Command: proto.CmdStop, Service: proto.Service{Name: name}})
}

// Zero clears the counters of the service and of its servers. "" is every
// service.
func (c *Client) Zero(name string) error {
	return c.tell(proto.Request{Command: proto.CmdZero, Service: proto.Service{Name: name}})
}

// SetKnob sets a sysctl integer of the daemon.
func (c *Client) SetKnob(name string, value int32) error {
	return c.tell(proto.Request{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: name, Value: value}})
}

// LoadModule loads a scheduler.
func (c *Client) LoadModule(name string) error {
	return c.tell(proto.Request{Command: proto.CmdNewModule, Module: proto.Module{Name: name}})
}

// UnloadModule unloads a scheduler; EBUSY while a service uses it.
func (c *Client) UnloadModule(name string) error {
	return c.tell(proto.Request{Command: proto.CmdDelModule, Module: proto.Module{Name: name}})
}

// Modules lists the schedulers, loaded or not.
func (c *Client) Modules() ([]proto.Module, error) {
	replies, err := c.list(proto.Request{Command: proto.CmdGetModule})
	if err != nil {
		return nil, err
	}
	modules := make([]proto.Module, 0, len(replies))
	for _, r := range replies {
		if r.Module == nil {
			return nil, unexpected(proto.CmdGetModule)
		}
		modules = append(modules, *r.Module)
	}
	return modules, nil
}

// History lists the last n changes of a service, the oldest first. "" is whichever
// service, and 0 all that are remembered.
func (c *Client) History(service string, n uint32) ([]proto.Entry, error) {
	replies, err := c.list(proto.Request{Command: proto.CmdGetHistory, Last: n, Service: proto.Service{Name: service}})
	if err != nil {
		return nil, err
	}
	entries := make([]proto.Entry, 0, len(replies))
	for _, r := range replies {
		if r.Entry == nil {
			return nil, unexpected(proto.CmdGetHistory)
		}
		entries = append(entries, *r.Entry)
	}
	return entries, nil
}
