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
		if held := x.ctx.Buffers.Held(); !x.sess.Idle() || x.sess.Keeps() != 0 || held != 0 {
			t.Errorf("cut after %d bytes: in state %s, it keeps %d bytes, and %d are held", cut, x.sess.State(), x.sess.Keeps(), held)
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

// TestWhatFollowsAPartOfALineIsCopiedIntoAKeptBuffer has most receives of a
// chunked body end within a size line: the next one is put behind that part, and
// must fit a buffer that is used again, however much may be read ahead.
func TestWhatFollowsAPartOfALineIsCopiedIntoAKeptBuffer(t *testing.T) {
	for side, begin := range []string{
		Client: "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		Server: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		b := newBench(t, phttp)
		b.ctx.Policy.Ahead = bodyRead
		x, from := newFake(b, t.Fatalf), Side(side)
		x.step(&Event{Kind: Received, Side: Client, Data: []byte(begin)})
		if from == Server {
			x.step(&Event{Kind: Received, Side: Server, Data: []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")})
		}
		const chunk = "4\r\nabcd\r\n"
		chunks := bytes.Repeat([]byte(chunk), bodyRead/len(chunk)+2)
		data, at, before := make([]byte, bodyRead), 0, x.ctx.Buffers.Held()
		receive := func(end int) { // that much of a chunk
			n := x.sess.Wants(from)
			n -= (at + n - end + len(chunk)) % len(chunk)
			ev := Event{Kind: Received, Side: from, Data: data[:copy(data[:n], chunks[at:])]}
			at = end
			x.sess.Step(x.ctx, &ev)
			if held := x.ctx.Buffers.Held() - before; held > largeBuffer || x.sess.State() != "EXCHANGE" {
				t.Fatalf("%d bytes of the %v are held in state %s", held, from, x.sess.State())
			}
		}
		if n := testing.AllocsPerRun(100, func() { receive(1); receive(2); receive(0) }); n != 0 {
			t.Errorf("%v allocations for three receives from the %v", n, from)
		}
	}
}
