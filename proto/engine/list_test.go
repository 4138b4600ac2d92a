package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"

	"golang.org/x/sys/unix"
)

// fill makes a table too large for a few datagrams.
func (f *fixture) fill(services int) {
	f.Helper()
	f.send(99, begin(1))
	for i := range services {
		f.send(99, addService(1, 0, fmt.Sprint("s", i)))
	}
	f.send(99, commit(1))
	if a := f.one(99); a.err() != nil {
		f.Fatal(a.err())
	}
}

func TestAListIsInManyPartsOfOneSnapshot(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.fill(5000)
	f.room[1] = 1
	f.send(1, list(4))
	var answers []answer
	for n := 0; len(answers) == 0 || answers[len(answers)-1].Type != proto.TypeDone; n++ {
		answers = append(answers, f.read(1)...)
		// The table changes under the list.
		f.send(99, addService(1, 0, fmt.Sprint("new", n)))
		f.pass(20 * time.Millisecond)
		if n > 1000 {
			t.Fatal("no end")
		}
	}
	if len(answers) != 5001 {
		t.Fatalf("%d answers", len(answers))
	}
	for i, a := range answers[:5000] {
		reply, err := a.reply()
		if err != nil || a.Flags != proto.FlagMulti || a.Seq != 4 || reply.Generation != 1 || reply.Service.Name != fmt.Sprint("s", 4999-i) {
			t.Fatalf("answer %d is %+v %+v, %v", i, a.Header, reply, err)
		}
	}
}

func TestAnEmptyListEndsAtOnce(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, list(4))
	if a := f.one(1); a.Type != proto.TypeDone || a.Flags != proto.FlagMulti || a.err() != nil {
		t.Errorf("got %+v, %v", a.Header, a.err())
	}
	if pause := f.engine.Tick(f.now); pause != 0 {
		t.Errorf("the engine wants to be called in %v with nothing to do", pause)
	}
}

func TestAClientThatStopsReadingLosesItsOwnListOnly(t *testing.T) {
	limits := engine.DefaultLimits()
	f := newFixture(t, limits)
	f.fill(5000)
	f.room[1] = 2
	f.send(1, list(4))
	f.send(2, list(5))
	f.pass(100 * time.Millisecond)
	if answers := f.read(2); len(answers) != 5001 {
		t.Errorf("the other client got %d answers", len(answers))
	}
	f.send(1, list(6))
	f.pass(limits.Stall - 200*time.Millisecond)
	if len(f.got[1]) != 2 || len(f.logged) != 0 {
		t.Errorf("%d datagrams, log %q", len(f.got[1]), f.logged)
	}
	f.pass(time.Second)
	if len(f.logged) != 1 || !strings.Contains(f.logged[0], "does not read") {
		t.Errorf("log %q", f.logged)
	}
	// Once it reads again, it can ask again.
	delete(f.room, 1)
	f.read(1)
	f.send(1, list(7))
	f.pass(100 * time.Millisecond)
	if answers := f.read(1); len(answers) != 5001 || answers[0].Seq != 7 {
		t.Errorf("later it got %d answers", len(answers))
	}
}

func TestASecondListWaitsForNothing(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.fill(5000)
	f.room[1] = 1
	f.send(1, list(4))
	f.send(1, list(5))
	delete(f.room, 1)
	f.pass(time.Second)
	var busy int
	for _, a := range f.read(1) {
		if a.Seq == 5 && errors.Is(a.err(), unix.EBUSY) {
			busy++
		}
	}
	if busy != 1 {
		t.Errorf("%d refusals", busy)
	}
}

func TestAListThatIsReadTooSlowlyEnds(t *testing.T) {
	limits := engine.DefaultLimits()
	limits.List = time.Minute
	f := newFixture(t, limits)
	f.engine = engine.New(f, endless{f.daemon}, limits, func(text string) { f.logged = append(f.logged, text) })
	f.room[1] = 1
	f.send(1, list(1))
	for range 70 {
		f.read(1)
		f.pass(time.Second)
	}
	if len(f.logged) != 1 || !strings.Contains(f.logged[0], "too slowly") {
		t.Errorf("log %q", f.logged)
	}
	if pause := f.engine.Tick(f.now); pause != 0 {
		t.Errorf("the engine wants to be called in %v with nothing to do", pause)
	}
}

func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	limits := engine.DefaultLimits()
	limits.QueueBytes = 1000
	f := newFixture(t, limits)
	f.room[1] = 0
	for range 1000 {
		f.send(1, command(1, ack, proto.CmdFlush))
	}
	delete(f.room, 1)
	f.pass(100 * time.Millisecond)
	if n := len(f.read(1)); n == 0 || n > limits.QueueBytes/36 {
		t.Errorf("%d answers were kept", n)
	}
	if len(f.logged) == 0 {
		t.Error("nothing is said of those that were not")
	}
}

func TestAClientThatIsGoneIsForgotten(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.fill(5000)
	f.room[1] = 1
	f.send(1, list(1))
	f.gone[1] = true
	f.pass(50 * time.Millisecond)
	if pause := f.engine.Tick(f.now); pause != 0 {
		t.Errorf("the engine wants to be called in %v with nothing to do", pause)
	}
}

func TestTheNumberOfClientsUnderWayIsBounded(t *testing.T) {
	limits := engine.DefaultLimits()
	limits.Peers = 2
	f := newFixture(t, limits)
	f.fill(5000)
	for port := uint32(1); port <= 3; port++ {
		f.room[port] = 1
		f.send(port, list(1))
	}
	delete(f.room, 3)
	if a := f.one(3); !errors.Is(a.err(), unix.EBUSY) {
		t.Errorf("the third got %+v, %v", a.Header, a.err())
	}
	f.send(3, command(2, ack, proto.CmdBatchBegin))
	if a := f.one(3); !errors.Is(a.err(), unix.EBUSY) {
		t.Errorf("the third's batch: %v", a.err())
	}
	f.send(3, addService(3, ack, "x"))
	if a := f.one(3); a.err() != nil {
		t.Errorf("what needs no keeping: %v", a.err())
	}
}
