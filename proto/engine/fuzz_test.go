package engine_test

import (
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"
)

// Whatever a client sends, each whole request that asks for it is answered,
// what is kept stays within the limits, and others are served afterwards.
func FuzzEngine(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add(begin(1), append(addService(2, 0, "a"), commit(3)...))
	f.Add(addService(1, ack, "a"), list(2))
	f.Add(commit(1), addService(2, ack, "a")[:21])
	f.Add(command(1, ack, proto.CmdGetInfo), message(2, proto.FlagDump, proto.Request{Command: proto.CmdGetModule, Dump: true}))
	f.Add(getFamily(5), begin(6))

	f.Fuzz(func(t *testing.T, first, second []byte) {
		limits := engine.DefaultLimits()
		limits.BatchBytes, limits.TotalBytes, limits.BatchChanges = 1<<12, 1<<12, 64
		x := newFixture(t, limits)
		asked := 0
		for _, datagram := range [][]byte{first, second} {
			asked += asks(datagram)
			x.send(1, datagram)
			x.pass(time.Second)
		}
		ends := 0
		for _, a := range x.read(1) {
			if a.Type == proto.TypeError || a.Type == proto.TypeDone {
				ends++
			}
		}
		if ends < asked {
			t.Errorf("%d answers end, but %d requests ask for one", ends, asked)
		}
		x.pass(time.Minute)
		if pause := x.engine.Tick(x.now); pause != 0 {
			t.Errorf("a minute later the engine still wants to be called in %v", pause)
		}
		x.send(2, command(1, ack, proto.CmdGetInfo))
		if answers := x.read(2); len(answers) != 2 || answers[1].err() != nil {
			t.Errorf("the next client got %+v", answers)
		}
	})
}

// asks counts the whole messages that are to be acknowledged.
func asks(datagram []byte) (n int) {
	for len(datagram) > 0 {
		h, _, rest, ok := proto.NextMessage(datagram)
		if !ok {
			break
		}
		if h.Flags&ack != 0 {
			n++
		}
		datagram = rest
	}
	return n
}
