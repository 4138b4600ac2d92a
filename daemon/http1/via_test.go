package http1

import "testing"

func TestHowOftenARequestHasPassedIsCountedInVia(t *testing.T) {
	for _, c := range []struct {
		fields string
		want   int
	}{
		{"", 0},
		{"Via: 1.1 me\r\n", 1},
		{"via:\t1.0 \t me\r\n", 1},
		{"Via: 1.1 me\r\nVia: 1.1 me\r\n", 2},
		{"Via: 1.1 me, 1.1 other, HTTP/1.1 me (a, b \\) , 1.1 me), 1.0 me(x)\r\n", 3},
		{"Via: 1.1 (1.1 me), 1.1 fred (me, 1.1 me (1.1 me, 1.1 me))\r\n", 0},
		{"Via: 1.1 alias, 1.1 me\r\n", 2},
		{"Via: 1.1 meme, 1.1 Me, 1.1 me:80, me, 1.1, ,,\r\n", 0},
		{"Via: me\r\nX-Via: 1.1 me\r\n", 0},
		{"Via: 1.1 me (unclosed, 1.1 me\r\n", 1},
	} {
		var p Parser
		var r Request
		lim := DefaultLimits()
		if n, err := p.Request([]byte("GET / HTTP/1.1\r\nHost: a\r\n"+c.fields+"\r\n"), &lim, &r); n == 0 || err != nil {
			t.Fatalf("%q: %d, %v", c.fields, n, err)
		}
		if got := r.Passes("me", "alias"); got != c.want {
			t.Errorf("%q: has passed %d times, want %d", c.fields, got, c.want)
		}
		if got := r.Passes("", ""); got != 0 {
			t.Errorf("%q: %d passes of nobody", c.fields, got)
		}
		if want := c.fields != "" && c.want > 0; want && !r.Passed {
			t.Errorf("%q: Passed is false", c.fields)
		}
	}
}

func TestViaIsAddedUnderThePseudonymAndOnlyThen(t *testing.T) {
	for _, c := range []struct{ via, version, want string }{
		{"edge-1", "1.1", "Via: 1.1 a\r\nVia: 1.1 edge-1\r\n"},
		{"edge-1", "1.0", "Via: 1.1 a\r\nVia: 1.0 edge-1\r\n"},
		{"", "1.1", "Via: 1.1 a\r\n"},
	} {
		var p Parser
		var r Request
		lim := DefaultLimits()
		if _, err := p.Request([]byte("GET / HTTP/"+c.version+"\r\nHost: x\r\nVia: 1.1 a\r\n\r\n"), &lim, &r); err != nil {
			t.Fatal(err)
		}
		got := string(AppendRequest(nil, &r, &Forward{KeepAlive: true, Via: c.via}))
		if want := "GET / HTTP/1.1\r\nHost: x\r\n" + c.want + "\r\n"; got != want {
			t.Errorf("pseudonym %q, HTTP/%s: %q, want %q", c.via, c.version, got, want)
		}
	}
}
