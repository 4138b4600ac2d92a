package integrity

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPatternTellsItsOwnBytesFromOthers(t *testing.T) {
	var mine, other pattern
	mine.set("t001-000001-aaaaaaaa")
	other.set("t002-000001-aaaaaaaa")
	buf := make([]byte, pieceSize)
	text := func(p *pattern, n int64) string {
		var b bytes.Buffer
		for offset := int64(0); offset < n; {
			k := int(min(n-offset, 1000))
			b.Write(p.at(offset, k))
			offset += int64(k)
		}
		return b.String()
	}
	for _, n := range []int64{0, 1, 20, 21, 22, 5000, 200_000} {
		whole := text(&mine, n)
		for name, c := range map[string]struct {
			body           string
			foreign, short bool
		}{
			"whole":         {whole, false, false},
			"with more":     {whole + "x", true, false},
			"with its like": {text(&mine, n+21), true, false},
			"another's":     {text(&other, n), n > 2, false},
			"cut short":     {whole[:n*9/10], false, n > 0},
		} {
			foreign, err := mine.check(iotest.OneByteReader(strings.NewReader(c.body)), n, buf)
			if _, short := errors.AsType[short](err); (foreign != "") != c.foreign || short != c.short {
				t.Errorf("%d bytes, %s: foreign %q, %v", n, name, foreign, err)
			}
		}
	}
}
