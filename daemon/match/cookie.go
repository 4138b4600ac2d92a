package match

import "bytes"

// eachCookie calls yield with each pair of a Cookie field, in order (RFC 6265,
// section 4.2.1, read as leniently as clients write it): pieces between ";"s
// without the blanks around them, the name before the first "=" and the value
// behind it. A piece without "=" is no cookie. Quotes are part of the value,
// as the RFC has it, and nothing is decoded.
//
// Cost: each byte is looked at a few times.
func eachCookie(line []byte, yield func(name, value []byte)) {
	for more := true; more; {
		var piece []byte
		piece, line, more = bytes.Cut(line, []byte{';'})
		name, value, ok := bytes.Cut(piece, []byte{'='})
		if ok {
			yield(bytes.Trim(name, " \t"), bytes.Trim(value, " \t"))
		}
	}
}
