package relay

import (
	"bytes"
	"testing"

	"ktcpvs/daemon/http1"
)

// otherProtocols are how connections begin that are meant for another port, or come through a proxy that was
// told to say more than HTTP.
var otherProtocols = []string{
	"PROXY TCP4 192.0.2.1 198.51.100.1 1024 80\r\n",
	"PROXY TCP6 2001:db8::1 2001:db8::2 1024 80\r\n",
	"PROXY UNKNOWN\r\n",
	"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\x04\x00\x00\x50", // PROXY protocol 2
	"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // TLS ClientHello
	"\x15\x03\x01\x00\x02\x02\x28",                 // TLS alert
	"\x80\x2e\x01\x00\x02\x00\x15",                 // SSL 2 ClientHello
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"SSH-2.0-OpenSSH_9.2\r\n",
	"EHLO client.example\r\n",
	"\x05\x01\x00",                             // SOCKS 5
	"\x04\x01\x00\x50",                         // SOCKS 4
	"*1\r\n$4\r\nPING\r\n",                     // RESP
	"\x10\x0c\x00\x04MQTT\x04\x02",             // MQTT
	"\x00\x00\x00\x08\x04\xd2\x16\x2f",         // PostgreSQL SSLRequest
	"\x01\x01\x00\x08\x00\x01\x00\x00\x00\x00", // FastCGI
	"\x12\x34\x00\x02\x01\x0a",                 // AJP
	"GET /\r\n",                                // HTTP/0.9
}

// FuzzOtherProtocols has connections begin in another protocol: whatever comes behind that, in whatever pieces, they
// are refused in HTTP, and no server is dialled.
func FuzzOtherProtocols(f *testing.F) {
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for i := range otherProtocols {
		f.Add(byte(i), []byte(get), byte(255))
		f.Add(byte(i), []byte("\r\n"+get), byte(0))
	}
	f.Fuzz(func(t *testing.T, protocol byte, behind []byte, piece byte) {
		x := newFake(newBench(t, phttp), func(format string, args ...any) { t.Fatalf(format, args...) })
		stream := append([]byte(otherProtocols[int(protocol)%len(otherProtocols)]), behind...)
		for rest := stream; len(rest) > 0 && !x.over; {
			n := min(int(piece)+1, len(rest), x.sess.Wants(Client))
			if n == 0 {
				t.Fatalf("%q was taken for a request", stream)
			}
			x.step(&Event{Kind: Received, Side: Client, Data: bytes.Clone(rest[:n])})
			rest = rest[n:]
		}
		if x.connected || len(x.sent) > 0 {
			t.Fatalf("%q: a server was dialled", stream)
		}
		var p http1.Parser
		var r http1.Response
		lim := http1.DefaultLimits()
		n, err := p.Response(x.toClient, &lim, http1.GET, &r)
		if err != nil || n+int(r.Length) != len(x.toClient) || r.Status < 400 || r.KeepAlive || !x.finished {
			t.Fatalf("%q is answered %q, ended %v: %v", stream, x.toClient, x.finished, err)
		}
		x.settle()
	})
}
