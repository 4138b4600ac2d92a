package proto

import (
	"bytes"
	"reflect"
	"runtime"
	"testing"
)

// seeds are one request of each kind, and answers.
func seeds(f *testing.F) {
	add := func(b []byte, err error) {
		if err != nil {
			f.Fatal(err)
		}
		f.Add(framed(b), false)
		f.Add(framed(b), true)
	}
	for i := range 60 {
		r := genRequest.Example(i)
		add(AppendRequest(nil, &r))
		reply := genReply.Example(i)
		add(AppendReply(nil, &reply))
	}
	add(append([]byte{ctrlGetFamily, ctrlVersion, 0, 0}, attr(ctrlAttrFamilyName, append([]byte(FamilyName), 0)...)...), nil)
	f.Add(AppendError(nil, 1, framed(nil), 2, Errorf(1, "no")), false)
	f.Add(AppendDone(nil, 1, 2), true)
}

// What decodes is what its own encoding says, and takes no more bytes but for a
// rule's match, which is always written and need not be sent.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, datagram []byte, dump bool) {
		for {
			_, message, rest, ok := NextMessage(datagram)
			if !ok {
				return
			}
			datagram = rest
			_ = DecodeAck(message)
			_, _ = DecodeGetFamily(message, dump)
			if b := Payload(message); len(b) >= genlHeaderLen {
				if reply, err := DecodeReply(Command(b[0]), b[genlHeaderLen:]); err == nil {
					checkReply(t, &reply)
				}
			}
			if request, err := DecodeRequest(message, dump); err == nil {
				checkRequest(t, &request, len(message))
			}
		}
	})
}

func checkRequest(t *testing.T, want *Request, size int) {
	const match = 8
	b, err := AppendRequest(nil, want)
	if err != nil || len(framed(b)) > align(size)+match {
		t.Fatalf("%+v of %d bytes is encoded in %d, %v", want, size, len(framed(b)), err)
	}
	got, err := DecodeRequest(framed(b), want.Dump)
	if err != nil || !reflect.DeepEqual(&got, want) {
		t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func checkReply(t *testing.T, want *Reply) {
	b, err := AppendReply(nil, want)
	if err != nil {
		t.Fatalf("%+v: %v", want, err)
	}
	got, err := DecodeReply(Command(b[0]), b[genlHeaderLen:])
	if err != nil || !reflect.DeepEqual(&got, want) {
		t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

// A message can not make the decoder allocate more than a small multiple of
// its own size.
func TestDecodingAllocatesInProportion(t *testing.T) {
	for name, attrs := range map[string][]byte{
		"many empty nests": bytes.Repeat(nested(RuleAttrHeader), 16000),
		"many headers":     bytes.Repeat(nested(RuleAttrHeader, text(NamedAttrName, "x")), 4000),
		"many servers":     bytes.Repeat(ipv4(RuleAttrDest, 80), 2000),
		"one long string":  attr(RuleAttrPattern, make([]byte, 60000)...),
		"zeroes":           make([]byte, 60000),
	} {
		payload := append([]byte{byte(CmdNewRule), FamilyVersion, 0, 0}, attr(AttrRule|nestedFlag, attrs...)...)
		message := framed(payload)
		const runs = 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if _, err := DecodeRequest(message, false); err == nil {
				t.Fatalf("%s: decoded", name)
			}
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 2*uint64(len(message)) {
			t.Errorf("%s: %d bytes allocated for a message of %d", name, got, len(message))
		}
	}
}
