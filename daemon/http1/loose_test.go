package http1

import (
	"reflect"
	"strings"
	"testing"
)

// oddResponses are what servers write in an odd way, with one meaning, and what the client gets then.
var oddResponses = []struct{ name, input, want string }{
	{"bare LF", "HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\n", "A: b\r\nContent-Length: 2\r\n"},
	{"bare LF for the empty line", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\n", "A: b\r\nContent-Length: 2\r\n"},
	{"bare LF in some lines", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\nB: c \n\r\n", "A: b\r\nB: c\r\nContent-Length: 2\r\n"},
	{"bare LF and no value", "HTTP/1.1 200 OK\nA:\nContent-Length:2\n\n", "A: \r\nContent-Length: 2\r\n"},
	{"an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"empty lines first", "\n\r\n\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"several blanks in the status line", "HTTP/1.1 \t  200\t OK\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"a later minor version", "HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"a folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\n", "A: b   c\r\nContent-Length: 2\r\n"},
	{"a field folded often", "HTTP/1.1 200 OK\r\nA:\r\n\tb\n  c\r\n\td\r\nB: c\r\nContent-Length:\n 2\r\n\r\n", "A: b   c  \td\r\nB: c\r\nContent-Length: 2\r\n"},
	{"empty codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked ,\r\nTransfer-Encoding:\r\n\r\n", "Transfer-Encoding: chunked\r\n"},
	{"a folded framing", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \r\n chunked\r\n\r\n", "Transfer-Encoding: chunked\r\n"},
	{"blanks before the colon", "HTTP/1.1 200 OK\r\nA \t : b\r\nContent-Length : 2\r\n\r\n", "A: b\r\nContent-Length: 2\r\n"},
	{"blanks before the colon of a folded field", "HTTP/1.1 200 OK\r\nA :\n b\r\nContent-Length :\r\n 2\r\n\r\n", "A: b\r\nContent-Length: 2\r\n"},
	{"control characters", "HTTP/1.1 200 OK\r\nA: \x01b\x0bc\x1f\x7f\r\nContent-Length: 2\r\n\r\n", "A: \x01b\x0bc\x1f\x7f\r\nContent-Length: 2\r\n"},
	{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"a list of the same lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2 ,02\r\ncontent-length: 2\r\n\r\n", "Content-Length: 2\r\n"},
	{"an option that is none", "HTTP/1.1 200 OK\r\nConnection: keep alive; x\r\nContent-Length: 2\r\n\r\n", "Content-Length: 2\r\nConnection: close\r\n"},
	{"everything", "\r\n\nHTTP/1.7  200\nA : b\n c\x02\nContent-Length: 2,2\r\nContent-Length\t:\r\n 2\n\n", "A: b  c\x02\r\nContent-Length: 2\r\n"},
}

func TestAServersOdditiesAreWrittenAnew(t *testing.T) {
	for _, c := range oddResponses {
		t.Run(c.name, func(t *testing.T) {
			if _, n, err := response(t, GET, c.input); err != nil || n != len(c.input) {
				t.Fatalf("%q: %d, %v", c.input, n, err)
			}
			lim := DefaultLimits()
			var p Parser
			var r Response
			p.Response([]byte(c.input), &lim, GET, &r)
			got := string(AppendResponse(nil, &r, &Forward{KeepAlive: r.KeepAlive, Minor: 1, Chunked: r.Body == ChunkedBody}))
			_, got, _ = strings.Cut(got, "\r\n")
			if want := c.want + "\r\n"; got != want {
				t.Errorf("%q\nis written as %q\nwant          %q", c.input, got, want)
			}
		})
	}
}

// What is overlooked of a server is refused of a client.
func TestAClientsOdditiesAreRefused(t *testing.T) {
	for _, c := range oddResponses {
		_, fields, _ := strings.Cut(c.input, "200")
		_, fields, _ = strings.Cut(fields, "\n")
		if strings.HasPrefix(c.name, "an empty line") || strings.HasPrefix(c.name, "empty lines") || strings.HasPrefix(c.name, "several blanks") || strings.HasPrefix(c.name, "a later") {
			continue // it is not in the fields
		}
		if _, n, err := request(t, "POST / HTTP/1.1\r\n"+host+fields); n != 0 || err == nil {
			t.Errorf("%s: a request with it is taken", c.name)
		}
	}
}

func TestWhatWasRefusedOfAResponseIsShown(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range []struct{ input, field, bad string }{
		{"SSH-2.0-OpenSSH_9.2\r\nmore", "", "SSH-2.0-OpenSSH_9.2\r\n"},
		{"HTTP/2.0 200 OK", "", "HTTP/2.0 200 OK"},
		{"HTTP/1.1 200 O\x00K\r\n\r\n", "", "HTTP/1.1 200 O\x00K\r\n"},
		{"HTTP/1.1 200 OK\r\nA: b\r\nX-Name: c\x00d\r\n\r\n", "X-Name", "X-Name: c\x00d\r\n"},
		{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "", "no colon\r\n"},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 200) + "\x00b\r\n\r\n", "X", strings.Repeat("a", 63) + "\x00"},
		{"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 3\r\n\r\n", "Content-Length", "3"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n", "Content-Length", "2, 3"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding", "chunked"},
		{"HTTP/1.1 103 Early\r\nContent-Length: 2\r\n\r\n", "Content-Length", "2"},
		{"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "Upgrade", "h2c"},
	} {
		var p Parser
		var r Response
		if _, err := p.Response([]byte(c.input), &lim, GET, &r); err == nil || string(r.BadField) != c.field || string(r.Bad) != c.bad {
			t.Errorf("%q: %v, of field %q: %q; want field %q: %q", c.input, err, r.BadField, r.Bad, c.field, c.bad)
		}
	}
}

// Folding is undone in place: what is there is read on from where it was, in whatever pieces it comes.
func TestAFoldedLineIsReadAtTheSameAddressToo(t *testing.T) {
	lim := DefaultLimits()
	input := "HTTP/1.1 200 OK\r\nA: b\r\n  c\nB:\n d\r\n\te\r\nContent-Length: 2\r\n\r\n"
	var whole Response
	var p Parser
	p.Response([]byte(input), &lim, GET, &whole)
	b := []byte(input)
	var r Response
	for fed := range len(b) + 1 {
		n, err := p.Response(b[:fed], &lim, GET, &r)
		if err != nil || (n > 0) != (fed == len(b)) {
			t.Fatalf("%q: %d, %v", b[:fed], n, err)
		}
	}
	whole.head, r.head = nil, nil
	if !reflect.DeepEqual(r, whole) {
		t.Errorf("byte by byte %+v\nwhole        %+v", r, whole)
	}
}

func TestAFoldedLineIsBoundedAsOne(t *testing.T) {
	lim := Limits{Line: 40, Head: 400, Fields: 2}
	for piece, fold := range map[int]string{0: "\r\n b", 1: "\n\t b"} {
		input := "HTTP/1.1 200 OK\r\nA: b" + strings.Repeat(fold, 12) + "\r\n\r\n"
		if p := parseResponse(input, piece, GET, &lim); p.err != &responseErrors[fieldTooLong] {
			t.Errorf("%q by %d: %d, %v; want %v", input, piece, p.n, p.err, &responseErrors[fieldTooLong])
		}
		input = "HTTP/1.1 200 OK\r\nA: b" + strings.Repeat(fold, 3) + "\r\nB: c" + strings.Repeat(fold, 3) + "\r\n\r\n"
		if p := parseResponse(input, piece, GET, &lim); p.err != nil || p.n != len(input) || len(p.message.Fields) != 2 {
			t.Errorf("%q by %d: %d, %v, %d fields", input, piece, p.n, p.err, len(p.message.Fields))
		}
	}
}

// oddChunks are chunked bodies of servers that write them in an odd way, as tokens: "!" is written anew or left out, "~"
// gets another end.
var oddChunks = []struct{ name, body, want string }{
	{"blanks behind a size", "5   \r\nhello\r\n0\t \r\n\r\n", "\nsize 5   \r\n!\ndata hello\ndataend \r\n\nsize 0\t \r\n!\nend \r\n"},
	{"bare LF", "5\nhello\n0\nA: b\n\n", "\nsize 5\n~\ndata hello\ndataend \n~\nsize 0\n~\ntrailer A: b\n~\nend \n~"},
	{"bare LF now and then", "5\r\nhello\n1 \n.\r\n0\r\nA: b\n\r\n", "\nsize 5\r\n\ndata hello\ndataend \n~\nsize 1 \n!\ndata .\ndataend \r\n\nsize 0\r\n\ntrailer A: b\n~\nend \r\n"},
	{"leading zeros and LF", "05\nhello\n00\n\n", "\nsize 05\n!\ndata hello\ndataend \n~\nsize 00\n!\nend \n~"},
	{"blanks around an extension", "5 ; a = b ; c\r\nhello\r\n0 ;\r\n\r\n", "\nsize 5 ; a = b ; c\r\n!\ndata hello\ndataend \r\n\nsize 0 ;\r\n!\nend \r\n"},
	{"an extension of any text", "5;=@\"\xff\nhello\r\n0;;\r\n\r\n", "\nsize 5;=@\"\xff\n!\ndata hello\ndataend \r\n\nsize 0;;\r\n!\nend \r\n"},
	{"control characters in an extension", "5;\x01\x7f\r\nhello\r\n0 ;\x0b\n\n", "\nsize 5;\x01\x7f\r\n!\ndata hello\ndataend \r\n\nsize 0 ;\x0b\n!\nend \n~"},
	{"many leading zeros", strings.Repeat("0", 63) + "5\r\nhello\r\n0\r\n\r\n", "\nsize " + strings.Repeat("0", 63) + "5\r\n!\ndata hello\ndataend \r\n\nsize 0\r\n\nend \r\n"},
	{"folded trailers", "0\r\nA: b\r\n c\r\n\td\r\nB: c\r\nC:\n  d\n\r\n", "\nsize 0\r\n\ntrailer A: b\r\n c\r\n\td\r\n!\ntrailer B: c\r\n\ntrailer C:\n  d\n!\nend \r\n"},
	{"odd trailers", "0\r\nA : b\r\nB: \x01\r\nHost : x\r\n\r\n", "\nsize 0\r\n\ntrailer A : b\r\n!\ntrailer B: \x01\r\n\ntrailer Host : x\r\n!\nend \r\n"},
}

func TestAServersOddChunksAreUnderstood(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range oddChunks {
		for _, piece := range []int{0, 1, 3} {
			got, left, err := chunkTokensOf(Chunked{loose: true}, c.body, piece, &lim)
			if err != nil || left != "" || got != c.want {
				t.Errorf("%s: %q by %d\ngot  %q, %v, left %q\nwant %q", c.name, c.body, piece, got, err, left, c.want)
			}
		}
		if got, left, err := chunkTokensOf(Chunked{loose: true}, c.body+"0\r\n\r\n", 0, &lim); err != nil || left != "0\r\n\r\n" || got != c.want {
			t.Errorf("%s: with bytes behind it: %q, %v, left %q", c.name, got, err, left)
		}
		if _, _, err := chunkTokens(c.body, 0, &lim); err == nil {
			t.Errorf("%s: of a client it is taken, too", c.name)
		}
	}
}

func TestAServersBrokenChunksAreRefused(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range []struct {
		name, body string
		want       fault
	}{
		{"a blank before", " 5\r\n", badChunkSize},
		{"no size", "\n", badChunkSize},
		{"no size, but an extension", ";a\r\n", badChunkSize},
		{"a sign", "+5\r\n", badChunkSize},
		{"0x", "0x5\r\n", badChunkSize},
		{"a blank within", "5 5\r\n", badChunkSize},
		{"overflow of 2^63", "8000000000000000\n", badChunkSize},
		{"a bare CR", "5 \rhello", bareCR},
		{"a CR too many", "5\r\r\nhello", bareCR},
		{"NUL in an extension", "5;a\x00\r\n", badChunkSize},
		{"too many blanks", "5" + strings.Repeat(" ", 257) + "\r\n", longChunkExt},
		{"too long an extension", "5 ;" + strings.Repeat("a", 255) + "\r\n", longChunkExt},
		{"data longer than the size", "5\nhello!\n", badChunkEnd},
		{"data ended by CR", "5\nhello\r0", bareCR},
		{"a trailer folded by a line of blanks", "0\nA: b\n \n\n", foldedField},
		{"a blank before the first trailer", "0\n A: b\n\n", foldedField},
		{"NUL in a folded trailer", "0\nA: b\r\n c\x00\n\n", badFieldValue},
		{"a bare CR in a folded trailer", "0\nA: b\n c\rd\n\n", bareCR},
		{"too long a folded trailer", "0\nA: b" + strings.Repeat("\r\n c", 2<<10), longTrailer},
		{"too many digits", strings.Repeat("0", 64) + "5\r\n", badChunkSize},
		{"more than 2^63 behind zeros", "0000000000008000000000000000\n", badChunkSize},
		{"NUL in a trailer", "0\nA: b\x00\n\n", badFieldValue},
		{"a trailer that is none", "0\nhello\n\n", bareLF},
		{"too long a trailer", "0\nA: " + strings.Repeat("\x01", 8<<10), longTrailer},
	} {
		for _, piece := range []int{0, 1, 3} {
			if _, _, err := chunkTokensOf(Chunked{loose: true}, c.body, piece, &lim); err != &requestErrors[c.want] {
				t.Errorf("%s: %q by %d: %v, want %v", c.name, c.body, piece, err, &requestErrors[c.want])
			}
		}
	}
}

func TestBlanksBehindASizeUpToTheLimitAreTaken(t *testing.T) {
	lim := DefaultLimits()
	for _, ext := range []string{strings.Repeat(" ", 256), " ;" + strings.Repeat("a", 254)} {
		for _, piece := range []int{0, 1} {
			if _, _, err := chunkTokensOf(Chunked{loose: true}, "0"+ext+"\r\n\r\n", piece, &lim); err != nil {
				t.Errorf("%q by %d: %v", ext, piece, err)
			}
		}
	}
}
