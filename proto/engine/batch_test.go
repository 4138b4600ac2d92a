package engine_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"

	"golang.org/x/sys/unix"
)

func begin(seq uint32) []byte  { return command(seq, 0, proto.CmdBatchBegin) }
func commit(seq uint32) []byte { return command(seq, ack, proto.CmdBatchCommit) }

func TestABatchSpansDatagramsAndIsPublishedAtOnce(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, begin(1), addService(2, 0, "a"))
	f.send(2, addService(1, ack, "other"))
	f.send(1, addService(3, 0, "b"))
	if n := len(f.daemon.Table()); n != 1 {
		t.Errorf("%d services before the commit", n)
	}
	f.send(1, commit(4))
	if a := f.one(1); a.Seq != 4 || a.err() != nil {
		t.Errorf("got %+v, %v", a.Header, a.err())
	}
	if n := len(f.daemon.Table()); n != 3 {
		t.Errorf("%d services after it", n)
	}
	if a := f.one(2); a.err() != nil {
		t.Errorf("the other client got %v", a.err())
	}
}

func TestACommitThatFailsNamesTheChange(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, begin(1), addService(2, 0, "a"), addService(3, 0, "a"), addService(4, 0, "b"), commit(5))
	a := f.one(1)
	var e *proto.Error
	if !errors.As(a.err(), &e) || a.Seq != 5 || e.Errno != unix.EEXIST || e.Index != 2 || e.Text == "" {
		t.Errorf("got %+v, %#v", a.Header, a.err())
	}
	// The acknowledgement carries the message that is to blame.
	if culprit := addService(3, 0, "a"); !bytes.Contains(a.message, culprit) {
		t.Errorf("%x is not in %x", culprit, a.message)
	}
	if n := len(f.daemon.Table()); n != 0 {
		t.Errorf("%d services", n)
	}
}

func TestABatchFailsAtItsFirstBadMessage(t *testing.T) {
	bad := addService(3, 0, "b")
	bad[len(bad)-3] = 'x' // where the NUL was
	cut := addService(3, 0, "b")[:24]
	for name, test := range map[string]struct {
		message []byte
		errno   unix.Errno
		offset  int
	}{
		"attribute": {bad, unix.EINVAL, 24},
		"module":    {message(3, 0, proto.Request{Command: proto.CmdGetModule, Module: proto.Module{Name: "wlc"}}), unix.EOPNOTSUPP, 0},
		"replace":   {command(3, 0, proto.CmdReplace), unix.EINVAL, 0},
		"listing":   {list(3), unix.EOPNOTSUPP, 0},
		"cut":       {cut, unix.EINVAL, 0},
	} {
		f := newFixture(t, engine.DefaultLimits())
		f.send(1, begin(1), addService(2, 0, "a"), test.message)
		f.read(1)
		f.send(1, addService(4, 0, "c"), commit(5))
		a := f.one(1)
		var e *proto.Error
		if !errors.As(a.err(), &e) || a.Seq != 5 || e.Errno != test.errno || e.Index != 2 || e.Offset != test.offset {
			t.Errorf("%s: got %+v, %#v", name, a.Header, a.err())
		}
		if n := len(f.daemon.Table()); n != 0 {
			t.Errorf("%s: %d services", name, n)
		}
	}
}

func TestWhoAsksIsToldOfEachChange(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, command(1, ack, proto.CmdBatchBegin), addService(2, ack, "a"), command(3, ack, proto.CmdGetInfo), addService(4, ack, "b"), commit(5))
	want := []unix.Errno{0, 0, unix.EOPNOTSUPP, unix.ECANCELED, unix.EOPNOTSUPP}
	answers := f.read(1)
	if len(answers) != len(want) {
		t.Fatalf("%d answers", len(answers))
	}
	for i, a := range answers {
		if err := a.err(); a.Seq != uint32(i+1) || want[i] == 0 && err != nil || want[i] != 0 && !errors.Is(err, want[i]) {
			t.Errorf("answer to %d is %v, want %v", a.Seq, err, want[i])
		}
	}
}

func TestACommitNeedsABatch(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, commit(1))
	if a := f.one(1); !errors.Is(a.err(), unix.EINVAL) || !strings.Contains(a.err().Error(), "no batch is open") {
		t.Errorf("got %v", a.err())
	}
}

func TestBeginningAgainForgetsWhatWasStaged(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, begin(1), addService(2, 0, "a"), begin(3), addService(4, 0, "b"), commit(5))
	if a := f.one(1); a.err() != nil {
		t.Error(a.err())
	}
	if table := f.daemon.Table(); len(table) != 1 || table[0].Service.Name != "b" {
		t.Errorf("got %+v", table)
	}
}

func TestANewOwnerOfThePortDoesNotInheritABatch(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, begin(1), addService(2, 0, "a"))
	f.engine.Handle(proto.Peer{Port: 1, PID: 4711}, addService(1, ack, "b"), f.now)
	if a := f.one(1); a.err() != nil {
		t.Error(a.err())
	}
	if table := f.daemon.Table(); len(table) != 1 || table[0].Service.Name != "b" {
		t.Errorf("got %+v", table)
	}
	if len(f.logged) != 1 || !strings.Contains(f.logged[0], "batch of 1 changes was dropped: its port id has a new owner") {
		t.Errorf("log %q", f.logged)
	}
}

func TestABatchEndsWithItsSender(t *testing.T) {
	for name, test := range map[string]struct {
		gone  bool
		after time.Duration
		says  string
	}{
		"gone":   {true, 3 * time.Second, "its sender is gone"},
		"silent": {false, 12 * time.Second, "no message for 10s"},
	} {
		f := newFixture(t, engine.DefaultLimits())
		f.send(1, begin(1), addService(2, 0, "a"))
		f.gone[1] = test.gone
		f.pass(test.after)
		f.gone[1] = false
		f.send(1, commit(3))
		if a := f.one(1); !errors.Is(a.err(), unix.EINVAL) {
			t.Errorf("%s: got %v", name, a.err())
		}
		if len(f.logged) != 1 || !strings.Contains(f.logged[0], test.says) {
			t.Errorf("%s: log %q", name, f.logged)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	limits := engine.DefaultLimits()
	size := len(addService(1, 0, "a"))
	for name, test := range map[string]struct {
		limit func(*engine.Limits)
		errno unix.Errno
		index int
	}{
		"changes":     {func(l *engine.Limits) { l.BatchChanges = 3 }, unix.E2BIG, 4},
		"bytes":       {func(l *engine.Limits) { l.BatchBytes = 2 * size }, unix.E2BIG, 3},
		"all batches": {func(l *engine.Limits) { l.TotalBytes = 4 * size }, unix.ENOBUFS, 2},
	} {
		own := limits
		test.limit(&own)
		f := newFixture(t, own)
		f.send(2, begin(1), addService(2, 0, "x"), addService(2, 0, "y"), addService(2, 0, "z"))
		f.send(1, begin(1), addService(2, 0, "a"), addService(3, 0, "b"), addService(4, 0, "c"), addService(5, 0, "d"), commit(6))
		var e *proto.Error
		if a := f.one(1); !errors.As(a.err(), &e) || e.Errno != test.errno || e.Index != test.index {
			t.Errorf("%s: got %#v", name, a.err())
		}
		// What was staged is free again.
		f.send(2, begin(1), command(2, 0, proto.CmdFlush), commit(3))
		if a := f.one(2); a.err() != nil {
			t.Errorf("%s: afterwards %v", name, a.err())
		}
		f.send(1, begin(1), addService(2, 0, "a"), addService(3, 0, "b"), commit(4))
		if a := f.one(1); a.err() != nil {
			t.Errorf("%s: afterwards %v", name, a.err())
		}
	}
}

func TestABatchHoldsEveryChangeAndReplacesAWholeTable(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	start := proto.Request{Command: proto.CmdStart, Service: proto.Service{Name: "a"}}
	knob := proto.Request{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: "debug_level", Value: 3}}
	module := proto.Request{Command: proto.CmdNewModule, Module: proto.Module{Name: "wlc"}}
	f.send(1, begin(1), addService(2, 0, "a"), message(3, 0, start), message(4, 0, knob), message(5, 0, module), commit(6))
	if a := f.one(1); a.err() != nil {
		t.Fatal(a.err())
	}
	f.send(1, begin(7), command(8, 0, proto.CmdReplace), addService(9, 0, "b"), addService(10, 0, "a"), commit(11))
	if a := f.one(1); a.err() != nil {
		t.Fatal(a.err())
	}
	table := f.daemon.Table()
	if len(table) != 2 || table[0].Service.Name != "a" || !table[0].Service.Running || table[1].Service.Running {
		t.Errorf("the table is %+v, expected a, which goes on running, and b, which is stopped", table)
	}
}

func TestAReplaceThatStandsAloneIsRefused(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, addService(1, 0, "a"), command(2, ack, proto.CmdReplace))
	if a := f.one(1); !errors.Is(a.err(), unix.EINVAL) || len(f.daemon.Table()) != 1 {
		t.Errorf("got %v with %d services, expected EINVAL and the one there was", a.err(), len(f.daemon.Table()))
	}
}
