package relay

import (
	"bytes"
	"testing"
)

// Some hundred small requests fit into one receive, and a send for the answer to
// each keeps everybody else waiting.
func TestAnswersToRequestsThatCameTogetherAreOneSend(t *testing.T) {
	const requests = 300
	b := newBench(t, append(phttp, "limit request-rate 1"))
	b.sess.Step(b.ctx, &Event{Kind: Opened})
	b.ctx.Sources.(*countdown).left = 0
	text := bytes.Repeat([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), requests)
	for _, most := range []int{4, 1} { // room for them is made once
		writes, answers := 0, 0
		for _, op := range b.sess.Step(b.ctx, &Event{Kind: Received, Side: Client, Data: text}) {
			if op.Kind == Write && op.Side == Client {
				writes++
				answers += bytes.Count(op.Head, []byte("HTTP/1.1 429 "))
			}
		}
		if answers != requests || writes > most {
			t.Errorf("%d answers in %d writes, want %d in %d", answers, writes, requests, most)
		}
	}
}

func TestALongBodyIsSeenToMoveInTheCounters(t *testing.T) {
	b := newBench(t, phttp)
	b.sess.Step(b.ctx, &Event{Kind: Opened})
	b.sess.Step(b.ctx, &Event{Kind: Received, Side: Client, Data: []byte("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")})
	b.sess.Step(b.ctx, &Event{Kind: Connected})
	data := make([]byte, bodyRead)
	for range 10 {
		b.sess.Step(b.ctx, &Event{Kind: Received, Side: Client, Data: data})
	}
	if n := b.svc.Live.Stats.Sum().InBytes; n < 1<<20 || n > 10<<18+100 {
		t.Errorf("%d bytes in are counted of %d", n, len(data)*10)
	}
	b.sess.Step(b.ctx, &Event{Kind: Received, Side: Server, Data: []byte("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")})
	for range 10 {
		b.sess.Step(b.ctx, &Event{Kind: Received, Side: Server, Data: data})
	}
	if n := b.svc.Live.Stats.Sum().OutBytes; n < 1<<20 || n > 10<<18+200 {
		t.Errorf("%d bytes out are counted of %d", n, len(data)*10)
	}
}

func TestRulesSeeTheHostWithoutItsPort(t *testing.T) {
	for authority, want := range map[string]string{
		"":                   "",
		"example.org":        "example.org",
		"example.org:8080":   "example.org",
		"192.0.2.1:80":       "192.0.2.1",
		"[2001:db8::1]":      "[2001:db8::1]",
		"[2001:db8::1]:8080": "[2001:db8::1]",
	} {
		if got := hostOnly([]byte(authority)); string(got) != want {
			t.Errorf("%q: %q, want %q", authority, got, want)
		}
	}
}
