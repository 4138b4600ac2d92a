package proto

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMessagesAreTheOriginals(t *testing.T) {
	for _, test := range []struct {
		errno    unix.Errno
		message  string
		commands []Command // none: any
	}{
		{unix.EPERM, "Permission denied (you must be root)", nil},
		{unix.EINVAL, "Module is wrong version", []Command{CmdUnspec, CmdNewService, CmdSetService, CmdDelService, CmdGetService,
			CmdNewDest, CmdSetDest, CmdDelDest, CmdGetDest, CmdNewRule, CmdDelRule, CmdGetRule, CmdFlush, CmdStart, CmdStop, CmdGetInfo}},
		{unix.EINVAL, "Invalid argument", []Command{CmdZero, CmdNewModule, CmdDelModule, CmdGetModule, CmdBatchBegin, CmdBatchCommit,
			CmdSetKnob, CmdReplace, CmdMoveRule, CmdGetHistory}},
		{unix.ENOPROTOOPT, "The ktcpvs module not loaded", nil},
		{unix.ENOMEM, "Memory allocation problem", nil},
		{unix.EEXIST, "Service already exists", []Command{CmdNewService}},
		{unix.ENOENT, "Scheduler not found", []Command{CmdNewService, CmdSetService}},
		{unix.ESRCH, "No such service", []Command{CmdSetService, CmdDelService}},
		{unix.ESRCH, "Service not defined", []Command{CmdSetDest, CmdDelDest, CmdNewDest}},
		{unix.EEXIST, "Destination already exists", []Command{CmdNewDest}},
		{unix.ENOENT, "No such destination", []Command{CmdSetDest, CmdDelDest}},
		{unix.EBUSY, "Destination is busy (a rule uses it)", []Command{CmdDelDest}},
	} {
		commands := test.commands
		if commands == nil {
			for c := range operations {
				commands = append(commands, c)
			}
			commands = append(commands, CmdUnspec)
		}
		for _, c := range commands {
			if got := Message(c, test.errno); got != test.message {
				t.Errorf("%v, %v: got %q, want %q", c, test.errno, got, test.message)
			}
		}
	}
	if got := Message(CmdFlush, unix.EIO); got != "Input/output error" {
		t.Errorf("an errno without words of its own: %q", got)
	}
}

func TestTheManualHasEveryMessage(t *testing.T) {
	page, err := os.ReadFile("../scripts/man/tcpvsadm.8")
	if err != nil {
		t.Fatal(err)
	}
	for _, messages := range append(slices.Collect(maps.Values(byCommand)), anyCommand) {
		for _, message := range messages {
			if !strings.Contains(string(page), "\n.It "+message+"\n") {
				t.Errorf("the manual does not describe %q", message)
			}
		}
	}
}

func TestAnErrorIsItsErrnoAndSaysItsText(t *testing.T) {
	err := fmt.Errorf("while loading: %w", &Error{Errno: unix.ENOENT, Command: CmdNewDest, Text: "x", Index: 3})
	if !errors.Is(err, unix.ENOENT) || err.Error() != "while loading: No such file or directory: x (change 3 of the batch)" {
		t.Errorf("got %v", err)
	}
	for _, test := range []struct {
		err  error
		want Error
	}{
		{err, Error{Errno: unix.ENOENT, Command: CmdNewDest, Text: "x", Index: 3}},
		{fmt.Errorf("bind: %w", unix.EADDRINUSE), Error{Errno: unix.EADDRINUSE, Text: "bind"}},
		{fmt.Errorf("a: %w (and b)", unix.EADDRINUSE), Error{Errno: unix.EADDRINUSE, Text: "a (and b)"}},
		{unix.EADDRINUSE, Error{Errno: unix.EADDRINUSE}},
		{errors.New("odd"), Error{Errno: unix.EIO, Text: "odd"}},
	} {
		if got := AsError(test.err); *got != test.want {
			t.Errorf("%v: got %+v", test.err, *got)
		}
	}
}

func TestAcknowledgementsComeBack(t *testing.T) {
	request := framed([]byte{byte(CmdFlush), FamilyVersion, 0, 0})
	ack := AppendAck(nil, request, 9)
	if err := DecodeAck(ack); err != nil {
		t.Error(err)
	}
	if h, _, _, ok := NextMessage(ack); !ok || h != (Header{Type: TypeError, Flags: flagCapped, Seq: 1, Port: 9}) {
		t.Errorf("header %+v", h)
	}
	done := AppendDone(nil, 5, 9)
	if h, _, rest, ok := NextMessage(done); !ok || len(rest) != 0 || h != (Header{Type: TypeDone, Flags: FlagMulti, Seq: 5, Port: 9}) || DecodeAck(done) != nil {
		t.Errorf("end of a list %+v, %v", h, DecodeAck(done))
	}
	for _, want := range []Error{
		{Errno: unix.EPERM},
		{Errno: unix.ENOENT, Text: "what"},
		{Errno: unix.EINVAL, Text: "which", Offset: 20, Index: 12},
	} {
		for _, culprit := range [][]byte{request, append(request, 1), make([]byte, 70<<10)} {
			b := AppendError(nil, 4, culprit, 9, &want)
			if len(b) > maxAckMessage+4096 || len(b)%4 != 0 {
				t.Errorf("%d bytes about %d", len(b), len(culprit))
			}
			got, ok := DecodeAck(b).(*Error)
			if !ok || *got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			for n := range headerLen + 4 {
				if n >= headerLen {
					_ = DecodeAck(b[:n]) // must not panic
				}
			}
		}
	}
	if err := DecodeAck(request); !errors.Is(err, unix.EBADMSG) {
		t.Errorf("a request as an acknowledgement: %v", err)
	}
}

func TestTheFamilyIsFoundByNameAndIDAndListed(t *testing.T) {
	ask := func(dump bool, attrs ...[]byte) ([]Family, error) {
		message := append(BeginMessage(nil, Header{}), ctrlGetFamily, 1, 0, 0)
		for _, a := range attrs {
			message = append(message, a...)
		}
		return DecodeGetFamily(message, dump)
	}
	name, id := text(ctrlAttrFamilyName, FamilyName), u16(ctrlAttrFamilyID, FamilyID)
	for _, attrs := range [][][]byte{{name}, {id}, {name, id}} {
		families, err := ask(false, attrs...)
		if err != nil || len(families) != 1 || families[0].Name != FamilyName || families[0].ID != FamilyID {
			t.Errorf("got %+v, %v", families, err)
		}
	}
	if families, err := ask(true); err != nil || len(families) != 2 {
		t.Errorf("all: %+v, %v", families, err)
	}
	for _, test := range []struct {
		attrs [][]byte
		errno unix.Errno
	}{
		{nil, unix.EINVAL},
		{[][]byte{attr(9)}, unix.EINVAL},
		{[][]byte{name, name}, unix.EINVAL},
		{[][]byte{text(ctrlAttrFamilyName, "nl80211")}, unix.ENOENT},
		{[][]byte{name, u16(ctrlAttrFamilyID, CtrlID)}, unix.ENOENT},
	} {
		if families, err := ask(false, test.attrs...); !errors.Is(err, test.errno) {
			t.Errorf("got %+v, %v; want %v", families, err, test.errno)
		}
	}
	for payload, errno := range map[string]unix.Errno{"": unix.EINVAL, "\x03\x01\x00": unix.EINVAL, "\x07\x01\x00\x00": unix.EOPNOTSUPP} {
		if _, err := DecodeGetFamily(append(BeginMessage(nil, Header{}), payload...), false); !errors.Is(err, errno) {
			t.Errorf("%q: got %v, want %v", payload, err, errno)
		}
	}
}
