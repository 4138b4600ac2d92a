package client

import (
	"errors"
	"os"

	"ktcpvs/proto"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// datagramSize is how many bytes of a batch go into one datagram, well below
// what a send buffer holds by default.
const datagramSize = 32 << 10

// tell makes a request that is only acknowledged.
func (c *Client) tell(r proto.Request) error {
	_, err := c.execute(&r, netlink.Acknowledge)
	return err
}

// get makes a request that has one answer.
func (c *Client) get(r proto.Request) (proto.Reply, error) {
	replies, err := c.replies(&r, 0)
	if err == nil && len(replies) != 1 {
		err = unexpected(r.Command)
	}
	if err != nil {
		return proto.Reply{}, err
	}
	return replies[0], nil
}

// list makes a request that has any number of answers.
func (c *Client) list(r proto.Request) ([]proto.Reply, error) {
	r.Dump = true
	return c.replies(&r, netlink.Dump)
}

func (c *Client) replies(r *proto.Request, flags netlink.HeaderFlags) ([]proto.Reply, error) {
	messages, err := c.execute(r, flags)
	if err != nil {
		return nil, err
	}
	replies := make([]proto.Reply, 0, len(messages))
	for _, m := range messages {
		reply, err := proto.DecodeReply(proto.Command(m.Header.Command), m.Data)
		if err != nil {
			return nil, err
		}
		replies = append(replies, reply)
	}
	return replies, nil
}

func (c *Client) execute(r *proto.Request, flags netlink.HeaderFlags) ([]genetlink.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, err := message(r)
	if err != nil {
		return nil, err
	}
	answers, err := c.conn.Execute(m, c.family, netlink.Request|flags)
	if err != nil {
		return nil, failure(r.Command, err)
	}
	return answers, nil
}

// message makes a request what genetlink sends.
func message(r *proto.Request) (m genetlink.Message, err error) {
	b, err := proto.AppendRequest(nil, r)
	if err != nil {
		return m, err
	}
	err = m.UnmarshalBinary(b)
	return m, err
}

// Apply makes all of the changes, or none: an error has the Index of the
// change that failed, counted from 1.
func (c *Client) Apply(changes []proto.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// All of it is encoded before any of it is sent, so that a value which
	// can not be sent leaves no half of a batch behind.
	batch := make([]netlink.Message, 0, len(changes)+2)
	add := func(r *proto.Request, flags netlink.HeaderFlags) error {
		m, err := message(r)
		if err != nil {
			return err
		}
		data, err := m.MarshalBinary()
		batch = append(batch, netlink.Message{
			Header: netlink.Header{Type: netlink.HeaderType(c.family), Flags: netlink.Request | flags},
			Data:   data,
		})
		return err
	}
	if err := add(&proto.Request{Command: proto.CmdBatchBegin}, 0); err != nil {
		return err
	}
	for i := range changes {
		r := changes[i].Request()
		if !r.Command.InBatch() {
			return &proto.Error{Errno: unix.EOPNOTSUPP, Command: r.Command, Index: i + 1, Text: "not a change of the table"}
		}
		if err := add(&r, 0); err != nil {
			return indexed(err, i+1)
		}
	}
	if err := add(&proto.Request{Command: proto.CmdBatchCommit}, netlink.Acknowledge); err != nil {
		return err
	}
	err := c.sendAll(batch)
	if err == nil {
		// Past genetlink, which sends and receives one message at a time.
		_, err = c.link.Receive()
	}
	if err == nil {
		return nil
	}
	e := failure(proto.CmdBatchCommit, err)
	if 0 < c.wire.index && c.wire.index <= len(changes) {
		e.Command, e.Index = changes[c.wire.index-1].Command, c.wire.index
	}
	return e
}

// sendAll sends messages, as many in a datagram as well fit.
func (c *Client) sendAll(messages []netlink.Message) error {
	const header, alignment = 16, 4 // of a netlink message (linux/netlink.h)
	length := func(m netlink.Message) int { return (header + len(m.Data) + alignment - 1) &^ (alignment - 1) }
	start, size := 0, 0
	for i, m := range messages {
		if size += length(m); i+1 < len(messages) && size+length(messages[i+1]) <= datagramSize {
			continue
		}
		if _, err := c.link.SendMessages(messages[start : i+1]); err != nil {
			return err
		}
		start, size = i+1, 0
	}
	return nil
}

func indexed(err error, index int) error {
	if e, ok := err.(*proto.Error); ok {
		e.Index = index
	}
	return err
}

func unexpected(cmd proto.Command) error {
	return &proto.Error{Errno: unix.EBADMSG, Command: cmd, Text: "the daemon answered something else than what was asked"}
}

// failure makes a *proto.Error of what the daemon or the socket says.
func failure(cmd proto.Command, err error) *proto.Error {
	if said, ok := errors.AsType[*netlink.OpError](err); ok {
		if errno, ok := said.Err.(unix.Errno); ok { // of the daemon: the socket's own stand in an *os.SyscallError
			return &proto.Error{Errno: errno, Command: cmd, Text: said.Message, Offset: said.Offset}
		}
		err = said.Err
	}
	e := proto.AsError(err)
	e.Command = cmd
	_, ofKernel := errors.AsType[*os.SyscallError](err)
	switch {
	case e.Errno == unix.ECONNREFUSED:
		e.Errno, e.Text = unix.ENOPROTOOPT, "no ktcpvsd in this network namespace"
	case e.Errno == unix.EPERM && ofKernel:
		e.Text = "asking ktcpvsd takes CAP_NET_ADMIN"
	}
	return e
}
