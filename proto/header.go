package proto

import "encoding/binary"

// Sizes of the headers (linux/netlink.h, linux/genetlink.h).
const (
	headerLen     = 16 // struct nlmsghdr
	genlHeaderLen = 4  // struct genlmsghdr
	attrHeaderLen = 4  // struct nlattr
)

// Header is struct nlmsghdr without its length, which follows from the
// message.
type Header struct {
	Type  uint16
	Flags uint16
	Seq   uint32
	Port  uint32
}

// NextMessage splits the first netlink message off a datagram: its header, its
// whole bytes (header included, padding not) and what follows it. ok is false
// when no whole message stands there: fewer bytes than a header, or a length
// shorter than a header or past the datagram's end. The slices alias datagram;
// the cost does not depend on its length.
func NextMessage(datagram []byte) (h Header, message, rest []byte, ok bool) {
	if len(datagram) < headerLen {
		return Header{}, nil, nil, false
	}
	h = header(datagram)
	n := binary.NativeEndian.Uint32(datagram)
	if n < headerLen || uint64(n) > uint64(len(datagram)) {
		return h, nil, nil, false
	}
	message = datagram[:n:n]
	if end := align(int(n)); end < len(datagram) {
		rest = datagram[end:]
	}
	return h, message, rest, true
}

// Payload is what follows a message's netlink header.
func Payload(message []byte) []byte { return message[headerLen:] }

func header(b []byte) Header {
	return Header{
		Type:  binary.NativeEndian.Uint16(b[4:]),
		Flags: binary.NativeEndian.Uint16(b[6:]),
		Seq:   binary.NativeEndian.Uint32(b[8:]),
		Port:  binary.NativeEndian.Uint32(b[12:]),
	}
}

// BeginMessage appends a header whose length EndMessage fills in, given the
// length that dst had before.
func BeginMessage(dst []byte, h Header) []byte {
	dst = binary.NativeEndian.AppendUint32(dst, 0)
	dst = binary.NativeEndian.AppendUint16(dst, h.Type)
	dst = binary.NativeEndian.AppendUint16(dst, h.Flags)
	dst = binary.NativeEndian.AppendUint32(dst, h.Seq)
	return binary.NativeEndian.AppendUint32(dst, h.Port)
}

// EndMessage closes the message that began at start and pads it.
func EndMessage(dst []byte, start int) []byte {
	dst = pad(dst)
	binary.NativeEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// align rounds up to the four bytes that messages and attributes begin at.
func align(n int) int { return (n + 3) &^ 3 }

func pad(dst []byte) []byte {
	for len(dst)&3 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// AppendNoop appends a message that asks nothing and gets no answer.
func AppendNoop(dst []byte) []byte {
	start := len(dst)
	return EndMessage(BeginMessage(dst, Header{Type: typeNoop}), start)
}
