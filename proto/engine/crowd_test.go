package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"

	"golang.org/x/sys/unix"
)

// What a crowd of clients costs the others.

func TestIdleBatchesMakeNoDatagramDear(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	const clients, datagrams = 256, 1000
	for port := uint32(1); port <= clients; port++ {
		f.send(port, begin(1), addService(2, 0, "a"))
	}
	f.pass(5 * time.Second)
	f.asked = 0
	for range datagrams {
		f.engine.Tick(f.now)
		f.send(9999, command(1, ack, proto.CmdGetInfo))
	}
	if f.asked != 0 {
		t.Errorf("in no time %d datagrams had the engine ask %d times who is alive, expected 0", datagrams, f.asked)
	}
	f.pass(time.Second)
	if f.asked == 0 || f.asked > 2*clients {
		t.Errorf("within a second it was asked %d times who of %d is alive, expected once each", f.asked, clients)
	}
}

func TestOnePartOfOneListIsMadeBetweenRequests(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.fill(5000)
	const clients = 200
	for port := uint32(1); port <= clients; port++ {
		f.send(port, list(1))
		if n := len(f.got[port]); n != 1 || len(f.got[port][0]) > 4<<10 {
			t.Fatalf("with the request came %d datagrams, expected a small one", n)
		}
	}
	sent := func() (n int) {
		for port := uint32(1); port <= clients; port++ {
			n += len(f.got[port])
		}
		return n
	}
	for range 2 * clients {
		before := sent()
		if pause := f.engine.Tick(f.now); pause != engine.Again {
			t.Fatalf("the engine wants to be called in %v, expected at once", pause)
		}
		if n := sent() - before; n != 1 {
			t.Fatalf("%d datagrams were made in one turn, expected 1", n)
		}
	}
	for port := uint32(1); port <= clients; port++ {
		if n := len(f.got[port]); n != 3 {
			t.Errorf("client %d has had %d turns, expected 2 as all others", port, n-1)
		}
	}
}

func TestWhoStandsStillMakesRoom(t *testing.T) {
	limits := engine.DefaultLimits()
	limits.Peers = 3
	f := newFixture(t, limits)
	f.fill(5000)
	f.room[1] = 1
	f.send(1, list(1))
	f.pass(500 * time.Millisecond)
	f.send(2, begin(1), addService(2, 0, "a"))
	f.send(3, begin(1), addService(2, 0, "b"))
	f.send(4, command(1, ack, proto.CmdBatchBegin))
	if a := f.one(4); !errors.Is(a.err(), unix.EBUSY) {
		t.Errorf("nobody has stood still for long: got %v, expected EBUSY", a.err())
	}
	f.pass(600 * time.Millisecond) // the list has for 1.1 s, the batches have not
	f.send(4, begin(1), addService(2, 0, "c"), commit(3))
	if a := f.one(4); a.err() != nil {
		t.Errorf("a client that has stood still makes no room: %v", a.err())
	}
	if len(f.logged) != 1 || !strings.Contains(f.logged[0], "client 0x1 (pid 1): its answer was dropped: another client needs its place") {
		t.Errorf("log %q", f.logged)
	}
	for _, port := range []uint32{2, 3} {
		f.send(port, commit(3))
		if a := f.one(port); a.err() != nil {
			t.Errorf("client %d's batch: %v", port, a.err())
		}
	}
}

func TestAListWithoutRoomToWaitEndsRatherThanGoOnWithAGap(t *testing.T) {
	limits := engine.DefaultLimits()
	limits.TotalQueue = 40 << 10
	f := newFixture(t, limits)
	f.fill(5000)
	for port := uint32(1); port <= 3; port++ {
		f.room[port] = 1
		f.send(port, list(1))
	}
	f.pass(100 * time.Millisecond)
	for port := uint32(1); port <= 3; port++ {
		delete(f.room, port)
	}
	f.pass(time.Second)
	whole := 0
	for port := uint32(1); port <= 3; port++ {
		answers := f.read(port)
		done := answers[len(answers)-1].Type == proto.TypeDone
		if done && len(answers) == 5001 {
			whole++
		} else if done {
			t.Errorf("client %d got %d answers and the end, expected 5001 or no end", port, len(answers))
		}
	}
	if whole != 1 {
		t.Errorf("%d lists are whole, expected 1, as one datagram had room to wait: log %q", whole, f.logged)
	}
}
