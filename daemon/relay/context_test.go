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
