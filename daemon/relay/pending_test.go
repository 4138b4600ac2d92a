package relay

import (
	"bytes"
	"testing"
)

// TestAnIdleSessionHoldsNothing sends a request and its response in any two
// pieces: what was kept of the first is given back when the rest has come, or
// each idle client would hold a buffer and be among those to give it up.
func TestAnIdleSessionHoldsNothing(t *testing.T) {
	ask := []byte("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n")
	answer := []byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n")
	for cut := 1; cut < max(len(ask), len(answer)); cut++ {
		x := newFake(newBench(t, phttp), t.Fatalf)
		for _, piece := range pieces(ask, cut) {
			x.step(&Event{Kind: Received, Side: Client, Data: piece})
		}
		for _, piece := range pieces(answer, cut) {
			x.step(&Event{Kind: Received, Side: Server, Data: piece})
		}
		if held := x.ctx.Buffers.Held(); !x.sess.Idle() || x.sess.Holds() || held != 0 {
			t.Errorf("cut after %d bytes: in state %s, holds is %v, %d bytes are held", cut, x.sess.State(), x.sess.Holds(), held)
		}
	}
}

// pieces is text in two pieces, or one if it is too short.
func pieces(text []byte, cut int) [][]byte {
	cut = min(cut, len(text))
	first, rest := bytes.Clone(text[:cut]), bytes.Clone(text[cut:])
	if len(rest) == 0 {
		return [][]byte{first}
	}
	return [][]byte{first, rest}
}
