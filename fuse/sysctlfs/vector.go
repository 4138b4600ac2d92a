package sysctlfs

import (
	"math"
	"strconv"
	"strings"
)

const (
	// pageBytes bounds what one write is parsed of, as do_proc_dointvec does.
	pageBytes = 4096
	// numberBytes is the room for one number with its sign and prefix
	// (TMPBUFLEN): a longer one might continue where the kernel stops looking.
	numberBytes = 22
)

// parseWrite reads what is written to an integer sysctl at offset 0, with the
// meaning of proc_dointvec for one value: blanks, a minus sign if need be, a
// decimal, octal (0) or hexadecimal (0x) number within an int, then the end or
// a space, tab or newline. A plus sign is no sign to the kernel.
//
// ok is false for anything else (EINVAL). Otherwise n is what the write
// returns: all of text, or less if something other than blanks follows the
// number, which write(2)'s caller may then offer again at a non-zero offset.
// At most pageBytes-1 bytes are looked at.
func parseWrite(text []byte) (value int32, n int, ok bool) {
	rest := text[:min(len(text), pageBytes-1)]
	rest = skipSpace(rest)
	size := numberSize(rest)
	if size == 0 || size >= numberBytes-1 {
		return 0, 0, false
	}
	value, ok = parseNumber(string(rest[:size]))
	if !ok {
		return 0, 0, false
	}
	rest = rest[size:]
	if len(rest) > 0 && rest[0] != ' ' && rest[0] != '\t' && rest[0] != '\n' {
		return 0, 0, false
	}
	rest = skipSpace(rest)
	return value, len(text) - len(rest), true
}

// numberSize is the length of the sign, prefix and digits that text begins with.
func numberSize(text []byte) int {
	i := 0
	if len(text) > 1 && text[0] == '-' {
		i++
	}
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	if len(text) > i+2 && text[i] == '0' && text[i+1]|0x20 == 'x' && isHex(text[i+2]) {
		i += 2
		isDigit = isHex
	} else if i == len(text) || !isDigit(text[i]) {
		return 0
	}
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// parseNumber converts what numberSize delimited; false if it is out of an
// int's range or has a digit that is not octal after a leading 0.
func parseNumber(text string) (int32, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	base := 10
	if len(digits) > 1 && digits[0] == '0' {
		digits, base = digits[1:], 8
		if digits[0]|0x20 == 'x' {
			digits, base = digits[1:], 16
		}
	}
	magnitude, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		magnitude = -magnitude
	}
	if magnitude < math.MinInt32 || magnitude > math.MaxInt32 {
		return 0, false
	}
	return int32(magnitude), true
}

// skipSpace drops leading blanks by the kernel's isspace, which knows Latin-1's
// no-break space too.
func skipSpace(text []byte) []byte {
	for len(text) > 0 {
		switch c := text[0]; {
		case c == ' ', '\t' <= c && c <= '\r', c == 0xa0:
			text = text[1:]
		default:
			return text
		}
	}
	return text
}
