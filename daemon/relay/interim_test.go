package relay

import (
	"bytes"
	"testing"
)

// TestInterimResponsesOfAnExchangeAreBounded has a server send interim
// responses without end: all of one exchange together are no longer than a head
// may be, whatever the pieces they come in.
func TestInterimResponsesOfAnExchangeAreBounded(t *testing.T) {
	interim := []byte("HTTP/1.1 102 Processing\r\n\r\n")
	final := []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	for _, atOnce := range []int{1, 100} {
		x := newFake(newBench(t, phttp), t.Fatalf)
		most := x.ctx.Answers.Head / len(interim)
		for range 2 { // the second exchange has the same right
			x.step(&Event{Kind: Received, Side: Client, Data: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")})
			for range most {
				x.step(&Event{Kind: Received, Side: Server, Data: bytes.Clone(interim)})
			}
			x.step(&Event{Kind: Received, Side: Server, Data: bytes.Clone(final)})
			if got := bytes.Count(x.toClient, interim); got != most || !bytes.Contains(x.toClient, []byte(" 200 OK\r\n")) {
				t.Fatalf("the client got %d interim responses of %d, and state is %s", got, most, x.sess.State())
			}
			x.toClient = nil
		}
		x.step(&Event{Kind: Received, Side: Client, Data: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")})
		for i := 0; i < 2*most && x.connected; i += atOnce {
			x.step(&Event{Kind: Received, Side: Server, Data: bytes.Repeat(interim, atOnce)})
		}
		if got := bytes.Count(x.toClient, interim); got != most {
			t.Errorf("%d at once: the client got %d interim responses, want %d", atOnce, got, most)
		}
		if x.connected || !bytes.Contains(x.toClient, []byte("HTTP/1.1 502 Bad Gateway\r\n")) {
			t.Errorf("%d at once: connected %v, and the client got %.60q at the end", atOnce, x.connected, x.toClient[most*len(interim):])
		}
		x.settle()
	}
}
