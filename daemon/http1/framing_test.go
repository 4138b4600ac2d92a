package http1

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/steady"
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
		question := steady.Question{What: fmt.Sprintf("a head with the options %q, by an ordinary one", option), Bound: most, Least: 3}
		question.Ask(t, func() (base, seen float64) { return timeToRead(t, ordinary), timeToRead(t, full(option)) })
	}
}

// timeToRead is the least of several, as others use the machine, too.
func timeToRead(t *testing.T, head []byte) float64 {
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
	return least.Seconds()
}
