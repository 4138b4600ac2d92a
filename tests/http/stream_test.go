package http

import (
	"bytes"
	"slices"
	"strings"

	"ktcpvs/daemon/http1"
)

// message is one message as a recipient understood it; fields are "name: value", trailers included.
type message struct {
	start    string // "GET /path", or "200 OK"
	fields   []string
	body     string
	complete bool
}

// reading is all that a recipient made of a stream.
type reading struct {
	messages []message
	err      error
	unread   int // bytes after the message that ended the connection
}

// completed returns the messages that were read to their end.
func (r reading) completed() []message {
	return slices.DeleteFunc(slices.Clone(r.messages), func(m message) bool { return !m.complete })
}

// stream reads messages from input as the gateway's user of http1 does, piece bytes more at a time (0: all at
// once). Each call sees the unread bytes at another address, filled anew.
type stream struct {
	input    string
	piece    int
	response bool
	method   http1.Method // of the requests that responses answer
	fed      int
	lim      http1.Limits
	parser   http1.Parser
	got      reading
}

func read(input string, response bool, method http1.Method, piece int) reading {
	s := stream{input: input, piece: piece, response: response, method: method, lim: http1.DefaultLimits()}
	if piece == 0 {
		s.fed = len(input)
	}
	for s.more() && s.got.err == nil && s.next() {
	}
	return s.got
}

// more reports whether unread bytes exist or can be fed.
func (s *stream) more() bool { return len(s.input) > 0 }

// try calls f with the bytes fed so far until it consumes some or fails; false: the input ended first.
func (s *stream) try(f func(b []byte) (int, error)) bool {
	for {
		b := []byte(s.input[:s.fed])
		n, err := f(b)
		for i := range b {
			b[i] = '#' // nobody may look at them again
		}
		if err != nil {
			s.got.err = err
			return false
		}
		if n > 0 {
			s.input, s.fed = s.input[n:], s.fed-n
			return true
		}
		if s.fed == len(s.input) {
			return false
		}
		s.fed = min(s.fed+s.piece, len(s.input))
	}
}

// next reads one message; false: the stream is over, for lack of input or because the connection is.
func (s *stream) next() bool {
	var m message
	var body http1.Body
	var length int64
	var goesOn bool
	head := s.try(func(b []byte) (n int, err error) {
		if s.response {
			var r http1.Response
			if n, err = s.parser.Response(b, &s.lim, s.method, &r); n > 0 {
				m = message{start: status(&r), fields: lines(r.Fields)}
				body, length, goesOn = r.Body, r.Length, r.KeepAlive
			}
			return n, err
		}
		var r http1.Request
		if n, err = s.parser.Request(b, &s.lim, &r); n > 0 {
			m = message{start: string(r.MethodText) + " " + string(r.Target), fields: lines(r.Fields)}
			body, length = r.Body, r.Length
			goesOn = r.KeepAlive && r.Method != http1.CONNECT && r.Upgrade == nil
		}
		return n, err
	})
	if !head {
		return false
	}
	switch body {
	case http1.NoBody:
		m.complete = true
	case http1.LengthBody:
		m.complete = s.take(&m, int(length))
	case http1.ChunkedBody:
		m.complete = s.chunks(&m)
	case http1.CloseBody:
		m.body, s.input = s.input, ""
	}
	s.got.messages = append(s.got.messages, m)
	if m.complete && !goesOn {
		s.got.unread = len(s.input)
	}
	return m.complete && goesOn
}

// take reads n bytes of body.
func (s *stream) take(m *message, n int) bool {
	got := min(n, len(s.input))
	m.body, s.input = s.input[:got], s.input[got:]
	s.fed = max(0, s.fed-got)
	return got == n
}

// chunks reads a chunked body.
func (s *stream) chunks(m *message) bool {
	var c http1.Chunked
	var token http1.Token
	for token != http1.End {
		if !s.try(func(b []byte) (n int, err error) {
			n, token, err = c.Next(b, &s.lim)
			switch token {
			case http1.Data:
				m.body += string(b[:n])
			case http1.TrailerField:
				name, value, _ := bytes.Cut(b[:n], []byte(":"))
				m.fields = append(m.fields, string(name)+": "+strings.TrimSpace(string(value)))
			}
			return n, err
		}) {
			return false
		}
	}
	return true
}

func status(r *http1.Response) string {
	code := []byte{byte('0' + r.Status/100), byte('0' + r.Status/10%10), byte('0' + r.Status%10)}
	return strings.TrimSpace(string(code) + " " + string(r.Reason))
}

func lines(fields []http1.Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, string(f.Name)+": "+string(f.Value))
	}
	return out
}
