package engine_test

import (
	"iter"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/prototest"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// clients are what the engine sends to: each port has room for so many
// datagrams until somebody reads them.
type clients struct {
	got  map[uint32][][]byte
	room map[uint32]int // absent: no end of it
	gone map[uint32]bool

	asked int // how often Alive was
}

func (c *clients) Send(port uint32, datagram []byte) error {
	if c.gone[port] {
		return unix.ECONNREFUSED
	}
	if room, limited := c.room[port]; limited && len(c.got[port]) >= room {
		return unix.EAGAIN
	}
	c.got[port] = append(c.got[port], append([]byte(nil), datagram...))
	return nil
}

func (c *clients) Alive(who proto.Peer) bool {
	c.asked++
	return !c.gone[who.Port]
}

// answer is one message that a client got.
type answer struct {
	proto.Header
	message []byte
}

func (a answer) err() error { return proto.DecodeAck(a.message) }

func (a answer) reply() (proto.Reply, error) {
	b := proto.Payload(a.message)
	return proto.DecodeReply(proto.Command(b[0]), b[4:])
}

// getFamily asks for the family by its name.
func getFamily(seq uint32) []byte {
	const get, byName = 3, 2
	b := proto.BeginMessage(nil, proto.Header{Type: proto.CtrlID, Flags: proto.FlagRequest | ack, Seq: seq})
	name := netlink.NewAttributeEncoder()
	name.String(byName, proto.FamilyName)
	attributes, err := name.Encode()
	if err != nil {
		panic(err)
	}
	return proto.EndMessage(append(append(b, get, 1, 0, 0), attributes...), 0)
}

// fixture is an engine with a fake daemon, at a time that stands still.
type fixture struct {
	*testing.T
	*clients
	engine *engine.Engine
	daemon *prototest.Daemon
	now    time.Time
	logged []string
}

func newFixture(t *testing.T, limits engine.Limits) *fixture {
	f := &fixture{
		T:       t,
		clients: &clients{got: map[uint32][][]byte{}, room: map[uint32]int{}, gone: map[uint32]bool{}},
		daemon:  prototest.New(),
		now:     time.Unix(1000, 0),
	}
	f.engine = engine.New(f, f.daemon, limits, func(text string) { f.logged = append(f.logged, text) })
	t.Cleanup(f.engine.Close)
	return f
}

// send hands the engine a datagram of the client with this port and pid.
func (f *fixture) send(port uint32, messages ...[]byte) {
	f.Helper()
	var datagram []byte
	for _, m := range messages {
		datagram = append(datagram, m...)
	}
	f.engine.Handle(proto.Peer{Port: port, PID: int32(port)}, datagram, f.now)
}

// read empties what a client has got.
func (f *fixture) read(port uint32) []answer {
	f.Helper()
	var answers []answer
	for _, datagram := range f.got[port] {
		for len(datagram) > 0 {
			h, message, rest, ok := proto.NextMessage(datagram)
			if !ok {
				f.Fatalf("client %d got %x", port, datagram)
			}
			if h.Port != port {
				f.Errorf("client %d got a message to %d", port, h.Port)
			}
			answers = append(answers, answer{h, message})
			datagram = rest
		}
	}
	delete(f.got, port)
	return answers
}

// one reads the only answer that a client has got.
func (f *fixture) one(port uint32) answer {
	f.Helper()
	answers := f.read(port)
	if len(answers) != 1 {
		f.Fatalf("client %d got %d answers, expected 1", port, len(answers))
	}
	return answers[0]
}

// pass lets time pass, in which the engine does what it wants to.
func (f *fixture) pass(d time.Duration) {
	f.Helper()
	for end := f.now.Add(d); ; {
		pause := f.engine.Tick(f.now)
		again := pause == engine.Again
		pause = max(pause, 0)
		if again {
			pause = time.Microsecond // what a part takes
		}
		if pause == 0 || f.now.Add(pause).After(end) {
			f.now = end
			f.engine.Tick(f.now)
			return
		}
		f.now = f.now.Add(pause)
	}
}

// message makes a request; sequence numbers are what tests choose.
func message(seq uint32, flags uint16, r proto.Request) []byte {
	b := proto.BeginMessage(nil, proto.Header{Type: proto.FamilyID, Flags: proto.FlagRequest | flags, Seq: seq})
	b, err := proto.AppendRequest(b, &r)
	if err != nil {
		panic(err)
	}
	return proto.EndMessage(b, 0)
}

func command(seq uint32, flags uint16, cmd proto.Command) []byte {
	return message(seq, flags, proto.Request{Command: cmd})
}

func addService(seq uint32, flags uint16, name string) []byte {
	return message(seq, flags, proto.Request{Command: proto.CmdNewService, Service: proto.Service{Name: name}})
}

func list(seq uint32) []byte {
	return message(seq, proto.FlagDump, proto.Request{Command: proto.CmdGetService, Dump: true})
}

// endless answers every list with as many modules as are asked for.
type endless struct{ *prototest.Daemon }

func (endless) List(proto.Peer, *proto.Request) (iter.Seq[proto.Reply], error) {
	return func(yield func(proto.Reply) bool) {
		for i := 0; yield(proto.Reply{Command: proto.CmdGetModule, Module: &proto.Module{Name: "m", Users: uint32(i)}}); i++ {
		}
	}, nil
}
