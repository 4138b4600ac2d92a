package nlport

import (
	"fmt"
	"iter"

	"ktcpvs/proto"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

//lint:ignore SA1019 netlink.NewConn takes nothing else, and its own Dial reaches the kernel only.
var _ netlink.Socket = (*Conn)(nil)

// Send sends one message.
func (c *Conn) Send(m netlink.Message) error { return c.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (c *Conn) SendMessages(messages []netlink.Message) error {
	datagram, err := Join(messages)
	if err != nil {
		return err
	}
	return c.WriteDatagram(datagram)
}

// Receive receives the messages of one datagram.
func (c *Conn) Receive() ([]netlink.Message, error) {
	var messages []netlink.Message
	for m, err := range c.ReceiveIter() {
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// ReceiveIter yields the messages of one datagram.
func (c *Conn) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		datagram, err := c.ReadDatagram()
		if err != nil {
			yield(netlink.Message{}, err)
			return
		}
		Split(datagram)(yield)
	}
}

// Join makes one datagram of messages.
func Join(messages []netlink.Message) ([]byte, error) {
	var datagram []byte
	for _, m := range messages {
		b, err := m.MarshalBinary()
		if err != nil {
			return nil, err
		}
		datagram = append(datagram, b...)
	}
	return datagram, nil
}

// Split yields the messages of a datagram, which do not alias it.
func Split(datagram []byte) iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		for len(datagram) > 0 {
			h, message, rest, ok := proto.NextMessage(datagram)
			if !ok {
				yield(netlink.Message{}, fmt.Errorf("answer ends within a message: %w", unix.EBADMSG))
				return
			}
			m := netlink.Message{
				Header: netlink.Header{
					Length:   uint32(len(message)),
					Type:     netlink.HeaderType(h.Type),
					Flags:    netlink.HeaderFlags(h.Flags),
					Sequence: h.Seq,
					PID:      h.Port,
				},
				Data: append([]byte(nil), proto.Payload(message)...),
			}
			if !yield(m, nil) {
				return
			}
			datagram = rest
		}
	}
}
