package engine_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/engine"

	"golang.org/x/sys/unix"
)

const ack = proto.FlagAck

func TestARequestIsAcknowledgedWhenItAsks(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, addService(7, ack, "a"))
	if a := f.one(1); a.Type != proto.TypeError || a.Seq != 7 || a.err() != nil {
		t.Errorf("got %+v, %v", a.Header, a.err())
	}
	f.send(1, addService(8, 0, "b"))
	if answers := f.read(1); len(answers) != 0 {
		t.Errorf("got %d answers, expected none", len(answers))
	}
	if n := len(f.daemon.Table()); n != 2 {
		t.Errorf("%d services", n)
	}
	f.send(1, addService(9, 0, "b"))
	if a := f.one(1); a.Seq != 9 || !errors.Is(a.err(), unix.EEXIST) {
		t.Errorf("a refusal that was not asked for: %+v, %v", a.Header, a.err())
	}
}

func TestHeadersAreCheckedAsTheKernelDoes(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	raw := func(typ, flags uint16, payload ...byte) []byte {
		b := proto.BeginMessage(nil, proto.Header{Type: typ, Flags: flags, Seq: 3})
		return proto.EndMessage(append(b, payload...), 0)
	}
	flush := []byte{byte(proto.CmdFlush), proto.FamilyVersion, 0, 0}
	for _, test := range []struct {
		name    string
		message []byte
		answers int
		errno   unix.Errno
	}{
		{"no request", raw(proto.FamilyID, 0, flush...), 0, 0},
		{"no request, acknowledged", raw(proto.FamilyID, ack, flush...), 1, 0},
		{"noop", raw(1, proto.FlagRequest), 0, 0},
		{"control message, acknowledged", raw(3, proto.FlagRequest|ack), 1, 0},
		{"unknown family", raw(77, proto.FlagRequest, flush...), 1, unix.ENOENT},
		{"unknown flag", raw(proto.FamilyID, proto.FlagRequest|0x40, flush...), 1, unix.EINVAL},
		{"half of a dump", raw(proto.FamilyID, proto.FlagRequest|0x100, flush...), 1, unix.EINVAL},
		{"create", raw(proto.FamilyID, proto.FlagRequest|0x400, flush...), 1, unix.EINVAL},
		{"echo", raw(proto.FamilyID, proto.FlagRequest|proto.FlagEcho|ack, flush...), 1, 0},
		{"no generic header", raw(proto.FamilyID, proto.FlagRequest), 1, unix.EINVAL},
		{"unknown command", raw(proto.FamilyID, proto.FlagRequest, 99, 1, 0, 0), 1, unix.EOPNOTSUPP},
		{"dump of what does not list", raw(proto.FamilyID, proto.FlagRequest|proto.FlagDump, flush...), 1, unix.EOPNOTSUPP},
		{"unknown command of nlctrl", raw(proto.CtrlID, proto.FlagRequest, 9, 1, 0, 0), 1, unix.EOPNOTSUPP},
		{"cut off", raw(proto.FamilyID, proto.FlagRequest, make([]byte, 40)...)[:30], 1, unix.EINVAL},
		{"less than a header", raw(proto.FamilyID, proto.FlagRequest)[:15], 0, 0},
	} {
		f.send(1, test.message)
		answers := f.read(1)
		if len(answers) != test.answers {
			t.Errorf("%s: %d answers, expected %d", test.name, len(answers), test.answers)
			continue
		}
		if len(answers) == 0 {
			continue
		}
		err := answers[0].err()
		if answers[0].Seq != 3 || test.errno == 0 && err != nil || test.errno != 0 && !errors.Is(err, test.errno) {
			t.Errorf("%s: answer to %d, %v; want %v", test.name, answers[0].Seq, err, test.errno)
		}
	}
}

func TestMessagesBeforeACutOneAreServed(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, addService(1, ack, "a"), addService(2, ack, "b")[:20])
	answers := f.read(1)
	if len(answers) != 2 || answers[0].err() != nil || !errors.Is(answers[1].err(), unix.EINVAL) {
		t.Errorf("got %+v", answers)
	}
	if text := answers[1].err().Error(); !strings.Contains(text, "cut off after 20 bytes") {
		t.Errorf("got %s", text)
	}
}

func TestTheFamilyIsResolved(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, getFamily(5))
	answers := f.read(1)
	if len(answers) != 2 || answers[1].err() != nil {
		t.Fatalf("got %+v", answers)
	}
	if answers[0].Type != proto.CtrlID || !bytes.Contains(answers[0].message, append([]byte(proto.FamilyName), 0)) {
		t.Errorf("got %+v: %q", answers[0].Header, answers[0].message)
	}
	b := proto.BeginMessage(nil, proto.Header{Type: proto.CtrlID, Flags: proto.FlagRequest | proto.FlagDump, Seq: 6})
	f.send(1, proto.EndMessage(append(b, 3, 1, 0, 0), 0))
	answers = f.read(1)
	if len(answers) != 3 || answers[2].Type != proto.TypeDone || answers[1].Flags != proto.FlagMulti {
		t.Errorf("list: %+v", answers)
	}
}

func TestOneIsFetchedWithoutAList(t *testing.T) {
	f := newFixture(t, engine.DefaultLimits())
	f.send(1, addService(1, 0, "a"), message(2, ack, proto.Request{Command: proto.CmdGetService, Service: proto.Service{Name: "a"}}))
	answers := f.read(1)
	if len(answers) != 2 || answers[0].Flags != 0 || answers[1].Type != proto.TypeError {
		t.Fatalf("got %+v", answers)
	}
	reply, err := answers[0].reply()
	if err != nil || reply.Service.Name != "a" || reply.Generation != 1 {
		t.Errorf("got %+v, %v", reply, err)
	}
	f.send(1, message(3, 0, proto.Request{Command: proto.CmdGetService, Service: proto.Service{Name: "b"}}))
	if a := f.one(1); !errors.Is(a.err(), unix.ESRCH) {
		t.Errorf("got %v", a.err())
	}
}
