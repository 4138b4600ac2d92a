package http1

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Options that name no field, of which there may be thousands, are not each sought among a hundred fields: a head full
// of them costs some ten times what an ordinary one of its size does, and not a thousand times.
func TestConnectionOptionsCostNoMoreThanTheirBytes(t *testing.T) {
	const most = 100
	full := func(option string) []byte {
		line := "Connection: x," + strings.Repeat(option, 8000/len(option)) + "\r\n"
		return []byte("GET / HTTP/1.1\r\n" + host + strings.Repeat("A: b\r\n", 96) + strings.Repeat(line, 3) + "\r\n")
	}
	ordinary := bytes.ReplaceAll(full("close,"), []byte("Connection"), []byte("X-Elephant"))
	for _, option := range []string{",", "close,", "keep-alive,"} {
		cost := timeToRead(t, full(option)) / max(timeToRead(t, ordinary), 1)
		t.Logf("options %q: %d times an ordinary head's time", option, cost)
		if cost > most {
			t.Errorf("options %q: %d times an ordinary head's time, expected %d at most", option, cost, most)
		}
	}
}

// timeToRead is the least of several, as others use the machine, too.
func timeToRead(t *testing.T, head []byte) time.Duration {
	lim := DefaultLimits()
	least := time.Hour
	for range 20 {
		var p Parser
		var r Request
		begin := time.Now()
		if n, err := p.Request(head, &lim, &r); n == 0 || err != nil {
			t.Fatal(n, err)
		}
		least = min(least, time.Since(begin))
	}
	return least
}
