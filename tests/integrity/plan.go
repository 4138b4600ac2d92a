package integrity

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// Plan is one exchange: what the client sends, and what the server is to do.
// The server finds its part in the request's query.
type Plan struct {
	Token  string
	Method string
	Minor  int // of the client's HTTP version

	// Request.
	Size    int64 // of the body, -1 for none
	Chunked bool
	Expect  bool

	// Response.
	Framing Framing
	Answer  int64 // bytes of body
	Interim int   // 1xx responses first
	Fault   Fault
	At      int // where in the response the fault comes, in permille
	Cookie  bool
}

// Framing is how the response's body ends.
type Framing string

// The framings.
const (
	ByLength Framing = "length"
	ByChunks Framing = "chunks"
	ByClose  Framing = "close"
)

// Fault is what the server does wrong, or just unexpectedly.
type Fault string

// The faults. Close, Reset and Stall come at Plan.At, so before, in or after
// the head, or in the body.
const (
	None       Fault = "none"
	Close      Fault = "close"
	Reset      Fault = "reset"
	Stall      Fault = "stall"      // until the gateway gives up
	Garbage    Fault = "garbage"    // no response, but something like it
	BadFraming Fault = "badframing" // a body that ends in two ways
	BadChunk   Fault = "badchunk"
	Extra      Fault = "extra"  // another response right behind it
	Early      Fault = "early"  // before the request's body is read
	Hasty      Fault = "hasty"  // early, and closes at once
	Closing    Fault = "closes" // closes a connection that was to be kept
)

var faults = []Fault{Close, Close, Close, Reset, Reset, Reset, Stall, Garbage, BadFraming, BadChunk, Extra, Extra, Early, Hasty, Closing, Closing, Closing}

// size draws a body's size: most small, some up to 1 MiB.
func size(r *rand.Rand) int64 {
	switch r.IntN(10) {
	case 0:
		return r.Int64N(1<<20 + 1)
	case 1, 2:
		return r.Int64N(64 << 10)
	case 3:
		return 0
	}
	return r.Int64N(2 << 10)
}

// draw makes a plan.
func draw(r *rand.Rand, token string) *Plan {
	p := &Plan{
		Token:   token,
		Method:  []string{"GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE"}[r.IntN(8)],
		Minor:   1,
		Size:    -1,
		Framing: []Framing{ByLength, ByLength, ByLength, ByChunks, ByChunks, ByClose}[r.IntN(6)],
		Answer:  size(r),
		Fault:   None,
		At:      r.IntN(1000),
		Cookie:  r.IntN(4) == 0,
	}
	if p.Method == "POST" || p.Method == "PUT" || r.IntN(10) == 0 {
		p.Size, p.Chunked, p.Expect = size(r), r.IntN(2) == 0, r.IntN(10) == 0
	}
	if r.IntN(10) == 0 {
		p.Interim = 1 + r.IntN(3)
	}
	if r.IntN(100) < 25 {
		p.Fault = faults[r.IntN(len(faults))]
	}
	switch {
	case p.Fault == Stall && r.IntN(8) > 0:
		p.Fault = None // it takes as long as hundreds of others
	case p.Fault == Close && p.Framing == ByClose:
		p.Fault = Reset // a close is that body's proper end
	case p.Fault == BadChunk:
		p.Framing = ByChunks
	case p.Fault == Extra && p.Framing == ByClose:
		p.Framing = ByLength // all bytes belong to the body otherwise
	}
	return p
}

// old makes it an exchange of HTTP/1.0.
func (p *Plan) old() {
	p.Minor, p.Interim, p.Expect, p.Chunked = 0, 0, false, false
}

// head is the request's head. cookie is what the client was given.
func (p *Plan) head(cookie string) string {
	var b strings.Builder
	query := url.Values{
		"framing": {string(p.Framing)}, "answer": {strconv.FormatInt(p.Answer, 10)}, "interim": {strconv.Itoa(p.Interim)},
		"fault": {string(p.Fault)}, "at": {strconv.Itoa(p.At)}, "size": {strconv.FormatInt(p.Size, 10)}, "cookie": {strconv.FormatBool(p.Cookie)},
	}
	fmt.Fprintf(&b, "%s /%s?%s HTTP/1.%d\r\nHost: %s\r\nX-Token: %s\r\n", p.Method, p.Token, query.Encode(), p.Minor, p.Token, p.Token)
	if cookie != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookie)
	}
	if p.Expect {
		b.WriteString("Expect: 100-continue\r\n")
	}
	switch {
	case p.Size >= 0 && p.Chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case p.Size >= 0:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", p.Size)
	}
	b.WriteString("\r\n")
	return b.String()
}

// parsePlan reads the server's part of a plan.
func parsePlan(token, method, query string) (*Plan, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	p := &Plan{Token: token, Method: method, Framing: Framing(values.Get("framing")), Fault: Fault(values.Get("fault")), Cookie: values.Get("cookie") == "true"}
	for name, to := range map[string]*int64{"answer": &p.Answer, "size": &p.Size} {
		if *to, err = strconv.ParseInt(values.Get(name), 10, 64); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]*int{"interim": &p.Interim, "at": &p.At} {
		if *to, err = strconv.Atoi(values.Get(name)); err != nil {
			return nil, err
		}
	}
	return p, nil
}
