package client

import (
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// datagramSize is how many bytes of a batch go into one datagram, well below
// what a send buffer holds by default.
const datagramSize = 32 << 10

// resolve asks the daemon, in the role of nlctrl, for the family's id.
func (c *Client) resolve() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := c.next()
	c.buf = proto.BeginMessage(c.buf[:0], proto.Header{Type: proto.CtrlID, Flags: proto.FlagRequest | proto.FlagAck, Seq: seq})
	c.buf = proto.EndMessage(proto.AppendGetFamily(c.buf, proto.FamilyName), 0)
	if err := c.t.WriteDatagram(c.buf); err != nil {
		return failure(proto.CmdUnspec, err)
	}
	return c.answers(proto.CmdUnspec, seq, func(message []byte) (err error) {
		c.family, err = proto.DecodeFamilyID(message)
		return err
	})
}

// tell makes a request that is only acknowledged.
func (c *Client) tell(r proto.Request) error {
	replies, err := c.ask(r)
	if err == nil && len(replies) > 0 {
		err = unexpected(r.Command)
	}
	return err
}

// ask makes a request and gathers the answers.
func (c *Client) ask(r proto.Request) ([]proto.Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	flags := uint16(proto.FlagRequest | proto.FlagAck)
	if r.Dump {
		flags |= proto.FlagDump
	}
	seq := c.next()
	b, err := c.append(c.buf[:0], &r, flags, seq)
	if err != nil {
		return nil, err
	}
	if err := c.t.WriteDatagram(b); err != nil {
		return nil, failure(r.Command, err)
	}
	var replies []proto.Reply
	err = c.answers(r.Command, seq, func(message []byte) error {
		reply, err := proto.DecodeReply(message)
		replies = append(replies, reply)
		return err
	})
	return replies, err
}

// Apply makes all of the changes, or none: an error has the Index of the
// change that failed, counted from 1.
func (c *Client) Apply(changes []proto.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// All of it is encoded before any of it is sent, so that a value which
	// can not be sent leaves no half of a batch behind.
	b, err := c.append(c.buf[:0], &proto.Request{Command: proto.CmdBatchBegin}, proto.FlagRequest, c.next())
	if err != nil {
		return err
	}
	ends := []int{len(b)}
	for i := range changes {
		r := changes[i].Request()
		if !r.Command.InBatch() {
			return &proto.Error{Errno: unix.EOPNOTSUPP, Command: r.Command, Index: i + 1, Text: "not a change of the table"}
		}
		if b, err = c.append(b, &r, proto.FlagRequest, c.next()); err != nil {
			return indexed(err, i+1)
		}
		ends = append(ends, len(b))
	}
	seq := c.next()
	b, err = c.append(b, &proto.Request{Command: proto.CmdBatchCommit}, proto.FlagRequest|proto.FlagAck, seq)
	if err != nil {
		return err
	}
	ends = append(ends, len(b))

	start := 0
	for i, end := range ends {
		if last := i == len(ends)-1; last || ends[i+1]-start > datagramSize {
			if err := c.t.WriteDatagram(b[start:end]); err != nil {
				return failure(proto.CmdBatchCommit, err)
			}
			start = end
		}
	}
	err = c.answers(proto.CmdBatchCommit, seq, func([]byte) error { return unexpected(proto.CmdBatchCommit) })
	if e, ok := err.(*proto.Error); ok && 0 < e.Index && e.Index <= len(changes) {
		e.Command = changes[e.Index-1].Command
	}
	return err
}

func indexed(err error, index int) error {
	if e, ok := err.(*proto.Error); ok {
		e.Index = index
	}
	return err
}

func (c *Client) next() uint32 {
	c.seq++
	return c.seq
}

// append adds a message to what is to be sent. The buffer is kept for the next
// call.
func (c *Client) append(b []byte, r *proto.Request, flags uint16, seq uint32) ([]byte, error) {
	start := len(b)
	b = proto.BeginMessage(b, proto.Header{Type: c.family, Flags: flags, Seq: seq})
	b, err := proto.AppendRequest(b, r)
	if err != nil {
		return nil, err
	}
	c.buf = proto.EndMessage(b, start)
	return c.buf, nil
}

// answers hands each message that answers seq to visit, until the
// acknowledgement or the end of the list. What answers an earlier request,
// whose caller gave up, is passed over.
func (c *Client) answers(cmd proto.Command, seq uint32, visit func(message []byte) error) error {
	var failed error
	for {
		datagram, err := c.t.ReadDatagram()
		if err != nil {
			return failure(cmd, err)
		}
		for len(datagram) > 0 {
			h, message, rest, ok := proto.NextMessage(datagram)
			if !ok {
				return unexpected(cmd)
			}
			datagram = rest
			switch {
			case h.Seq != seq:
			case h.Type == proto.TypeError || h.Type == proto.TypeDone:
				if err := proto.DecodeAck(message); err != nil {
					return failure(cmd, err)
				}
				return failed
			case failed == nil:
				failed = visit(message)
			}
		}
	}
}
