package integrity

import (
	"bytes"
	"fmt"
	"io"
)

// pattern is the endless text of one token, over and over. A body of n bytes
// is its first n bytes.
type pattern struct {
	text []byte // whole repetitions, longer than any piece looked at
	unit int
}

// pieceSize is how much of a pattern is written or compared at once.
const pieceSize = 32 << 10

// set makes it another token's, in the same memory.
func (p *pattern) set(token string) {
	p.unit = len(token) + 1
	size := (pieceSize/p.unit + 2) * p.unit
	if cap(p.text) < size {
		p.text = make([]byte, size)
	}
	p.text = p.text[:size]
	n := copy(p.text, token+"\n")
	for n < size {
		n += copy(p.text[n:], p.text[:n])
	}
}

// at is n bytes of it from an offset on, n up to pieceSize.
func (p *pattern) at(offset int64, n int) []byte {
	from := int(offset % int64(p.unit))
	return p.text[from : from+n]
}

// short is a body that ends in order, but too early.
type short struct{ got, want int64 }

func (s short) Error() string {
	return fmt.Sprintf("a whole body of %d bytes, which is to have %d", s.got, s.want)
}

// check reads r to its end, which must come after size bytes of the pattern.
// foreign is what else there was; an error is a short, or one of r.
func (p *pattern) check(r io.Reader, size int64, buf []byte) (foreign string, err error) {
	for offset := int64(0); ; {
		n, err := r.Read(buf[:pieceSize])
		if !bytes.Equal(buf[:n], p.at(offset, n)) {
			return fmt.Sprintf("offset %d: %.200q", offset, buf[:n]), nil
		}
		if offset += int64(n); offset > size {
			return fmt.Sprintf("%d bytes more than %d", offset-size, size), nil
		}
		switch {
		case err == io.EOF && offset < size:
			return "", short{offset, size}
		case err == io.EOF:
			return "", nil
		case err != nil:
			return "", err
		}
	}
}
