package relay

import (
	"fmt"
	"net/netip"
	"testing"
)

// TestARefusalDoesNotAllocate has a server answer what is not HTTP, and the
// source ask too fast after it.
func TestARefusalDoesNotAllocate(t *testing.T) {
	b := newBench(t, append(phttp, "limit request-rate 1"))
	b.sess.Step(b.ctx, &Event{Kind: Opened})
	text := []byte("GET /a?secret HTTP/1.1\r\nHost: x\r\n\r\n")
	garbage := []byte("SSH-2.0-OpenSSH\r\n")
	request := Event{Kind: Received, Side: Client}
	answer := Event{Kind: Received, Side: Server}
	refused := func(ev *Event, data []byte, status int, reason string) {
		ev.Data = data
		b.sess.Step(b.ctx, ev)
		if len(b.ctx.Refusals) != 1 {
			t.Fatalf("%d refusals", len(b.ctx.Refusals))
		}
		if r := b.ctx.Refusals[0]; r.Status != status || r.Reason != reason || string(r.Target) != "/a" {
			t.Fatalf("refused %d, %q: %s", r.Status, r.Target, r.Reason)
		}
	}
	n := testing.AllocsPerRun(500, func() {
		b.ctx.Sources.(*countdown).left = 1
		request.Data = text
		if b.sess.Step(b.ctx, &request); len(b.ctx.Refusals) != 0 {
			t.Fatalf("a good request is refused: %s", b.ctx.Refusals[0].Reason)
		}
		refused(&answer, garbage, 502, "not an HTTP response")
		refused(&request, text, 429, "more requests of this source than request_rate_per_source")
	})
	if n > 0 {
		t.Errorf("%v allocations for two refusals", n)
	}
}

// The request that the loop has read last may be another client's.
func TestARefusalNamesItsOwnTarget(t *testing.T) {
	b := newBench(t, phttp)
	other := Session{}
	other.Open(b.svc.Live, netip.MustParseAddr("192.0.2.8"))
	for _, s := range []struct {
		*Session
		target string
	}{{&b.sess, "/a"}, {&other, "/b"}} {
		s.Step(b.ctx, &Event{Kind: Opened})
		s.Step(b.ctx, &Event{Kind: Received, Side: Client, Data: []byte("GET " + s.target + " HTTP/1.1\r\nHost: x\r\n\r\n")})
	}
	b.sess.Step(b.ctx, &Event{Kind: Failed, Side: Server, Cause: Reset})
	if r := b.ctx.Refusals; len(r) != 1 || string(r[0].Target) != "/a" {
		t.Errorf("refused: %+v, want one of /a", r)
	}
}

// describeRefusal is a refusal as a scenario has it.
func describeRefusal(r *Refusal) string {
	line := fmt.Sprintf("\trefused %d, %q: %s", r.Status, r.Target, r.Reason)
	if r.Field != nil || r.Bytes != nil {
		line += fmt.Sprintf(": field %q, %q", r.Field, r.Bytes)
	}
	return line
}
