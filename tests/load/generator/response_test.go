package generator

import (
	"errors"
	"strings"
	"testing"
)

func TestResponseHeadOfAServersOwnResponse(t *testing.T) {
	response := appendResponse(nil, 7, 90)
	size, length, err := responseHead(response)
	if err != nil || length != 90 || len(response)-size != 90 {
		t.Fatalf("head of %d bytes, length %d, error %v; expected a 90-byte body in %q", size, length, err, response)
	}
	if body := string(response[size:]); !strings.HasPrefix(body, "server 07\n") {
		t.Errorf("body %q does not name server 07", body)
	}
}

func TestResponseHeadByteByByte(t *testing.T) {
	response := []byte("HTTP/1.1 200 OK\r\nX: y\r\ncONTENT-length:  12 \r\n\r\ntrailing data")
	head := strings.Index(string(response), "\r\n\r\n") + 4
	for n := range response {
		size, length, err := responseHead(response[:n])
		switch {
		case err != nil:
			t.Fatalf("after %d bytes: %v", n, err)
		case n < head && size != 0:
			t.Fatalf("after %d bytes the head counts as complete", n)
		case n >= head && (size != head || length != 12):
			t.Fatalf("after %d bytes: size %d, length %d; expected %d and 12", n, size, length, head)
		}
	}
}

func TestResponseHeadRefusesWhatCanNotBeMeasured(t *testing.T) {
	for text, want := range map[string]error{
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1\r\n\r\n":  errStatus,
		"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n":                   errStatus,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n":          errNoLength,
		"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n":                  errNoLength,
		"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n":                     errNoLength,
		"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n": errNoLength,
	} {
		if _, _, err := responseHead([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%q: error %v, expected %v", text, err, want)
		}
	}
}

func TestHeadsAreCountedAcrossReads(t *testing.T) {
	stream := "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n\r\r\n\r\n"
	for size := 1; size <= len(stream); size++ {
		var s server
		heads := 0
		for rest := stream; rest != ""; rest = rest[min(size, len(rest)):] {
			heads += s.countHeads([]byte(rest[:min(size, len(rest))]))
		}
		if heads != 3 {
			t.Errorf("in pieces of %d bytes: %d heads, expected 3", size, heads)
		}
	}
}

func TestStrideVisitsEveryRequestEvenly(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 100, 1000, 10000} {
		step, turn := stride(n), 0
		seen := make([]bool, n)
		sum := 0
		for i := range n {
			if seen[turn] {
				t.Fatalf("of %d requests, number %d comes again after %d", n, turn, i)
			}
			seen[turn] = true
			if i < n/10 {
				sum += turn
			}
			turn = (turn + step) % n
		}
		if n >= 1000 {
			if mean := float64(sum) / float64(n/10); mean < 0.45*float64(n) || mean > 0.55*float64(n) {
				t.Errorf("of %d requests, the first tenth averages number %.0f, expected about half", n, mean)
			}
		}
	}
}
