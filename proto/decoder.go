package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Flags in an attribute's type (linux/netlink.h).
const (
	nestedFlag   = 0x8000
	attrTypeMask = 0x3fff
)

// decoder reads attributes, holding each to its policy. Every refusal is an
// *Error with EINVAL, the offset of the offending attribute in its message,
// and a text that names it.
type decoder struct {
	command Command

	// reply passes attributes over that are not expected here: a daemon may
	// be newer than its client, as a kernel may. A request is read strictly.
	reply bool
}

// value is an attribute's payload and the offset of its header in the message.
type value struct {
	payload []byte
	offset  int
}

// attributesOf is what follows a generic netlink header, as a nest would hold
// it.
func attributesOf(message []byte) value { return afterHeaders(message[headerLen+genlHeaderLen:]) }

func afterHeaders(attributes []byte) value {
	return value{payload: attributes, offset: headerLen + genlHeaderLen - attrHeaderLen}
}

func (d *decoder) fail(offset int, format string, args ...any) error {
	return &Error{Errno: unix.EINVAL, Command: d.command, Text: fmt.Sprintf(format, args...), Offset: offset}
}

// walk reads the attributes in v, which belong to s, and hands each to visit
// with its number. It refuses an attribute that s does not have, or that is in
// neither must nor may, or whose payload does not fit its kind, or that stands
// too often; a header or payload that ends past v; bytes left over; and an
// attribute of must that is missing. The cost is linear in v.
func (d *decoder) walk(s *set, must, may uint64, v value, visit func(typ uint, v value) error) error {
	var seen uint64
	var repeats [64]uint16 // as many as seen has bits
	rest, offset := v.payload, v.offset+attrHeaderLen
	for len(rest) > 0 {
		if len(rest) < attrHeaderLen {
			return d.fail(offset, "%d bytes left over after the attributes of %s", len(rest), s.name)
		}
		size := int(binary.NativeEndian.Uint16(rest))
		raw := binary.NativeEndian.Uint16(rest[2:])
		if size < attrHeaderLen || size > len(rest) {
			return d.fail(offset, "attribute %d of %s says it is %d bytes long, expected %d to %d",
				raw&attrTypeMask, s.name, size, attrHeaderLen, len(rest))
		}
		at := value{payload: rest[attrHeaderLen:size:size], offset: offset}
		next := min(align(size), len(rest))
		rest, offset = rest[next:], offset+next

		typ := uint(raw & attrTypeMask)
		known := 0 < typ && typ < uint(len(s.attrs))
		if d.reply && (!known || (must|may)&(1<<typ) == 0) {
			continue
		}
		if !known {
			return d.fail(at.offset, "attribute %d of %s is not known", typ, s.name)
		}
		a := &s.attrs[typ]
		if (must|may)&(1<<typ) == 0 {
			return d.fail(at.offset, "attribute %s of %s is not taken by %v", a.name, s.name, d.command)
		}
		if seen&(1<<typ) != 0 {
			if repeats[typ]++; int(repeats[typ]) >= max(a.repeat, 1) {
				return d.fail(at.offset, "attribute %s of %s stands more than %s", a.name, s.name, times(a.repeat))
			}
		}
		seen |= 1 << typ
		if err := d.checkShape(s, a, raw, at); err != nil {
			return err
		}
		if err := visit(typ, at); err != nil {
			return err
		}
	}
	for typ := range s.attrs {
		if must&^seen&(1<<typ) != 0 {
			return d.fail(v.offset, "attribute %s of %s is missing", s.attrs[typ].name, s.name)
		}
	}
	return nil
}

func times(n int) string {
	if n <= 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// checkShape holds a payload to the attribute's kind, length, range and
// characters, and the flags in its type to whether it is a nest.
func (d *decoder) checkShape(s *set, a *attribute, raw uint16, v value) error {
	flags, wantFlags := raw&^attrTypeMask, uint16(0)
	if a.kind == kindNest {
		wantFlags = nestedFlag
	}
	if flags != wantFlags {
		return d.fail(v.offset, "attribute %s of %s has flags %#x, expected %#x", a.name, s.name, flags, wantFlags)
	}
	var err error
	switch a.kind {
	case kindNest:
		return nil
	case kindString:
		text, ok := bytes.CutSuffix(v.payload, []byte{0})
		if !ok || bytes.IndexByte(text, 0) >= 0 {
			return d.fail(v.offset, "attribute %s of %s is not one NUL-terminated string", a.name, s.name)
		}
		err = a.checkString(string(text))
	case kindAddress:
		if n := len(v.payload); n != 4 && n != 16 {
			err = fmt.Errorf("%s is %d bytes long, expected 4 or 16", a.name, n)
		}
	default:
		if n, want := len(v.payload), a.kind.size(); n != want {
			err = fmt.Errorf("%s is %d bytes long, expected %d", a.name, n, want)
		} else if a.kind != kindFlag && a.kind != kindU64 {
			err = a.checkNumber(v.number(a.kind))
		}
	}
	if err != nil {
		return d.fail(v.offset, "%s %v", s.name, err)
	}
	return nil
}

// number reads an integer that checkShape has found to be of the right size.
func (v value) number(k kind) int64 {
	switch k {
	case kindU8:
		return int64(v.payload[0])
	case kindU16:
		return int64(binary.NativeEndian.Uint16(v.payload))
	case kindPort:
		return int64(binary.BigEndian.Uint16(v.payload))
	case kindS32:
		return int64(int32(binary.NativeEndian.Uint32(v.payload)))
	}
	return int64(binary.NativeEndian.Uint32(v.payload))
}

func (v value) counter() uint64 { return binary.NativeEndian.Uint64(v.payload) }

func (v value) string() string { return string(v.payload[:len(v.payload)-1]) }

// endpoint reads an address with a port; must says which of the two may not be
// missing.
func (d *decoder) endpoint(v value, must uint64) (netip.AddrPort, error) {
	may := bits(EndpointAttrFamily, EndpointAttrAddress, EndpointAttrPort)
	var family int64
	var address []byte
	var port uint16
	err := d.walk(endpointSet, must, may, v, func(typ uint, v value) error {
		switch typ {
		case EndpointAttrFamily:
			family = v.number(kindU16)
		case EndpointAttrAddress:
			address = v.payload
		case EndpointAttrPort:
			port = uint16(v.number(kindPort))
		}
		return nil
	})
	if err != nil {
		return netip.AddrPort{}, err
	}
	if family == 0 && address == nil {
		if port == 0 {
			return netip.AddrPort{}, d.fail(v.offset, "endpoint is empty, expected an address or a port")
		}
		return netip.AddrPortFrom(netip.Addr{}, port), nil
	}
	a, err := d.address(v.offset, family, address)
	return netip.AddrPortFrom(a, port), err
}

func (d *decoder) prefix(v value) (netip.Prefix, error) {
	var family, length int64
	var address []byte
	all := bits(PrefixAttrFamily, PrefixAttrAddress, PrefixAttrLength)
	err := d.walk(prefixSet, all, 0, v, func(typ uint, v value) error {
		switch typ {
		case PrefixAttrFamily:
			family = v.number(kindU16)
		case PrefixAttrAddress:
			address = v.payload
		case PrefixAttrLength:
			length = v.number(kindU8)
		}
		return nil
	})
	if err != nil {
		return netip.Prefix{}, err
	}
	a, err := d.address(v.offset, family, address)
	if err != nil {
		return netip.Prefix{}, err
	}
	if int(length) > a.BitLen() {
		return netip.Prefix{}, d.fail(v.offset, "prefix length is %d, expected 0 to %d", length, a.BitLen())
	}
	p := netip.PrefixFrom(a, int(length))
	if err := CheckSource(p); err != nil {
		return netip.Prefix{}, d.fail(v.offset, "%v", err)
	}
	return p, nil
}

// address makes an address of a family and its bytes, which must agree. An
// IPv4 address in IPv6 form is refused: one server has one name.
func (d *decoder) address(offset int, family int64, b []byte) (netip.Addr, error) {
	size := 0
	switch family {
	case familyIPv4:
		size = 4
	case familyIPv6:
		size = 16
	default:
		return netip.Addr{}, d.fail(offset, "address family is %d, expected %d or %d", family, familyIPv4, familyIPv6)
	}
	if len(b) != size {
		return netip.Addr{}, d.fail(offset, "address of family %d has %d bytes, expected %d", family, len(b), size)
	}
	a, _ := netip.AddrFromSlice(b)
	if a.Is4In6() {
		return netip.Addr{}, d.fail(offset, "address %v is IPv4 in an IPv6 address, expected family %d", a, familyIPv4)
	}
	return a, nil
}
