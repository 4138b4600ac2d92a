package http1

import (
	"strings"
	"testing"
	"time"
)

// A head of nothing but Connection costs about what any head of its size does: options that name no field, of which
// there may be thousands, are not each sought among a hundred fields.
func TestConnectionOptionsCostNoMoreThanTheirBytes(t *testing.T) {
	lim := DefaultLimits()
	for _, option := range []string{",", "close,", "keep-alive,"} {
		line := "Connection: x," + strings.Repeat(option, 8000/len(option)) + "\r\n"
		head := []byte("GET / HTTP/1.1\r\n" + host + strings.Repeat("A: b\r\n", 96) + strings.Repeat(line, 3) + "\r\n")
		var p Parser
		var r Request
		least := time.Hour // others use the machine, too
		for range 10 {
			begin := time.Now()
			if n, err := p.Request(head, &lim, &r); n == 0 || err != nil {
				t.Fatal(n, err)
			}
			least = min(least, time.Since(begin))
		}
		if least > 8*time.Millisecond {
			t.Errorf("%d bytes of %q take %v", len(head), option, least)
		}
	}
}
