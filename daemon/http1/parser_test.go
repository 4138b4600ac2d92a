package http1

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// parsed is what a parse came to, without aliases.
type parsed[M any] struct {
	message M
	n       int
	err     error
}

// parseRequest feeds input in pieces of the given size (0: at once), each time at another address.
func parseRequest(input string, piece int, lim *Limits) (p parsed[Request]) {
	var parser Parser
	for fed := start(piece, len(input)); ; fed = min(fed+piece, len(input)) {
		p.message = Request{}
		p.n, p.err = parser.Request([]byte(input[:fed]), lim, &p.message)
		if p.n > 0 || p.err != nil || fed == len(input) {
			// What only tells how the bytes are held differs between calls.
			p.message.head, p.message.made = nil, nil
			return p
		}
	}
}

func start(piece, length int) int {
	if piece == 0 {
		return length
	}
	return min(piece, length)
}

// request parses input whole, byte by byte, by seven bytes and with another request behind it, and fails the
// test if that makes a difference.
func request(t *testing.T, input string) (*Request, int, error) {
	t.Helper()
	lim := DefaultLimits()
	whole := parseRequest(input, 0, &lim)
	for _, piece := range []int{1, 7} {
		if got := parseRequest(input, piece, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q\nwhole: %d %v %+v\nby %d: %d %v %+v", input, whole.n, whole.err, whole.message, piece, got.n, got.err, got.message)
		}
	}
	if whole.n > 0 || whole.err != nil {
		if got := parseRequest(input+"GET /next HTTP/1.1\r\n\r\n", 0, &lim); !sameOutcome(got, whole) {
			t.Errorf("%q: trailing data changes %d %v to %d %v", input, whole.n, whole.err, got.n, got.err)
		}
	}
	return &whole.message, whole.n, whole.err
}

func sameOutcome[M any](a, b parsed[M]) bool {
	if a.n != b.n || a.err != b.err {
		return false
	}
	return a.n == 0 || reflect.DeepEqual(a.message, b.message)
}

func TestResetForgetsABegunHead(t *testing.T) {
	lim := DefaultLimits()
	var p Parser
	var r Request
	if n, err := p.Request([]byte("GET /one HTTP/1.1\r\nHos"), &lim, &r); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	p.Reset()
	if n, err := p.Request([]byte("PUT /x HTTP/1.1\r\nHost: b\r\n\r\n"), &lim, &r); n == 0 || err != nil || string(r.Host) != "b" {
		t.Error(n, err, string(r.Host))
	}
}

// Each limit accepts what just fits and refuses one more, at the byte that is too many.
func TestLimitsOfAHead(t *testing.T) {
	line := "GET /aaaa HTTP/1.1\r\n"
	head := line + "Host: a\r\nA: 34567890\r\n\r\n"
	fits := Limits{Line: len(line), Head: len(head), Fields: 2}
	longField := strings.Replace(head, "34567890", "345678901234567890", 1)
	for _, c := range []struct {
		name, input string
		lim         Limits
		want        fault
		status      int
	}{
		{"all fit", head, fits, ok, 0},
		{"request line", head, Limits{Line: len(line) - 1, Head: 1000, Fields: 9}, lineTooLong, 414},
		{"field line", longField, Limits{Line: len(line), Head: 1000, Fields: 9}, fieldTooLong, 431},
		{"head", head, Limits{Line: len(line), Head: len(head) - 1, Fields: 9}, headTooLong, 431},
		{"fields", head, Limits{Line: len(line), Head: len(head), Fields: 1}, tooManyFields, 431},
	} {
		for _, piece := range []int{0, 1, 5} {
			p := parseRequest(c.input, piece, &c.lim)
			var refused *Error
			switch {
			case c.want == ok && (p.err != nil || p.n != len(c.input)):
				t.Errorf("%s by %d: %d, %v", c.name, piece, p.n, p.err)
			case c.want != ok && (p.err != &requestErrors[c.want] || !errors.As(p.err, &refused) || refused.Status != c.status):
				t.Errorf("%s by %d: %v, want %v", c.name, piece, p.err, &requestErrors[c.want])
			}
		}
	}
	endless := "GET /" + strings.Repeat("a", 100)
	lim := Limits{Line: 50, Head: 1000, Fields: 9}
	if p := parseRequest(endless[:50], 1, &lim); p.err != nil {
		t.Error("refused before the limit:", p.err)
	}
	if p := parseRequest(endless[:51], 1, &lim); p.err != &requestErrors[lineTooLong] {
		t.Error("an endless target is not refused at the limit:", p.err)
	}
}

// Feeding byte by byte costs no more than twice reading it: after every byte the parser stands at the end.
func TestParserLooksAtNoByteAgainWhileItWaits(t *testing.T) {
	lim := DefaultLimits()
	head := []byte(browserGET)
	var p Parser
	var r Request
	for i := 1; i < len(head); i++ {
		if n, err := p.Request(head[:i], &lim, &r); n != 0 || err != nil {
			t.Fatal(i, n, err)
		}
		// A CR waits for its LF; the method is read again.
		if p.stage != atStart && p.stage != inVersion && int(p.pos) < i-1 {
			t.Fatalf("after %d bytes the parser stands at %d", i, p.pos)
		}
	}
}

// An operator may lower the limits while a head is on its way that has passed them already.
func TestALimitLoweredWhileAHeadIsReadRefusesIt(t *testing.T) {
	was := DefaultLimits()
	narrow := Limits{Line: 8 << 10, Head: 64, Fields: 100}
	for _, begun := range []string{
		"GET /" + strings.Repeat("a", 100),
		"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("b", 100),
		"GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("b", 100),
		"GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("b", 100) + "\r",
		"GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("b", 100) + "\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("b", 100) + "\r\n\r",
		"GET /" + strings.Repeat("a", 100) + " HTTP/1.1",
		"\r\nGET /" + strings.Repeat("a", 100) + " HTTP/1.1\r",
		"GET / HTTP/1.1\r\nHost: a\r\nB: " + strings.Repeat("b", 100) + "\r\nC: ",
	} {
		for _, more := range []string{"", "c", "\r\n\r\n"} {
			var p Parser
			var r Request
			if n, err := p.Request([]byte(begun), &was, &r); n != 0 || err != nil {
				t.Fatalf("%q: %d, %v", begun, n, err)
			}
			if n, err := p.Request([]byte(begun+more), &narrow, &r); n != 0 || err != &requestErrors[headTooLong] {
				t.Errorf("%q with %q: %d, %v, want %v", begun, more, n, err, &requestErrors[headTooLong])
			}
		}
	}
}
