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

	"ktcpvs/tests/wait"
)

// Client connects again and again, and checks every byte that it gets.
type Client struct {
	Dial  func() (net.Conn, error)
	Tally *Tally

	// Again says that the gateway is to send a request over another
	// connection if the one it took has just been closed, where that is safe.
	Again bool

	random  *rand.Rand
	name    string
	serial  int
	cookie  string
	pattern pattern // of what is received
	sending pattern
	buf     [pieceSize]byte
	piece   []byte

	// suspect is a body until close that seems to end too early. The kernel
	// tells of a reset only once: if it has told the sender, the receiver sees
	// an end.
	suspect string
}

// NewClient makes a client whose tokens begin with a name of its own.
func NewClient(name string, dial func() (net.Conn, error), tally *Tally) *Client {
	return &Client{Dial: dial, Tally: tally, name: name, random: rand.New(rand.NewPCG(rand.Uint64(), 0))}
}

// patience bounds a connection's life: one that is not over by then hangs.
const patience = wait.Limit

// Session is one connection with some exchanges, to its end.
func (c *Client) Session() {
	plans := make([]*Plan, 1+c.random.IntN(6))
	for i := range plans {
		c.serial++
		plans[i] = draw(c.random, fmt.Sprintf("%s-%06d-%08x", c.name, c.serial, c.random.Uint32()))
	}
	if c.random.IntN(20) == 0 {
		plans = plans[:1]
		plans[0].old()
	}
	conn, err := c.Dial()
	if err != nil {
		c.Tally.Violation("cannot connect: %v", err)
		return
	}
	conn.SetDeadline(time.Now().Add(patience))
	l := &line{Conn: conn, sendLimit: -1, readLimit: -1, reset: c.random.IntN(2) == 0}
	switch c.random.IntN(12) {
	case 0:
		l.sendLimit = c.random.IntN(3000)
	case 1:
		l.sendLimit = c.random.IntN(1 << 20)
	case 2:
		l.readLimit = c.random.IntN(3000)
	case 3:
		l.readLimit = c.random.IntN(1 << 20)
	}
	ahead := c.random.IntN(2) * c.random.IntN(len(plans)) // requests that do not wait for the response before them
	turns := make(chan struct{}, len(plans))
	for range 1 + ahead {
		turns <- struct{}{}
	}
	sent := make(chan struct{})
	stop := make(chan struct{})
	cookie := c.cookie
	go func() {
		defer close(sent)
		for _, p := range plans {
			select {
			case <-turns:
			case <-stop:
				return
			}
			if c.send(l, p, cookie) != nil {
				return
			}
		}
	}()
	c.receive(l, plans, turns, ahead)
	close(stop)
	conn.Close()
	<-sent
	if c.suspect != "" && !l.refused.Load() {
		c.Tally.Violation("%s", c.suspect)
	}
	c.suspect = ""
}

// send sends one request.
func (c *Client) send(w io.Writer, p *Plan, cookie string) error {
	c.sending.set(p.Token)
	c.piece = append(c.piece[:0], p.head(cookie)...)
	for offset := int64(0); offset < p.Size; {
		n := int(min(p.Size-offset, pieceSize))
		if p.Chunked {
			n = 1 + int(p.Token[len(p.Token)-1])*n/256
			c.piece = fmt.Appendf(c.piece, "%x\r\n", n)
		}
		c.piece = append(c.piece, c.sending.at(offset, n)...)
		if p.Chunked {
			c.piece = append(c.piece, "\r\n"...)
		}
		if offset += int64(n); len(c.piece) > pieceSize {
			if _, err := w.Write(c.piece); err != nil {
				return err
			}
			c.piece = c.piece[:0]
		}
	}
	if p.Size >= 0 && p.Chunked {
		c.piece = append(c.piece, "0\r\n\r\n"...)
	}
	_, err := w.Write(c.piece)
	return err
}

// receive reads the responses in order, until there are no more to come.
func (c *Client) receive(l *line, plans []*Plan, turns chan<- struct{}, ahead int) {
	reader := bufio.NewReader(l)
	for i, p := range plans {
		last, err := c.response(reader, p)
		if err != nil {
			c.ended(l, p, i > 0 || ahead > 0, err)
			return
		}
		if last {
			if n, err := reader.Read(c.buf[:]); n > 0 {
				c.Tally.Violation("%s: after the last response comes %.200q", p.Token, c.buf[:n])
			} else if isTimeout(err) {
				c.Tally.Violation("%s: the connection stays open after its last response", p.Token)
			}
			return
		}
		select {
		case turns <- struct{}{}:
		default:
		}
	}
	if n := reader.Buffered(); n > 0 {
		rest, _ := reader.Peek(n)
		c.Tally.Violation("%s: bytes that nobody asked for: %.200q", plans[len(plans)-1].Token, rest)
	}
}

// ended judges why there is no whole response. among is whether it shared the
// connection with others, whose faults may have ended it.
func (c *Client) ended(l *line, p *Plan, among bool, err error) {
	_, isNet := errors.AsType[net.Error](err)
	switch {
	case l.aborted():
		c.Tally.Count("aborted")
	case isTimeout(err):
		c.Tally.Violation("%s: no end within %v, fault %s", p.Token, patience, p.Fault)
	case !isNet && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		c.Tally.Violation("%s: no response: %v", p.Token, err)
	case p.Fault == None && !among:
		c.Tally.CutOff("%s: cut off without a fault, %s with %d bytes, framing %s of %d bytes: %v", p.Token, p.Method, p.Size, p.Framing, p.Answer, err)
	default:
		c.Tally.Count("cut off")
	}
}

func isTimeout(err error) bool {
	timeout, is := errors.AsType[net.Error](err)
	return is && timeout.Timeout()
}

// response reads one response, and whatever interim ones come first. last is
// whether the connection ends with it. An error is that there is none, or no
// whole one; what is wrong is noted.
func (c *Client) response(reader *bufio.Reader, p *Plan) (last bool, err error) {
	for {
		r, err := http.ReadResponse(reader, &http.Request{Method: p.Method})
		if err != nil {
			return true, err
		}
		if r.StatusCode == 100 && p.Expect {
			continue
		}
		if r.StatusCode >= 400 && r.Header.Get("Cache-Control") == "no-store" && r.Header.Get("X-Token") == "" {
			return r.Close, c.refusal(r, p)
		}
		if token := r.Header["X-Token"]; len(token) != 1 || token[0] != p.Token {
			c.Tally.Violation("%s: a response of %q: %s", p.Token, token, r.Status)
			return true, nil
		}
		if r.StatusCode == 103 && p.Minor == 1 {
			c.Tally.Count("interim")
			continue
		}
		if r.StatusCode != 200 {
			c.Tally.Violation("%s: %s, fault %s", p.Token, r.Status, p.Fault)
			return true, nil
		}
		return r.Close, c.body(r, p)
	}
}

// refusal reads an answer of the gateway's own.
func (c *Client) refusal(r *http.Response, p *Plan) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if p.Method != "HEAD" && !strings.HasPrefix(string(text), fmt.Sprint(r.StatusCode)) {
		c.Tally.Violation("%s: a refusal that says %.200q", p.Token, text)
	}
	if c.Again && r.StatusCode == http.StatusBadGateway && p.Fault == None && p.Size < 0 && p.Method != "POST" {
		c.Tally.Violation("%s: %s of a sound server, and %s could be sent again", p.Token, r.Status, p.Method)
	}
	what := fmt.Sprintf("answered %d", r.StatusCode)
	if p.Fault == None {
		what += " without a fault"
	}
	c.Tally.Count(what)
	return nil
}

// body checks that the response is all there, and its client's own.
func (c *Client) body(r *http.Response, p *Plan) error {
	size := p.Answer
	if p.Method == "HEAD" {
		size = 0
	}
	c.pattern.set(p.Token)
	foreign, err := c.pattern.check(r.Body, size, c.buf[:])
	if foreign != "" {
		c.Tally.Violation("%s: %s, fault %s, framing %s, HTTP/1.%d", p.Token, foreign, p.Fault, p.Framing, p.Minor)
		return io.ErrUnexpectedEOF
	}
	if early, is := errors.AsType[short](err); is {
		c.suspect = fmt.Sprintf("%s: %v, fault %s, framing %s, HTTP/1.%d", p.Token, early, p.Fault, p.Framing, p.Minor)
		if r.ContentLength >= 0 || len(r.TransferEncoding) > 0 {
			c.Tally.Violation("%s", c.suspect)
		}
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token := r.Trailer.Get("X-Token"); token != "" && token != p.Token {
		c.Tally.Violation("%s: a trailer of %q", p.Token, token)
	}
	for _, cookie := range r.Cookies() {
		switch {
		case cookie.Name == "KTCPVS_SID":
			c.cookie = cookie.Name + "=" + cookie.Value
		case cookie.Value != p.Token:
			c.Tally.Violation("%s: a cookie of %q", p.Token, cookie.Value)
		}
	}
	c.Tally.Count("right")
	return nil
}
