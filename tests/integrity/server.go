package integrity

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// talk is one connection of a server.
type talk struct {
	net.Conn
	tally   *Tally
	random  *rand.Rand
	reader  *bufio.Reader
	pattern pattern
	buf     [pieceSize]byte
}

// errFault ends a connection as a plan wants it.
var errFault = errors.New("planned")

// Serve does on a server's connection what the plans of its requests say.
func Serve(conn net.Conn, tally *Tally) {
	conn.SetDeadline(time.Now().Add(time.Hour))
	t := &talk{Conn: conn, tally: tally, random: rand.New(rand.NewPCG(rand.Uint64(), 0)), reader: bufio.NewReader(conn)}
	for t.exchange() == nil {
	}
}

func (t *talk) exchange() error {
	r, err := http.ReadRequest(t.reader)
	if err != nil {
		if _, isNet := errors.AsType[net.Error](err); !isNet && err != io.EOF && err != io.ErrUnexpectedEOF {
			t.tally.Violation("a server gets no request: %v", err)
		}
		return err
	}
	token := strings.TrimPrefix(r.URL.Path, "/")
	p, err := parsePlan(token, r.Method, r.URL.RawQuery)
	if err != nil || r.Header.Get("X-Token") != token || r.Host != token {
		t.tally.Violation("a server gets a request of several: %s, X-Token %q, Host %q, %v", r.RequestURI, r.Header["X-Token"], r.Host, err)
		return errFault
	}
	if r.Header.Get("Expect") != "" {
		t.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	if p.Fault == Early || p.Fault == Hasty {
		if err := t.respond(p); err != nil || p.Fault == Hasty {
			return errFault
		}
	}
	t.pattern.set(token)
	foreign, err := t.pattern.check(r.Body, max(p.Size, 0), t.buf[:])
	if foreign != "" {
		t.tally.Violation("a server gets another body with %s: %s", token, foreign)
		return errFault
	}
	if early, is := errors.AsType[short](err); is {
		t.tally.Violation("a server gets with %s %v", token, early)
	}
	if err != nil {
		return err
	}
	if p.Fault == Early {
		return nil
	}
	return t.respond(p)
}

// respond sends the response, and fails where the plan says.
func (t *talk) respond(p *Plan) error {
	t.pattern.set(p.Token)
	for range p.Interim {
		fmt.Fprintf(t, "HTTP/1.1 103 Early Hints\r\nX-Token: %s\r\n\r\n", p.Token)
		wait.Gap(time.Duration(t.random.IntN(3)) * time.Millisecond)
	}
	head := t.head(p)
	if p.Fault == Garbage {
		t.Write([]byte(head))
		return errFault
	}
	out := &failing{Conn: t.Conn, limit: -1, how: p.Fault}
	if p.Fault == Close || p.Fault == Reset || p.Fault == Stall {
		out.limit = t.place(p, len(head))
	}
	if err := t.body(p, head, out); err != nil {
		return err
	}
	switch p.Fault {
	case Closing:
		wait.Gap(time.Duration(t.random.IntN(2000)) * time.Microsecond)
		return errFault
	case BadFraming:
		return errFault
	}
	if p.Framing == ByClose {
		return errFault
	}
	return nil
}

// place is how many bytes of the response come before the fault: 0, part of
// the head, all of it, or part of the body.
func (t *talk) place(p *Plan, head int) int64 {
	body := p.Answer
	if p.Method == "HEAD" {
		body = 0
	}
	switch part := p.At % 4; {
	case part == 0:
		return 0
	case part == 1 || body == 0:
		return int64(p.At) * int64(head) / 1000
	case part == 2:
		return int64(head)
	default:
		return int64(head) + int64(p.At)*body/1000
	}
}

// head is the response's head, spoiled if the plan says so.
func (t *talk) head(p *Plan) string {
	var b strings.Builder
	status := "HTTP/1.1 200 OK\r\n"
	if p.Fault == Garbage {
		status = []string{"HTTP/1.1 2x0 OK\r\n", "HTTP/9.9 200 OK\r\n", "HTTP/1.1 200\x00OK\r\n", "HTTP/1.1\r\n", "ICY 200 OK\r\n", " HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 O\rK\r\n", "GET / HTTP/1.1\r\n", "\x00\x00\x00"}[t.random.IntN(9)]
	}
	fmt.Fprintf(&b, "%sX-Token: %s\r\n", status, p.Token)
	if p.Cookie {
		fmt.Fprintf(&b, "Set-Cookie: own=%s\r\n", p.Token)
	}
	switch {
	case p.Fault == BadFraming:
		b.WriteString([]string{"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n", "Transfer-Encoding: gzip, chunked\r\nX: y\r\n", "Content-Length: -1\r\n", "Content-Length: 5 5\r\n", "Content-Length\r\n"}[t.random.IntN(7)])
	case p.Framing == ByLength:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", p.Answer)
	case p.Framing == ByChunks:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// body sends the head and what follows it, in one stream of writes that may
// end anywhere within either.
func (t *talk) body(p *Plan, head string, out io.Writer) error {
	pending := append(t.buf[:0:0], head...)
	flush := func(force bool) error {
		if !force && len(pending) < pieceSize {
			return nil
		}
		_, err := out.Write(pending)
		pending = pending[:0]
		return err
	}
	if p.Method != "HEAD" {
		spoiled := int64(-1)
		if p.Fault == BadChunk {
			spoiled = p.Answer * int64(p.At) / 1000
		}
		for offset := int64(0); offset < p.Answer; {
			n := int(min(p.Answer-offset, int64(1+t.random.IntN(pieceSize))))
			if p.Framing == ByChunks {
				if spoiled >= 0 && offset >= spoiled {
					break
				}
				pending = fmt.Appendf(pending, "%x\r\n", n)
			}
			pending = append(pending, t.pattern.at(offset, n)...)
			if p.Framing == ByChunks {
				pending = append(pending, "\r\n"...)
			}
			if offset += int64(n); offset < p.Answer {
				if err := flush(false); err != nil {
					return err
				}
			}
		}
		switch {
		case p.Fault == BadChunk:
			pending = append(pending, []string{"0x0\r\n\r\n", "-1\r\n", "zz\r\n\r\n", "5\rabcde", "3\r\nabcdef\r\n", "FFFFFFFFFFFFFFFFF\r\n"}[t.random.IntN(6)]...)
		case p.Framing == ByChunks:
			pending = fmt.Appendf(pending, "0\r\nX-Token: %s\r\n\r\n", p.Token)
		}
	}
	if p.Fault == Extra {
		pending = fmt.Appendf(pending, "HTTP/1.1 200 OK\r\nX-Token: extra-%s\r\nContent-Length: 5\r\n\r\nextra", p.Token)
	}
	if err := flush(true); err != nil {
		return err
	}
	if p.Fault == BadChunk && p.Method != "HEAD" {
		return errFault
	}
	return nil
}

// failing is a connection that fails after so many bytes; -1 is never.
type failing struct {
	net.Conn
	limit int64
	how   Fault
}

func (f *failing) Write(b []byte) (int, error) {
	if f.limit < 0 || f.limit > int64(len(b)) {
		f.limit = max(f.limit-int64(len(b)), -1)
		return f.Conn.Write(b)
	}
	f.Conn.Write(b[:f.limit])
	switch f.how {
	case Reset:
		lab.Reset(f.Conn)
	case Stall:
		io.Copy(io.Discard, f.Conn) // until the gateway closes
	}
	return 0, errFault
}
