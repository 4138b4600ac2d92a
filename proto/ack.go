package proto

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Attributes of the extended acknowledgement (linux/netlink.h).
const (
	ackAttrMessage = 1 // string
	ackAttrOffset  = 2 // u32, from the start of the offending message
	ackAttrCookie  = 3 // the change's index in its batch, u32
)

// AppendAck appends the acknowledgement of a message: NLMSG_ERROR with errno
// 0 and the message's header.
//
// The sender's NETLINK_CAP_ACK and NETLINK_EXT_ACK can not be seen from here,
// so what is sent is what every receiver understands: a success is cut to the
// header and says so (NLM_F_CAPPED), as the kernel always does; a failure
// carries the whole message up to 64 KiB, as by default the kernel's does; the
// extended acknowledgement is always there, behind NLM_F_ACK_TLVS, and receivers that
// do not know it ignore it.
func AppendAck(dst, message []byte, port uint32) []byte {
	h := header(message)
	start := len(dst)
	dst = BeginMessage(dst, Header{Type: TypeError, Flags: flagCapped, Seq: h.Seq, Port: port})
	dst = binary.NativeEndian.AppendUint32(dst, 0)
	dst = append(dst, message[:headerLen]...)
	return EndMessage(dst, start)
}

// AppendError appends the refusal of the message with sequence number seq,
// with the text, offset and index of err when it is an *Error. culprit is the
// message that is to blame: the refused one itself, or one of the batch that
// it was to commit.
func AppendError(dst []byte, seq uint32, culprit []byte, port uint32, err error) []byte {
	e := AsError(err)
	start := len(dst)
	flags := uint16(0)
	if len(culprit) > maxAckMessage {
		culprit = culprit[:headerLen]
		flags = flagCapped
	}
	if e.Text != "" || e.Offset != 0 || e.Index != 0 {
		flags |= flagAckTLVs
	}
	dst = BeginMessage(dst, Header{Type: TypeError, Flags: flags, Seq: seq, Port: port})
	dst = binary.NativeEndian.AppendUint32(dst, uint32(-int32(e.Errno)))
	// The length inside must lead to the attributes, so it counts the padding.
	at := len(dst)
	dst = pad(append(dst, culprit...))
	binary.NativeEndian.PutUint32(dst[at:], uint32(len(dst)-at))

	x := encoder{dst: dst}
	if e.Text != "" {
		text := e.Text
		if len(text) > maxAckText {
			text = text[:maxAckText]
		}
		x.header(ackAttrMessage, len(text)+1)
		x.dst = pad(append(append(x.dst, text...), 0))
	}
	if e.Offset != 0 {
		x.header(ackAttrOffset, 4)
		x.dst = binary.NativeEndian.AppendUint32(x.dst, uint32(e.Offset))
	}
	if e.Index != 0 {
		x.header(ackAttrCookie, 4)
		x.dst = binary.NativeEndian.AppendUint32(x.dst, uint32(e.Index))
	}
	return EndMessage(x.dst, start)
}

// A refusal does not grow without bound with what was refused.
const (
	maxAckText    = 1024
	maxAckMessage = 64 << 10
)

// AppendDone appends the end of a dump.
func AppendDone(dst []byte, seq, port uint32) []byte {
	start := len(dst)
	dst = BeginMessage(dst, Header{Type: TypeDone, Flags: FlagMulti, Seq: seq, Port: port})
	dst = binary.NativeEndian.AppendUint32(dst, 0)
	return EndMessage(dst, start)
}

// DecodeAck reads NLMSG_ERROR or NLMSG_DONE: nil for success, else an *Error
// without its command, which only the asker knows. EBADMSG stands for a message
// that is neither.
func DecodeAck(message []byte) error {
	h, payload := header(message), message[headerLen:]
	if h.Type != TypeError && h.Type != TypeDone || len(payload) < 4 {
		return Errorf(unix.EBADMSG, "answer of type %d with %d bytes, expected an acknowledgement", h.Type, len(payload))
	}
	errno := -int32(binary.NativeEndian.Uint32(payload))
	if errno == 0 {
		return nil
	}
	e := &Error{Errno: unix.Errno(errno)}
	if h.Flags&flagAckTLVs == 0 {
		return e
	}
	at := 4
	if h.Type == TypeError {
		if len(payload) < at+headerLen {
			return e
		}
		if h.Flags&flagCapped != 0 {
			at += headerLen
		} else if n := binary.NativeEndian.Uint32(payload[at:]); uint64(n) <= uint64(len(payload)-at) {
			at += align(int(n))
		}
	}
	if at > len(payload) {
		return e
	}
	// What can not be read of the attributes leaves the errno as it is.
	d := &decoder{reply: true}
	_ = d.walk(ackSet, 0, bits(ackAttrMessage, ackAttrOffset, ackAttrCookie), value{payload: payload[at:]}, func(typ uint, v value) error {
		switch typ {
		case ackAttrMessage:
			e.Text = v.string()
		case ackAttrOffset:
			e.Offset = int(v.number(kindU32))
		case ackAttrCookie:
			e.Index = int(v.number(kindU32))
		}
		return nil
	})
	return e
}

var ackSet = &set{"extended acknowledgement", []attribute{
	ackAttrMessage: {name: "message", kind: kindString, max: 1 << 16},
	ackAttrOffset:  {name: "offset", kind: kindU32, max: 1<<32 - 1},
	ackAttrCookie:  {name: "cookie", kind: kindU32, max: 1<<32 - 1},
}}
