package relay

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var phttp = []string{"scheduler phttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80"}

// TestPiecesMakeNoDifference sends the same requests in arbitrary pieces, and
// expects the same responses, each answering its own request.
func TestPiecesMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var stream []byte
		var want []string
		for i := range rapid.IntRange(1, 5).Draw(rt, "requests") {
			path := fmt.Sprintf("/%d%s", i, rapid.SampledFrom([]string{"", "/chunk"}).Draw(rt, "path"))
			text := strings.Repeat("b", rapid.IntRange(0, 40).Draw(rt, "body"))
			switch rapid.SampledFrom([]string{"GET", "HEAD", "POST", "chunks"}).Draw(rt, "kind") {
			case "GET":
				stream = fmt.Appendf(stream, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
				want = append(want, fmt.Sprintf("GET %s %q", path, ""))
			case "HEAD":
				stream = fmt.Appendf(stream, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
				want = append(want, "")
			case "POST":
				stream = fmt.Appendf(stream, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(text), text)
				want = append(want, fmt.Sprintf("POST %s %q", path, text))
			case "chunks":
				stream = fmt.Appendf(stream, "PUT %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", path)
				for rest := text; len(rest) > 0; {
					k := min(rapid.IntRange(1, 9).Draw(rt, "chunk"), len(rest))
					stream = fmt.Appendf(stream, "%x;e=1\r\n%s\r\n", k, rest[:k])
					rest = rest[k:]
				}
				stream = append(stream, "0\r\n\r\n"...)
				want = append(want, fmt.Sprintf("PUT %s %q", path, text))
			}
		}
		f := newFake(newBench(t, phttp), rt.Fatalf)
		var o origin
		var answer []byte
		connection := 0
		for {
			if len(f.sent) != connection {
				connection, o = len(f.sent), origin{}
			}
			if f.connected {
				answer = append(answer, o.answers(f.toServer)...)
			}
			if len(stream) == 0 && len(answer) == 0 {
				break
			}
			var moved bool
			if n := min(f.sess.Wants(Client), len(stream)); n > 0 {
				n = rapid.IntRange(1, n).Draw(rt, "client")
				f.step(&Event{Kind: Received, Side: Client, Data: bytes.Clone(stream[:n])})
				stream, moved = stream[n:], true
			}
			if n := min(f.sess.Wants(Server), len(answer)); n > 0 {
				n = rapid.IntRange(1, n).Draw(rt, "server")
				f.step(&Event{Kind: Received, Side: Server, Data: bytes.Clone(answer[:n])})
				answer, moved = answer[n:], true
			}
			if !moved {
				rt.Fatalf("stuck in state %s with %q to send", f.sess.State(), stream)
			}
		}
		if got := bodies(f.toClient); strings.Join(got, "|") != strings.Join(want, "|") {
			rt.Fatalf("the client got %q, want %q", got, want)
		}
		f.wellFormed()
		f.settle()
	})
}

// bodies reads responses as a client that knows which were to HEAD: those have
// a body of "".
func bodies(stream []byte) (list []string) {
	for len(stream) > 0 {
		head, rest, _ := bytes.Cut(stream, []byte("\r\n\r\n"))
		var text []byte
		var n int
		switch i := bytes.Index(head, []byte("Content-Length: ")); {
		case i >= 0:
			fmt.Sscanf(string(head[i:]), "Content-Length: %d", &n)
			if len(rest) < n || bytes.HasPrefix(rest, []byte("HTTP/1.1 ")) {
				n = 0 // to HEAD
			}
			text, rest = rest[:n], rest[n:]
		default:
			for {
				line, after, _ := bytes.Cut(rest, []byte("\r\n"))
				fmt.Sscanf(string(line), "%x", &n)
				if n == 0 {
					rest = after[2:]
					break
				}
				text, rest = append(text, after[:n]...), after[n+2:]
			}
		}
		list = append(list, string(text))
		stream = rest
	}
	return list
}

// FuzzSession feeds two byte streams in pieces, with faults and timers between
// them, as the script says, and holds the session to the loop's contract. No
// server may be sent what a strict reader would not understand, and no client
// what it could take for other responses than it is owed.
func FuzzSession(f *testing.F) {
	setups := [][]string{
		phttp,
		{"scheduler http", "server 10.0.0.1:80", "rule .* 10.0.0.1:80"},
		{"scheduler chttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "redirect 127.0.0.1:81"},
		{"scheduler wlc", "server 10.0.0.1:80", "redirect 127.0.0.1:81"},
		{"scheduler phttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "zerocopy"},
		{"scheduler phttp", "server 10.0.0.1:80", "server 10.0.0.2:80", "rule .* 10.0.0.1:80", "rule .* 10.0.0.2:80", "redirect 127.0.0.1:81"},
		{"scheduler phttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "limit body 50", "limit body-rate 10", "limit requests 3", "limit request-rate 4", "limit first-byte 2s"},
		{"scheduler http", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "limit body 50", "limit total 20s"},
		{"scheduler phttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "limit held 1"},
		{"scheduler phttp", "server 10.0.0.1:80", "rule .* 10.0.0.1:80", "limit half-closed 2"},
	}
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	f.Add(byte(0), []byte(get+get), []byte(ok+ok), []byte{40, 140, 40, 140})
	f.Add(byte(1), []byte(get), []byte("HTTP/1.1 100 Continue\r\n\r\n"+ok), []byte{20, 20, 110, 120, 201})
	f.Add(byte(2), []byte("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\n\r\n"), []byte{60, 30, 200, 210, 130, 202})
	f.Add(byte(3), []byte("hello"), []byte("world"), []byte{205, 206, 5, 105, 200, 201})
	f.Add(byte(0), []byte("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"+get), []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"+ok+ok), []byte{99, 199, 199, 199})
	f.Add(byte(0), []byte("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"+get), []byte("HTTP/1.0 200 OK\r\n\r\nhello"), []byte{99, 99, 199, 99, 99, 202})
	f.Add(byte(0), []byte("GET / HTTP/1.0\r\n\r\n"), []byte("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), []byte{99, 199, 206})
	f.Add(byte(0), []byte(get+get), []byte("HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi"+ok), []byte{99, 199, 199})
	f.Add(byte(1), []byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\n"+get), []byte("HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n"+ok), []byte{99, 199, 199})
	f.Add(byte(2), []byte("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b; KTCPVS_SID=0123456789abcdef7fffffffs;KTCPVS_SID=\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nSet-Cookie: KTCPVS_SID=x; Max-Age=-9; Expires=x\r\nContent-Length: 0\r\n\r\n"), []byte{99, 199, 199})
	f.Add(byte(5), []byte("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n0123456789012345678901234567890123456789\r\n28\r\n0123456789012345678901234567890123456789\r\n0\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), []byte{99, 199, 99, 199})
	f.Add(byte(6), []byte(get+get+"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 51\r\n\r\n"), []byte(ok+ok), []byte{99, 199, 199, 99, 202, 203})
	f.Add(byte(4), []byte("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"), []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), []byte{99, 199, 220, 221, 203})
	f.Add(byte(5), []byte("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), []byte(ok), []byte{90, 230, 5, 231, 232, 90, 199})
	f.Add(byte(0), []byte(get+get), []byte("HTTP/1.1 103 Early\r\n\r\n"+ok+ok), []byte{99, 244, 202, 202, 123, 202, 199, 202, 202, 199})
	f.Add(byte(9), []byte(get+get), []byte(ok), []byte{99, 244, 199, 202})
	f.Fuzz(func(t *testing.T, number byte, client, server, script []byte) {
		setup := int(number) % len(setups)
		b := newBench(t, setups[setup])
		x := newFake(b, func(format string, args ...any) { t.Fatalf(format, args...) })
		var sent []byte
		for _, s := range script[:min(len(script), 200)] {
			switch {
			case s < 100:
				n := min(int(s)+1, len(client), x.sess.Wants(Client))
				if n > 0 {
					if x.sess.phase != linger {
						sent = append(sent, client[:n]...)
					}
					x.step(&Event{Kind: Received, Side: Client, Data: bytes.Clone(client[:n])})
					client = client[n:]
				}
			case s < 200:
				n := min(int(s)-99, len(server), x.sess.Wants(Server))
				if n > 0 && x.connected {
					x.step(&Event{Kind: Received, Side: Server, Data: bytes.Clone(server[:n]), Surplus: s == 199})
					server = server[n:]
				}
			case s == 200:
				x.step(&Event{Kind: Received, Side: Client})
			case s == 201 && x.connected:
				x.step(&Event{Kind: Received, Side: Server, Reused: true})
			case s == 202:
				x.ctx.Now = x.due()
				x.step(&Event{Kind: Expired})
			case s == 203:
				x.step(&Event{Kind: Drain})
			case s == 230 || s == 231:
				x.step(&Event{Kind: Shed, Blocked: s == 231})
			case s == 244:
				x.step(&Event{Kind: Departed})
			case s == 204:
				x.step(&Event{Kind: Failed, Side: Client, Cause: Reset})
			case s < 215 && x.connected:
				x.step(&Event{Kind: Failed, Side: Server, Cause: Cause(s%5) + 1, Reused: s%2 == 0})
			case s < 220 && x.connected:
				x.step(&Event{Kind: Connecting})
				x.step(&Event{Kind: Connected})
			case s >= 230 && s < 240 && x.calling:
				x.step(&Event{Kind: Failed, Side: Server, Cause: Cause(s%5) + 1, Calling: true})
			case s >= 240 && s < 244:
				x.ctx.Now = x.due()
				x.step(&Event{Kind: Expired, Reused: s%2 == 0 && x.connected, Stalled: s > 241})
			case s < 230 && x.spliced && x.connected:
				side := Side(s % 2)
				if x.sess.splicing[side] {
					x.step(&Event{Kind: Progress, Side: side, N: min(int64(s), x.left(side)-1), Blocked: s%3 == 0})
					x.step(&Event{Kind: Moved, Side: side, N: min(int64(s), x.left(side)), Surplus: s >= 228})
				}
			}
		}
		if setup != 3 && !x.passed {
			x.wellFormed()
			x.answered(sent)
		}
		x.settle()
	})
}

// left is how much a splice from side may have moved.
func (f *fake) left(side Side) int64 {
	if f.sess.phase == tunnel {
		return 1 << 20
	}
	if side == Client {
		return f.sess.request.run()
	}
	return f.sess.response.run()
}

func TestAnExchangeDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(500, exchanger(t)); n > 0 {
		t.Fatalf("%v allocations a request", n)
	}
}

func BenchmarkExchange(b *testing.B) {
	f := exchanger(b)
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

// exchanger is one keep-alive request and its response, through the whole of
// the machine.
func exchanger(t testing.TB) func() {
	b := newBench(t, phttp)
	b.sess.Step(b.ctx, &Event{Kind: Opened})
	request := []byte("GET /images/logo.png?v=3 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n")
	response := append([]byte("HTTP/1.1 200 OK\r\nServer: test\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 90\r\n\r\n"), bytes.Repeat([]byte("x"), 90)...)
	ask := Event{Kind: Received, Side: Client}
	answer := Event{Kind: Received, Side: Server}
	return func() {
		ask.Data, answer.Data = request, response
		if ops := b.sess.Step(b.ctx, &ask); len(ops) != 2 {
			t.Fatalf("%d operations for a request", len(ops))
		}
		if ops := b.sess.Step(b.ctx, &answer); len(ops) != 2 {
			t.Fatalf("%d operations for a response", len(ops))
		}
	}
}
