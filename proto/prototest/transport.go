package prototest

import (
	"context"
	"iter"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/nlport"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

const clientPort = 1

// Pipe is a conversation in memory: what is written is
// answered before the write returns. It is a client.Transport.
type Pipe struct {
	engine  *engine.Engine
	answers [][]byte
}

// NewPipe opens a conversation in memory with whoever answers.
func NewPipe(h engine.Handler) *Pipe {
	p := &Pipe{}
	p.engine = engine.New(p, h, engine.DefaultLimits(), nil)
	return p
}

// Pipe opens a conversation in memory with the fake daemon.
func (d *Daemon) Pipe() *Pipe { return NewPipe(d) }

// WriteDatagram has the daemon serve a datagram.
func (p *Pipe) WriteDatagram(b []byte) error {
	p.engine.Handle(proto.Peer{Port: clientPort, PID: 1}, b, time.Now())
	return nil
}

// ID is the client's port id.
func (p *Pipe) ID() uint32 { return clientPort }

// SendMessages has the daemon serve messages as one datagram.
func (p *Pipe) SendMessages(messages []netlink.Message) error {
	datagram, err := nlport.Join(messages)
	if err != nil {
		return err
	}
	return p.WriteDatagram(datagram)
}

// ReceiveIter gives the messages of the next answer, ETIMEDOUT when there is none.
func (p *Pipe) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		for len(p.answers) == 0 {
			if pause := p.engine.Tick(time.Now()); len(p.answers) == 0 && (pause == 0 || pause >= time.Second) {
				yield(netlink.Message{}, os.NewSyscallError("recvmsg", unix.ETIMEDOUT))
				return
			}
		}
		datagram := p.answers[0]
		p.answers = p.answers[1:]
		nlport.Split(datagram)(yield)
	}
}

// Close ends the conversation.
func (p *Pipe) Close() error {
	p.engine.Close()
	return nil
}

// Send is the engine's way to the client.
func (p *Pipe) Send(_ uint32, datagram []byte) error {
	p.answers = append(p.answers, append([]byte(nil), datagram...))
	return nil
}

// Alive says that the client is there.
func (p *Pipe) Alive(proto.Peer) bool { return true }

// Listen serves the fake daemon on a netlink port id of this network namespace
// until the test ends, and gives the port id. It takes CAP_NET_ADMIN to answer.
func (d *Daemon) Listen(t testing.TB) uint32 {
	t.Helper()
	return Serve(t, d, engine.DefaultLimits())
}

// Serve is Listen for whoever answers.
func Serve(t testing.TB, h engine.Handler, limits engine.Limits) uint32 {
	t.Helper()
	l, err := nlport.Listen(rand.Uint32() | 1<<31)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(l, h, limits, func(text string) { t.Log(text) })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- nlport.Serve(ctx, l, e) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		e.Close()
		l.Close()
	})
	return l.Port()
}
