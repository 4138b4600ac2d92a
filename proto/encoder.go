package proto

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// encoder appends attributes, holding each to its policy. After the first
// value that does not fit it appends nothing more. It makes requests and answers, and
// the daemon's lists are long: netlink.AttributeEncoder takes 20 times as long for a
// rule, and 32 allocations where this makes none.
type encoder struct {
	dst     []byte
	command Command
	err     error
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = &Error{Errno: unix.EINVAL, Command: e.command, Text: err.Error()}
	}
}

func (e *encoder) check(err error) bool {
	if err != nil {
		e.fail(err)
	}
	return e.err == nil
}

func (e *encoder) header(typ uint, payload int) {
	e.dst = binary.NativeEndian.AppendUint16(e.dst, uint16(attrHeaderLen+payload))
	e.dst = binary.NativeEndian.AppendUint16(e.dst, uint16(typ))
}

func (e *encoder) flag(typ uint) { e.header(typ, 0) }

func (e *encoder) string(s *set, typ uint, v string) {
	if !e.check(s.attrs[typ].checkString(v)) {
		return
	}
	e.header(typ, len(v)+1)
	e.dst = append(e.dst, v...)
	e.dst = pad(append(e.dst, 0))
}

// number appends an integer of the width that the attribute's kind gives.
func (e *encoder) number(s *set, typ uint, v int64) {
	a := &s.attrs[typ]
	if !e.check(a.checkNumber(v)) {
		return
	}
	e.header(typ, a.kind.size())
	switch a.kind {
	case kindU8:
		e.dst = append(e.dst, uint8(v))
	case kindU16:
		e.dst = binary.NativeEndian.AppendUint16(e.dst, uint16(v))
	case kindPort:
		e.dst = binary.BigEndian.AppendUint16(e.dst, uint16(v))
	default:
		e.dst = binary.NativeEndian.AppendUint32(e.dst, uint32(v))
	}
	e.dst = pad(e.dst)
}

// counter appends a u64, which has no bounds to be held to.
func (e *encoder) counter(typ uint, v uint64) {
	e.header(typ, 8)
	e.dst = binary.NativeEndian.AppendUint64(e.dst, v)
}

// nest appends an attribute that holds those which body appends.
func (e *encoder) nest(typ uint, body func()) {
	start := len(e.dst)
	e.header(typ|nestedFlag, 0)
	body()
	// The policies keep a nest below 64 KiB: TestTheLargestRuleFits.
	binary.NativeEndian.PutUint16(e.dst[start:], uint16(len(e.dst)-start))
}

// Parts of an endpoint, and which of them a place demands.
const (
	endpointAddress = 1 << EndpointAttrAddress
	endpointPort    = 1 << EndpointAttrPort
)

// endpoint appends what a holds: an invalid address or a zero port is left
// out, unless must has it.
func (e *encoder) endpoint(typ uint, a netip.AddrPort, must uint64) {
	has := uint64(0)
	if a.Addr().IsValid() {
		has |= endpointAddress
	}
	if a.Port() != 0 {
		has |= endpointPort
	}
	switch {
	case must&^has&endpointAddress != 0:
		e.fail(fmt.Errorf("address is missing"))
	case must&^has&endpointPort != 0:
		e.fail(fmt.Errorf("port of %v is missing", a.Addr()))
	}
	e.nest(typ, func() {
		if has&endpointAddress != 0 {
			e.address(endpointSet, EndpointAttrFamily, EndpointAttrAddress, a.Addr())
		}
		if has&endpointPort != 0 {
			e.number(endpointSet, EndpointAttrPort, int64(a.Port()))
		}
	})
}

func (e *encoder) prefix(typ uint, p netip.Prefix) {
	if !e.check(CheckSource(p)) {
		return
	}
	e.nest(typ, func() {
		e.address(prefixSet, PrefixAttrFamily, PrefixAttrAddress, p.Addr())
		e.number(prefixSet, PrefixAttrLength, int64(p.Bits()))
	})
}

// address appends family and bytes. An IPv4 address in IPv6 form goes out as
// the IPv4 address that it is, so that one server has one name.
func (e *encoder) address(s *set, familyType, addressType uint, a netip.Addr) {
	if a.Zone() != "" {
		e.fail(fmt.Errorf("address %v has a zone, expected none", a))
		return
	}
	a = a.Unmap()
	family := int64(familyIPv6)
	if a.Is4() {
		family = familyIPv4
	}
	e.number(s, familyType, family)
	b := a.AsSlice()
	e.header(addressType, len(b))
	e.dst = append(e.dst, b...)
}

// size of an integer in bytes.
func (k kind) size() int {
	switch k {
	case kindU8:
		return 1
	case kindU16, kindPort:
		return 2
	case kindU32, kindS32:
		return 4
	case kindU64:
		return 8
	}
	return 0
}
