package relay

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ktcpvs/daemon/table"
)

var ownCookie = regexp.MustCompile(`^Set-Cookie: KTCPVS_SID=([0-9a-f]{24}[sf]); Path=/$`)

// FuzzCookies puts any cookies before a session's own, and has the server set any: the session is found among them,
// and what is set is either nothing or a session at that server, that ends within bounds.
func FuzzCookies(f *testing.F) {
	f.Add("a=b", "c=d")
	f.Add("KTCPVS_SID=0123456789abcdef7ffffffff; KTCPVS_SID=", "c=d; Max-Age=60; Secure")
	f.Add("KTCPVS_SID=0123456789ABCDEF7fffffffs", "KTCPVS_SID=0; Max-Age=-1; Expires=Fri, 02 Jan 2026 00:00:00 GMT")
	f.Add("\"; =;;,  KTCPVS_SID", "; ;=; Max-Age = 99999999999999999999; Discard")
	f.Add(strings.Repeat("KTCPVS_SID=0123456789abcdef7fffffffs; ", 40), "c; Expires=Fri, 31 Dec 9999 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, before, set string) {
		b := newBench(t, []string{"scheduler chttp", "server 10.0.0.1:80", "server 10.0.0.2:80", "rule .* 10.0.0.1:80"})
		b.ctx.Veil = Veil{0x243f6a8885a308d3, 0x13198a2e03707344} // no input lifts to a server's key
		x := newFake(b, func(format string, args ...any) { t.Fatalf(format, args...) })
		second := b.svc.Servers[slices.IndexFunc(b.svc.Servers, func(s *table.Server) bool { return s.Addr.String() == "10.0.0.2:80" })]
		sid := string(appendSID(nil, sid{server: b.ctx.Veil.cover(second.Live.Key), expires: b.ctx.Unix + 10}))
		x.step(&Event{Kind: Received, Side: Client, Data: []byte("GET / HTTP/1.1\r\nHost: x\r\nCookie: " + before + "; KTCPVS_SID=" + sid + "\r\n\r\n")})
		if !x.connected {
			return // no field value
		}
		if strings.ContainsAny(before, "\r\n") {
			return // other fields
		}
		if x.sess.Server() != second {
			t.Fatalf("%q before the session's cookie lead to %v", before, x.sess.Server())
		}
		x.step(&Event{Kind: Received, Side: Server, Data: []byte("HTTP/1.1 200 OK\r\nSet-Cookie: " + set + "\r\nContent-Length: 0\r\n\r\n")})
		if strings.ContainsAny(set, "\r\n") {
			return
		}
		head, _, _ := bytes.Cut(x.toClient, []byte("\r\n\r\n"))
		lines := strings.Split(string(head), "\r\n")
		own := ownCookie.FindStringSubmatch(lines[len(lines)-1])
		if own == nil || strings.HasPrefix(lines[len(lines)-1], "Set-Cookie: "+strings.Trim(set, " \t")) {
			return
		}
		id, ok := parseSID([]byte(own[1]))
		if !ok || b.ctx.Veil.lift(id.server) != second.Live.Key || id.expires <= b.ctx.Unix || id.expires > b.ctx.Unix+sidMax {
			t.Fatalf("for %q the client got %q", set, lines)
		}
		x.settle()
	})
}
