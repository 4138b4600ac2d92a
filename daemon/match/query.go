package match

import "bytes"

// eachQuery calls yield with each parameter of a URI's query, in order, as
// application/x-www-form-urlencoded has it: after the first "?" and up to a
// "#", pieces between "&"s, the name before the first "=" and the value behind
// it (none: an empty value), where "+" is a space and %XX a byte. A "%" that
// two hexadecimal digits do not follow stands for itself. Empty pieces are
// none. What yield is given is good until it returns.
//
// Cost: each byte of the URI is looked at a few times, and copied at most once.
func eachQuery(uri []byte, room *found, yield func(name, value []byte)) {
	if end := bytes.IndexByte(uri, '#'); end >= 0 {
		uri = uri[:end]
	}
	_, rest, more := bytes.Cut(uri, []byte{'?'})
	for more {
		var piece []byte
		piece, rest, more = bytes.Cut(rest, []byte{'&'})
		if len(piece) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(piece, []byte{'='})
		name, room.name = formDecode(name, room.name)
		value, room.text = formDecode(value, room.text)
		yield(name, value)
	}
}

// formDecode returns what text stands for: text itself, or in room.
func formDecode(text, room []byte) (decoded, roomAfter []byte) {
	if !bytes.ContainsAny(text, "%+") {
		return text, room
	}
	room = room[:0]
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b == '+':
			b = ' '
		case b == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			b = hexValue(text[i+1])<<4 | hexValue(text[i+2])
			i += 2
		}
		room = append(room, b)
	}
	return room, room
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
}

func hexValue(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b | 0x20 - 'a' + 10
}
