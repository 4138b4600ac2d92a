package http1

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// class is a set of bytes.
type class [256]bool

func classOf(members string) (c class) {
	for i := range len(members) {
		c[members[i]] = true
	}
	return c
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

var (
	// token is RFC 9110 section 5.6.2, tchar.
	token = classOf(alphanumeric + "!#$%&'*+-.^_`|~")
	// regName is RFC 3986 section 3.2.2, reg-name, without the comma: two Host values joined into one
	// are not a name.
	regName = classOf(alphanumeric + "-._~%!$&'()*+;=")
	// inTarget is what a request target may hold: visible ASCII, but no fragment. RFC 3986 allows less;
	// browsers send the rest (quotes, braces, bars) and every server reads them as themselves.
	inTarget = func() (c class) {
		for i := 0x21; i < 0x7f; i++ {
			c[i] = i != '#'
		}
		return c
	}()
	// lower is each byte's lower case, in ASCII.
	lower = func() (l [256]byte) {
		for i := range l {
			l[i] = byte(i)
			if i >= 'A' && i <= 'Z' {
				l[i] += 'a' - 'A'
			}
		}
		return l
	}()
	// hex is each hexadecimal digit's value, 16 for what is none.
	hex = func() (h [256]uint8) {
		for i := range h {
			h[i] = 16
		}
		for i, c := range []byte("0123456789abcdef") {
			h[c] = uint8(i)
			h[bytes.ToUpper([]byte{c})[0]] = uint8(i)
		}
		return h
	}()
	// inValue is what a field value may hold: RFC 9110 section 5.5, with blanks.
	inValue = func() (c class) {
		for i := range c {
			c[i] = i >= 0x20 && i != 0x7f || i == '\t'
		}
		return c
	}()
)

// Eight bytes at a time: a byte of x that is less than n, or equal to n, sets its top bit in the result.
// Only the lowest such bit is exact (a borrow may set higher ones), and only that is used.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

func below(x uint64, n byte) uint64 { return (x - ones*uint64(n)) &^ x & tops }
func equal(x uint64, c byte) uint64 { return below(x^ones*uint64(c), 1) }
func first(mask uint64) int         { return bits.TrailingZeros64(mask) >> 3 }

// valueEnd returns the first offset from i on that can not be in a field value, or len(b).
func valueEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		stop := below(x, 0x20) | equal(x, 0x7f)
		if stop == 0 {
			i += 8
			continue
		}
		i += first(stop)
		if b[i] != '\t' {
			return i
		}
		i++
	}
	for i < len(b) && inValue[b[i]] {
		i++
	}
	return i
}

// targetEnd returns the first offset from i on that can not be in a request target, or len(b).
func targetEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		if stop := below(x, 0x21) | equal(x, 0x7f) | equal(x, '#') | x&tops; stop != 0 {
			return i + first(stop)
		}
		i += 8
	}
	for i < len(b) && inTarget[b[i]] {
		i++
	}
	return i
}

// tokenEnd returns the first offset from i on that can not be in a token, or len(b).
func tokenEnd(b []byte, i int) int {
	for i < len(b) && token[b[i]] {
		i++
	}
	return i
}

// trim removes blanks (SP and HTAB) at both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
