package client

import (
	"iter"

	"ktcpvs/proto"

	"github.com/mdlayher/netlink"
)

// Transport carries messages to the daemon and back; nlport.Conn does.
type Transport interface {
	ID() uint32 // the port id of this end
	SendMessages(messages []netlink.Message) error
	ReceiveIter() iter.Seq2[netlink.Message, error] // the messages of one datagram
	Close() error
}

// wire is what netlink.NewConn talks over. It passes over what answers an
// earlier request, whose caller gave up, and keeps what netlink.OpError leaves
// out of a refusal.
type wire struct {
	Transport
	seq   uint32 // of the last message sent, which is the one that is answered
	index int    // of the change that the last refusal is about; 0: none
}

// Send sends one message.
func (w *wire) Send(m netlink.Message) error { return w.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (w *wire) SendMessages(messages []netlink.Message) error {
	w.seq, w.index = messages[len(messages)-1].Header.Sequence, 0
	return w.Transport.SendMessages(messages)
}

// Receive receives the answers of one datagram.
func (w *wire) Receive() ([]netlink.Message, error) {
	var answers []netlink.Message
	for m, err := range w.ReceiveIter() {
		if err != nil {
			return nil, err
		}
		answers = append(answers, m)
	}
	return answers, nil
}

// ReceiveIter yields the answers of the next datagram that has any.
func (w *wire) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		for answered := false; !answered; {
			for m, err := range w.Transport.ReceiveIter() {
				if err == nil && m.Header.Sequence != w.seq {
					continue
				}
				answered = true
				if m.Header.Type == netlink.Error {
					w.index = indexOf(m)
				}
				if !yield(m, err) || err != nil {
					return
				}
			}
		}
	}
}

// indexOf reads which change a refusal is about out of its cookie.
func indexOf(m netlink.Message) int {
	b, err := m.MarshalBinary()
	if err != nil {
		return 0
	}
	if e, ok := proto.DecodeAck(b).(*proto.Error); ok {
		return e.Index
	}
	return 0
}
