package http1

import (
	"fmt"
	"strings"
	"testing"
)

// chunkTokens reads body in pieces (0: at once), each time at another address. It returns the tokens, data
// joined, one a line as "kind bytes", with a "!" where they are not to be passed on as they are, and what is left.
func chunkTokens(body string, piece int, lim *Limits) (tokens, left string, err error) {
	return chunkTokensOf(Chunked{}, body, piece, lim)
}

// chunkTokensOf is chunkTokens with a reader that may be loose: "~" is what it passes on with another line end.
func chunkTokensOf(c Chunked, body string, piece int, lim *Limits) (tokens, left string, err error) {
	names := [...]string{"more", "size", "data", "dataend", "trailer", "end"}
	var out strings.Builder
	last := NeedMore
	for fed := start(piece, len(body)); ; {
		n, token, err := c.Next([]byte(body[:fed]), lim)
		if err != nil {
			return out.String(), body, err
		}
		if token == NeedMore {
			if fed == len(body) {
				return out.String(), body, nil
			}
			fed = min(fed+piece, len(body))
			continue
		}
		if token != Data || last != Data {
			fmt.Fprintf(&out, "\n%s ", names[token])
		}
		out.WriteString(body[:n])
		switch {
		case c.Bare():
			out.WriteString("~")
		case !c.Canonical():
			out.WriteString("!")
		}
		body, fed, last = body[n:], fed-n, token
		if token == End {
			return out.String(), body, nil
		}
	}
}

// chunked reads body whole, byte by byte and with trailing data and fails the test if that makes a difference.
func chunked(t *testing.T, body string) (tokens, left string, err error) {
	t.Helper()
	lim := DefaultLimits()
	tokens, left, err = chunkTokens(body, 0, &lim)
	for _, piece := range []int{1, 3} {
		if got, rest, e := chunkTokens(body, piece, &lim); got != tokens || rest != left || e != err {
			t.Errorf("%q by %d: %q %q %v, want %q %q %v", body, piece, got, rest, e, tokens, left, err)
		}
	}
	if err != nil || strings.Contains(tokens, "\nend") {
		if got, rest, e := chunkTokens(body+"0\r\n\r\n", 0, &lim); got != tokens || rest != left+"0\r\n\r\n" || e != err {
			t.Errorf("%q: trailing data changes it to %q %q %v", body, got, rest, e)
		}
	}
	return tokens, left, err
}

func TestChunkedIsReadTokenByToken(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"0\r\n\r\n", "\nsize 0\r\n\nend \r\n"},
		{"5\r\nhello\r\na\r\n0123456789\r\n0\r\n\r\n",
			"\nsize 5\r\n\ndata hello\ndataend \r\n\nsize a\r\n\ndata 0123456789\ndataend \r\n\nsize 0\r\n\nend \r\n"},
		{"0A\r\n0123456789\r\n000\r\n\r\n", "\nsize 0A\r\n!\ndata 0123456789\ndataend \r\n\nsize 000\r\n!\nend \r\n"},
		{"1;a;b=c;d=\"e \\\" ;\xff\"\r\nx\r\n0;z\r\n\r\n",
			"\nsize 1;a;b=c;d=\"e \\\" ;\xff\"\r\n!\ndata x\ndataend \r\n\nsize 0;z\r\n!\nend \r\n"},
		{"0\r\nA: b\r\nContent-Length: 5\r\nx:\r\n\r\n",
			"\nsize 0\r\n\ntrailer A: b\r\n\ntrailer Content-Length: 5\r\n!\ntrailer x:\r\n\nend \r\n"},
	} {
		got, left, err := chunked(t, c.body)
		if err != nil || left != "" || got != c.want {
			t.Errorf("%q\ngot  %q, %v, left %q\nwant %q", c.body, got, err, left, c.want)
		}
	}
}

func TestChunkedIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       fault
	}{
		{"no size", "\r\n", badChunkSize},
		{"a sign", "+5\r\n", badChunkSize},
		{"a minus", "-5\r\n", badChunkSize},
		{"0x", "0x5\r\n", badChunkSize},
		{"a blank before", " 5\r\n", badChunkSize},
		{"a blank after", "5 \r\n", badChunkSize},
		{"a tab after", "5\t\r\n", badChunkSize},
		{"a blank before an extension", "5 ;a\r\n", badChunkSize},
		{"an underscore", "1_0\r\n", badChunkSize},
		{"overflow of 2^63", "8000000000000000\r\n", badChunkSize},
		{"seventeen digits", "00000000000000001\r\n", badChunkSize},
		{"a bare LF", "5\nhello\r\n", bareLF},
		{"a bare CR", "5\rhello\r\n", bareCR},
		{"an empty extension", "5;\r\n", badChunkExt},
		{"an extension without name", "5;=a\r\n", badChunkExt},
		{"an extension without value", "5;a=\r\n", badChunkExt},
		{"a blank in an extension", "5; a\r\n", badChunkExt},
		{"a bare LF in an extension", "5;a\nhello\r\n", bareLF},
		{"a bare CR in an extension", "5;a\rb\r\n", bareCR},
		{"an open quote", "5;a=\"b\r\n", badChunkExt},
		{"a byte after a quote", "5;a=\"b\"c\r\n", badChunkExt},
		{"NUL in a quote", "5;a=\"\x00\"\r\n", badChunkExt},
		{"too long an extension", "5;" + strings.Repeat("a", 256) + "\r\n", longChunkExt},
		{"data longer than the size", "5\r\nhello!\r\n", badChunkEnd},
		{"data ended by LF", "5\r\nhello\n0\r\n\r\n", bareLF},
		{"data ended by CR", "5\r\nhello\r0\r\n\r\n", bareCR},
		{"a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", foldedField},
		{"a trailer that is none", "0\r\nhello\r\n\r\n", badFieldName},
		{"a bare LF after the trailer", "0\r\nA: b\n\r\n", bareLF},
		{"a bare LF at the end", "0\r\n\n", bareLF},
		{"too long a trailer", "0\r\nA: " + strings.Repeat("a", 8<<10), longTrailer},
		{"too many trailers", "0\r\n" + strings.Repeat("A: b\r\n", 2000), longTrailer},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := chunked(t, c.body); err != &requestErrors[c.want] {
				t.Errorf("%q: %v, want %v", c.body, err, &requestErrors[c.want])
			}
		})
	}
}

func TestChunkLimitsAllowWhatJustFits(t *testing.T) {
	lim := Limits{ChunkExt: 3, Trailer: 8}
	body := "1;ab\r\nx\r\n0\r\nA: b\r\n\r\n"
	for _, piece := range []int{0, 1} {
		if got, _, err := chunkTokens(body, piece, &lim); err != nil || !strings.HasSuffix(got, "\nend \r\n") {
			t.Errorf("by %d: %q, %v", piece, got, err)
		}
	}
	for _, less := range []Limits{{ChunkExt: 2, Trailer: 8}, {ChunkExt: 3, Trailer: 7}} {
		if _, _, err := chunkTokens(body, 1, &less); err == nil {
			t.Errorf("accepted past %+v", less)
		}
	}
}

// The first byte too many may be half of a line's end, which must not be waited for.
func TestATrailerThatBreaksOffAtItsLimitIsRefused(t *testing.T) {
	lim := Limits{Trailer: 8}
	for _, piece := range []int{0, 1} {
		if _, _, err := chunkTokens("0\r\nA: bcdef\r", piece, &lim); err != &requestErrors[longTrailer] {
			t.Errorf("by %d: %v", piece, err)
		}
	}
}

func TestChunkOfTheLargestSizeCanBeSkipped(t *testing.T) {
	lim := DefaultLimits()
	var c Chunked
	if _, token, err := c.Next([]byte("7fffffffffffffff\r\n"), &lim); token != SizeLine || err != nil || c.Remaining() != 1<<63-1 {
		t.Fatal(token, err, c.Remaining())
	}
	if n, token, _ := c.Next([]byte("abc"), &lim); n != 3 || token != Data {
		t.Fatal(n, token)
	}
	c.Skip(c.Remaining())
	if _, token, err := c.Next([]byte("\r\n"), &lim); token != DataEnd || err != nil {
		t.Fatal(token, err)
	}
}

func TestChunkedStaysAtItsEnd(t *testing.T) {
	lim := DefaultLimits()
	var c Chunked
	for _, line := range []string{"0\r\n", "\r\n"} {
		c.Next([]byte(line), &lim)
	}
	if n, token, err := c.Next([]byte("GET / HTTP/1.1\r\n"), &lim); n != 0 || token != End || err != nil {
		t.Error(n, token, err)
	}
}

func TestSizeLineIsReadBackAsWritten(t *testing.T) {
	lim := DefaultLimits()
	for _, size := range []int64{1, 15, 16, 4096, 1<<63 - 1} {
		var c Chunked
		line := AppendSizeLine(nil, size)
		if n, token, err := c.Next(line, &lim); n != len(line) || token != SizeLine || err != nil || c.Remaining() != size || !c.Canonical() {
			t.Errorf("%q: %d %v %v, %d remain", line, n, token, err, c.Remaining())
		}
	}
}

// As for a head: the limit may be lowered while trailers are on their way.
func TestALimitLoweredWhileABodyIsReadRefusesIt(t *testing.T) {
	was := DefaultLimits()
	narrow := Limits{Trailer: 64}
	long := strings.Repeat("b", 100)
	for _, begun := range []string{
		"0\r\n" + long,
		"0\r\nB: " + long,
		"0\r\nB: " + long + "\r",
		"0\r\nB: " + long + "\r\n",
		"0\r\nB: " + long + "\r\n\r",
		"0\r\nB: " + long + "\r\nC: " + long,
	} {
		var c Chunked
		rest := begun
		for {
			n, token, err := c.Next([]byte(rest), &was)
			if err != nil {
				t.Fatalf("%q: %v", begun, err)
			}
			if token == NeedMore {
				break
			}
			rest = rest[n:]
		}
		for _, more := range []string{"", "c", "\r\n\r\n"} {
			c := c
			if _, token, err := c.Next([]byte(rest+more), &narrow); token != NeedMore || err != &requestErrors[longTrailer] {
				t.Errorf("%q with %q: %d, %v, want %v", rest, more, token, err, &requestErrors[longTrailer])
			}
		}
	}
}
