package proto

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// framed puts a netlink header before a payload.
func framed(payload []byte) []byte {
	return EndMessage(append(BeginMessage(nil, Header{Type: FamilyID, Flags: FlagRequest, Seq: 1}), payload...), 0)
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genRequest.Draw(t, "request")
		b, err := AppendRequest(nil, &want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeRequest(framed(b), want.Dump)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
		}
	})
}

func TestAnswersAreDecodedAsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genReply.Draw(t, "reply")
		b, err := AppendReply(nil, &want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeReply(Command(b[0]), b[genlHeaderLen:])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
		}
	})
}

// Every cut of a message, and every message with bytes after it, is refused or
// means what it says; none panics.
func TestNoPrefixOfARequestPassesForAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genRequest.Draw(t, "request")
		b, err := AppendRequest(nil, &want)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			got, err := DecodeRequest(framed(b)[:headerLen+n], want.Dump)
			if err != nil {
				continue
			}
			again, err := AppendRequest(nil, &got)
			if err != nil || len(again) > n {
				t.Fatalf("%d of %d bytes decode to %+v, which encodes to %d bytes, %v", n, len(b), got, len(again), err)
			}
		}
		for _, tail := range []string{"\x00", "\x00\x00\x00\x00", "\x05\x00\x63\x00\x00"} {
			message := append(framed(b), tail...)
			if got, err := DecodeRequest(message, want.Dump); err == nil {
				t.Fatalf("with %q after it: %+v", tail, got)
			}
		}
	})
}

// attr makes an attribute; nested ones are marked.
func attr(typ int, payload ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(attrHeaderLen+len(payload)))
	b = binary.NativeEndian.AppendUint16(b, uint16(typ))
	return pad(append(b, payload...))
}

func nested(typ int, attrs ...[]byte) []byte {
	var payload []byte
	for _, a := range attrs {
		payload = append(payload, a...)
	}
	return attr(typ|nestedFlag, payload...)
}

func text(typ int, s string) []byte { return attr(typ, append([]byte(s), 0)...) }

func u16(typ int, v uint16) []byte { return attr(typ, binary.NativeEndian.AppendUint16(nil, v)...) }

func u32(typ int, v uint32) []byte { return attr(typ, binary.NativeEndian.AppendUint32(nil, v)...) }

func port(typ int, v uint16) []byte { return attr(typ, binary.BigEndian.AppendUint16(nil, v)...) }

func ipv4(typ int, ports ...uint16) []byte {
	attrs := [][]byte{u16(EndpointAttrFamily, familyIPv4), attr(EndpointAttrAddress, 10, 0, 0, 1)}
	for _, p := range ports {
		attrs = append(attrs, port(EndpointAttrPort, p))
	}
	return nested(typ, attrs...)
}

func TestARequestIsHeldToThePolicy(t *testing.T) {
	const top = headerLen + genlHeaderLen // where the first attribute stands
	service := func(attrs ...[]byte) []byte {
		return nested(AttrService, append([][]byte{text(ServiceAttrName, "web")}, attrs...)...)
	}
	dest := func(attrs ...[]byte) []byte {
		return nested(AttrDest, append([][]byte{text(DestAttrService, "web")}, attrs...)...)
	}
	rule := func(attrs ...[]byte) []byte {
		return nested(AttrRule, append([][]byte{text(RuleAttrService, "web"), ipv4(RuleAttrDest)}, attrs...)...)
	}
	// In a nest whose first attribute is the service's name, the second.
	const second = top + 4 + 8
	const third = second + 4 + 8 + 8 // in a rule, after the server

	for _, test := range []struct {
		name   string
		cmd    Command
		attrs  []byte
		errno  unix.Errno
		offset int
		text   string
	}{
		{"no command", CmdUnspec, nil, unix.EOPNOTSUPP, 0, "unspec is not known"},
		{"unknown command", 99, nil, unix.EOPNOTSUPP, 0, "command 99 is not known"},
		{"missing nest", CmdNewService, nil, unix.EINVAL, headerLen, "attribute service of command is missing"},
		{"missing name", CmdNewService, nested(AttrService), unix.EINVAL, top, "attribute name of service is missing"},
		{"nest of another command", CmdNewService, append(service(), rule()...), unix.EINVAL, top + 12, "attribute rule of command is not taken by new-service"},
		{"nothing wanted", CmdFlush, service(), unix.EINVAL, top, "attribute service of command is not taken by flush"},
		{"attribute 0", CmdFlush, attr(0), unix.EINVAL, top, "attribute 0 of command is not known"},
		{"unknown attribute", CmdNewService, service(attr(77)), unix.EINVAL, second, "attribute 77 of service is not known"},
		{"reported attribute", CmdNewService, service(attr(ServiceAttrRunning)), unix.EINVAL, second, "attribute running of service is not taken by new-service"},
		{"clear-redirect when new", CmdNewService, service(attr(ServiceAttrClearRedirect)), unix.EINVAL, second, "attribute clear-redirect of service is not taken by new-service"},
		{"both redirects", CmdSetService, service(attr(ServiceAttrClearRedirect), ipv4(ServiceAttrRedirect, 80)), unix.EINVAL, top, "service has both redirect and clear-redirect, expected one"},
		{"duplicate attribute", CmdNewService, service(text(ServiceAttrName, "web")), unix.EINVAL, second, "attribute name of service stands more than once"},
		{"duplicate of the last attribute", CmdNewService, service(attr(ServiceAttrV6Only, 1), attr(ServiceAttrV6Only, 1)), unix.EINVAL, second + 8, "attribute v6only of service stands more than once"},
		{"duplicate nest", CmdNewService, append(service(), service()...), unix.EINVAL, top + 12, "attribute service of command stands more than once"},
		{"nest not marked", CmdNewService, attr(AttrService, text(ServiceAttrName, "web")...), unix.EINVAL, top, "attribute service of command has flags 0x0, expected 0x8000"},
		{"string marked as nest", CmdNewService, nested(AttrService, attr(ServiceAttrName|nestedFlag, 'a', 0)), unix.EINVAL, top + 4, "attribute name of service has flags 0x8000, expected 0x0"},
		{"string without NUL", CmdNewService, nested(AttrService, attr(ServiceAttrName, 'w', 'e', 'b')), unix.EINVAL, top + 4, "attribute name of service is not one NUL-terminated string"},
		{"string with a NUL inside", CmdNewService, nested(AttrService, text(ServiceAttrName, "w\x00b")), unix.EINVAL, top + 4, "attribute name of service is not one NUL-terminated string"},
		{"empty string", CmdNewService, nested(AttrService, text(ServiceAttrName, "")), unix.EINVAL, top + 4, "service name is 0 bytes long, expected 1 to 15"},
		{"name too long", CmdNewService, nested(AttrService, text(ServiceAttrName, "abcdefghijklmnop")), unix.EINVAL, top + 4, "service name is 16 bytes long, expected 1 to 15"},
		{"name with a slash", CmdNewService, nested(AttrService, text(ServiceAttrName, "a/b")), unix.EINVAL, top + 4, `service name has "/" at byte 1, expected letters, digits, '-', '_' and '.'`},
		{"number too short", CmdNewService, service(attr(ServiceAttrMaxClients, 1)), unix.EINVAL, second, "service max-clients is 1 bytes long, expected 2"},
		{"number too long", CmdNewService, service(u32(ServiceAttrMaxClients, 1)), unix.EINVAL, second, "service max-clients is 4 bytes long, expected 2"},
		{"number too small", CmdNewService, service(u16(ServiceAttrMaxClients, 0)), unix.EINVAL, second, "service max-clients is 0, expected 1 to 65535"},
		{"flag with a payload", CmdSetService, service(attr(ServiceAttrClearRedirect, 1)), unix.EINVAL, second, "service clear-redirect is 1 bytes long, expected 0"},
		{"attribute past its nest", CmdNewService, attr(AttrService|nestedFlag, 9, 0, 1, 0), unix.EINVAL, top + 4, "attribute 1 of service says it is 9 bytes long, expected 4 to 4"},
		{"attribute shorter than its header", CmdNewService, attr(AttrService|nestedFlag, 3, 0, 1, 0), unix.EINVAL, top + 4, "attribute 1 of service says it is 3 bytes long, expected 4 to 4"},
		{"bytes left over", CmdNewService, append(service(), 1, 0, 0), unix.EINVAL, top + 12, "3 bytes left over after the attributes of command"},
		{"also without listen", CmdNewService, service(ipv4(ServiceAttrAlsoListen, 80)), unix.EINVAL, top, "service has also-listen without an address in listen"},
		{"also without address", CmdNewService, service(ipv4(ServiceAttrListen, 80), nested(ServiceAttrAlsoListen, port(EndpointAttrPort, 80))), unix.EINVAL, second + 28, "attribute address of endpoint is missing"},
		{"33 addresses", CmdNewService, service(ipv4(ServiceAttrListen, 80), bytes.Repeat(ipv4(ServiceAttrAlsoListen, 80), 32)), unix.EINVAL, second + 28*32, "attribute also-listen of service stands more than 31 times"},
		{"empty listen", CmdNewService, service(nested(ServiceAttrListen)), unix.EINVAL, second, "endpoint is empty, expected an address or a port"},
		{"family without address", CmdNewService, service(nested(ServiceAttrListen, u16(EndpointAttrFamily, familyIPv4))), unix.EINVAL, second, "address of family 2 has 0 bytes, expected 4"},
		{"address without family", CmdNewService, service(nested(ServiceAttrListen, attr(EndpointAttrAddress, 1, 2, 3, 4))), unix.EINVAL, second, "address family is 0, expected 2 or 10"},
		{"unknown family", CmdNewService, service(nested(ServiceAttrListen, u16(EndpointAttrFamily, 5), attr(EndpointAttrAddress, 1, 2, 3, 4))), unix.EINVAL, second, "address family is 5, expected 2 or 10"},
		{"family and address differ", CmdNewService, service(nested(ServiceAttrListen, u16(EndpointAttrFamily, familyIPv6), attr(EndpointAttrAddress, 1, 2, 3, 4))), unix.EINVAL, second, "address of family 10 has 4 bytes, expected 16"},
		{"address of 5 bytes", CmdNewService, service(nested(ServiceAttrListen, attr(EndpointAttrAddress, 1, 2, 3, 4, 5))), unix.EINVAL, second + 4, "endpoint address is 5 bytes long, expected 4 or 16"},
		{"IPv4 in IPv6", CmdNewService, service(nested(ServiceAttrListen, u16(EndpointAttrFamily, familyIPv6), attr(EndpointAttrAddress, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4))), unix.EINVAL, second, "address ::ffff:1.2.3.4 is IPv4 in an IPv6 address, expected family 2"},
		{"port 0", CmdNewService, service(nested(ServiceAttrListen, port(EndpointAttrPort, 0))), unix.EINVAL, second + 4, "endpoint port is 0, expected 1 to 65535"},
		{"redirect without port", CmdNewService, service(ipv4(ServiceAttrRedirect)), unix.EINVAL, second, "attribute port of endpoint is missing"},
		{"server without address", CmdDelDest, dest(nested(DestAttrAddress, port(EndpointAttrPort, 80))), unix.EINVAL, second, "attribute address of endpoint is missing"},
		{"new server without weight", CmdNewDest, dest(ipv4(DestAttrAddress)), unix.EINVAL, top, "attribute weight of dest is missing"},
		{"weight of a deletion", CmdDelDest, dest(u32(DestAttrWeight, 1)), unix.EINVAL, second, "attribute weight of dest is not taken by del-dest"},
		{"server of many", CmdNewDest, dest(nested(DestAttrAddress, u16(EndpointAttrFamily, familyIPv4), attr(EndpointAttrAddress, 224, 0, 0, 5)), u32(DestAttrWeight, 1)), unix.EINVAL, top, "224.0.0.5 is a multicast address, expected that of one real server"},
		{"weight too large", CmdNewDest, dest(u32(DestAttrWeight, 65536)), unix.EINVAL, second, "dest weight is 65536, expected 0 to 65535"},
		{"rule without condition", CmdNewRule, rule(), unix.EINVAL, top, "rule has no condition, expected a pattern or another"},
		{"rule with two servers", CmdNewRule, rule(ipv4(RuleAttrDest, 1), text(RuleAttrPattern, "a")), unix.EINVAL, top, "rule names 2 servers, expected 1"},
		{"pattern too long", CmdNewRule, rule(text(RuleAttrPattern, strings.Repeat("a", 256))), unix.EINVAL, third, "rule pattern is 256 bytes long, expected 1 to 255"},
		{"pattern with a newline", CmdNewRule, rule(text(RuleAttrPattern, "a\nb")), unix.EINVAL, third, `rule pattern has "\n" at byte 1, expected no control characters`},
		{"pattern not UTF-8", CmdNewRule, rule(text(RuleAttrPattern, "a\xff")), unix.EINVAL, third, `rule pattern has "\xff" at byte 1, expected no control characters`},
		{"match too large", CmdNewRule, rule(attr(RuleAttrMatch, 11)), unix.EINVAL, third, "rule match is 11, expected 0 to 10"},
		{"method not a token", CmdNewRule, rule(text(RuleAttrMethod, "GET ")), unix.EINVAL, third, `rule method has " " at byte 3, expected a token`},
		{"header without name", CmdNewRule, rule(nested(RuleAttrHeader)), unix.EINVAL, third, "attribute name of named-pattern is missing"},
		{"source past its family", CmdNewRule, rule(nested(RuleAttrSource, u16(PrefixAttrFamily, familyIPv4), attr(PrefixAttrAddress, 10, 0, 0, 0), attr(PrefixAttrLength, 33))), unix.EINVAL, third, "prefix length is 33, expected 0 to 32"},
		{"source with stray bits", CmdNewRule, rule(nested(RuleAttrSource, u16(PrefixAttrFamily, familyIPv4), attr(PrefixAttrAddress, 10, 0, 0, 1), attr(PrefixAttrLength, 8))), unix.EINVAL, third, "source 10.0.0.1/8 has bits set past its length, expected 10.0.0.0/8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			payload := append([]byte{byte(test.cmd), FamilyVersion, 0, 0}, test.attrs...)
			// Not padded: what is left over must stay as it is.
			message := append(BeginMessage(nil, Header{}), payload...)
			_, err := DecodeRequest(message, false)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Errno != test.errno || e.Offset != test.offset || e.Text != test.text {
				t.Errorf("got %v at %d: %s\nwant %v at %d: %s", e.Errno, e.Offset, e.Text, test.errno, test.offset, test.text)
			}
		})
	}
}

func TestTheGenericHeaderIsChecked(t *testing.T) {
	for _, payload := range []string{"", "\x0c", "\x0c\x01\x00", "\x0c\x02\x00\x00", "\x0c\x00\x00\x00", "\x0c\x01\x01\x00", "\x0c\x01\x00\x01"} {
		_, err := DecodeRequest(append(BeginMessage(nil, Header{}), payload...), false)
		if e, ok := err.(*Error); !ok || e.Errno != unix.EINVAL || e.Offset != headerLen {
			t.Errorf("%q: got %v", payload, err)
		}
	}
}

func TestListingIsForCommandsThatList(t *testing.T) {
	for cmd := range operations {
		message := append(BeginMessage(nil, Header{}), byte(cmd), FamilyVersion, 0, 0)
		_, err := DecodeRequest(message, true)
		if lists := cmd.Flags()&OpDump != 0; lists != (err == nil) || !lists && !errors.Is(err, unix.EOPNOTSUPP) {
			t.Errorf("%v dumped: %v", cmd, err)
		}
	}
}

func TestTooManyOfWhatMayRepeatIsRefused(t *testing.T) {
	rule := Rule{Service: "web", Dests: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:80")}}
	for i := range MaxNamed + 1 {
		rule.Headers = append(rule.Headers, NamedPattern{Name: fmt.Sprint("h", i)})
	}
	request := Request{Command: CmdNewRule, Rule: rule}
	if _, err := AppendRequest(nil, &request); !errors.Is(err, unix.EINVAL) {
		t.Errorf("encoded: %v", err)
	}
	attrs := [][]byte{text(RuleAttrService, "web"), ipv4(RuleAttrDest)}
	for range MaxNamed + 1 {
		attrs = append(attrs, nested(RuleAttrHeader, text(NamedAttrName, "h")))
	}
	message := append(BeginMessage(nil, Header{}), byte(CmdNewRule), FamilyVersion, 0, 0)
	_, err := DecodeRequest(append(message, nested(AttrRule, attrs...)...), false)
	if e, ok := err.(*Error); !ok || e.Text != "attribute header of rule stands more than 16 times" {
		t.Errorf("decoded: %v", err)
	}
}

// A nest's length is 16 bits.
func TestTheLargestRuleFits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	rule := Rule{Service: long(MaxName), Match: MaxMatch}
	rule.Conditions = Conditions{
		Pattern: long(MaxPattern), Host: long(MaxPattern), Method: long(MaxMethod),
		Source: netip.MustParsePrefix("2001:db8::/32"),
	}
	for range MaxNamed {
		n := NamedPattern{Name: long(MaxField), Pattern: long(MaxPattern)}
		rule.Headers, rule.Cookies, rule.Queries = append(rule.Headers, n), append(rule.Cookies, n), append(rule.Queries, n)
	}
	for i := range 3 * destsPerMessage {
		rule.Dests = append(rule.Dests, netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), uint16(i+1)))
	}
	whole := Reply{Command: CmdGetRule, Rule: &rule}
	if _, err := AppendReply(nil, &whole); !errors.Is(err, unix.EINVAL) {
		t.Errorf("in one message: %v", err)
	}
	var dests []netip.AddrPort
	for part := range whole.Parts() {
		b, err := AppendReply(nil, &part)
		if err != nil || len(b) > 1<<16 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		got, err := DecodeReply(Command(b[0]), b[genlHeaderLen:])
		if err != nil || !got.Rule.Conditions.Equal(&rule.Conditions) {
			t.Fatalf("got %+v, %v", got, err)
		}
		dests = append(dests, got.Rule.Dests...)
	}
	if !reflect.DeepEqual(dests, rule.Dests) {
		t.Errorf("%d servers came back of %d", len(dests), len(rule.Dests))
	}
}

func TestWhatTheWireCanNotCarryIsNotEncoded(t *testing.T) {
	r1 := netip.MustParseAddrPort("10.0.0.1:80")
	for name, r := range map[string]Request{
		"no name":        {Command: CmdNewService},
		"redirect":       {Command: CmdNewService, Service: Service{Name: "a", Redirect: netip.AddrPortFrom(r1.Addr(), 0)}},
		"zone":           {Command: CmdNewService, Service: Service{Name: "a", Listen: netip.MustParseAddrPort("[fe80::1%eth0]:80")}},
		"33 addresses":   {Command: CmdNewService, Service: Service{Name: "a", Listen: r1, Also: make([]netip.AddrPort, MaxListens)}},
		"also without":   {Command: CmdNewService, Service: Service{Name: "a", Also: []netip.AddrPort{r1}}},
		"also a port":    {Command: CmdNewService, Service: Service{Name: "a", Listen: r1, Also: []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, 80)}}},
		"no server":      {Command: CmdNewDest, Dest: Dest{Service: "a"}},
		"no rule server": {Command: CmdNewRule, Rule: Rule{Service: "a", Conditions: Conditions{Pattern: "x"}}},
		"no condition":   {Command: CmdDelRule, Rule: Rule{Service: "a", Dests: []netip.AddrPort{r1}}},
		"server of many": {Command: CmdNewDest, Dest: Dest{Service: "a", Addr: netip.MustParseAddrPort("[ff02::1]:80")}},
		"weight":         {Command: CmdNewDest, Dest: Dest{Service: "a", Addr: r1, Weight: 65536}},
		"dump":           {Command: CmdFlush, Dump: true},
		"unspec":         {},
	} {
		before := []byte("kept")
		b, err := AppendRequest(before, &r)
		if _, ok := err.(*Error); !ok || string(b) != "kept" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestIPv4InIPv6GoesOutAsIPv4(t *testing.T) {
	r := Request{Command: CmdDelDest, Dest: Dest{Service: "a", Addr: netip.MustParseAddrPort("[::ffff:10.0.0.1]:80")}}
	b, err := AppendRequest(nil, &r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRequest(framed(b), false)
	if err != nil || got.Dest.Addr != netip.MustParseAddrPort("10.0.0.1:80") {
		t.Errorf("got %v, %v", got.Dest.Addr, err)
	}
}

func TestAnAnswerOfANewerDaemonIsUnderstood(t *testing.T) {
	want := Reply{Command: CmdGetModule, Generation: 7, Module: &Module{Name: "wlc", Users: 1}}
	b, err := AppendReply(nil, &want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeReply(Command(b[0]), append(b, attr(200, 1, 2, 3)...)[genlHeaderLen:])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}
