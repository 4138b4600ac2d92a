package lab

import "encoding/binary"

const (
	ipv4Header = 20
	tcpHeader  = 20
	protoTCP   = 6

	flagFIN, flagSYN, flagRST, flagACK = 1, 2, 4, 16
)

// resetOf is the answer of a host that knows no such connection to an IPv4
// packet (RFC 9293, section 3.5.2); nil to all that is not TCP, or a reset itself.
func resetOf(packet []byte) []byte {
	if len(packet) < ipv4Header || packet[0]>>4 != 4 || packet[9] != protoTCP {
		return nil
	}
	size := int(packet[0]&15) * 4
	if len(packet) < size+tcpHeader {
		return nil
	}
	segment := packet[size:]
	flags := segment[13]
	if flags&flagRST != 0 {
		return nil
	}
	reset := make([]byte, ipv4Header+tcpHeader)
	ip, tcp := reset[:ipv4Header], reset[ipv4Header:]
	ip[0] = 4<<4 | ipv4Header/4
	binary.BigEndian.PutUint16(ip[2:], uint16(len(reset)))
	ip[8], ip[9] = 64, protoTCP
	copy(ip[12:16], packet[16:20])
	copy(ip[16:20], packet[12:16])
	binary.BigEndian.PutUint16(ip[10:], checksum(ip))

	copy(tcp[0:2], segment[2:4])
	copy(tcp[2:4], segment[0:2])
	tcp[12], tcp[13] = tcpHeader/4<<4, flagRST
	if flags&flagACK != 0 {
		copy(tcp[4:8], segment[8:12]) // what the sender expects next
	} else {
		data := len(segment) - int(segment[12]>>4)*4
		next := binary.BigEndian.Uint32(segment[4:]) + uint32(data) + uint32(flags&flagSYN/flagSYN) + uint32(flags&flagFIN)
		binary.BigEndian.PutUint32(tcp[8:], next)
		tcp[13] |= flagACK
	}
	pseudo := append(append([]byte(nil), ip[12:20]...), 0, protoTCP, 0, tcpHeader)
	binary.BigEndian.PutUint16(tcp[16:], checksum(append(pseudo, tcp...)))
	return reset
}

// checksum is the Internet checksum (RFC 1071) of an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
