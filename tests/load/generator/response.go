package generator

import (
	"bytes"
	"errors"
	"fmt"
)

// markerSize is the length of the start of a body that names its server.
const markerSize = len("server 00\n")

// MinBody is the least size of a body: it must hold the server's number.
const MinBody = markerSize

// maxServers is bounded by the two digits of the marker.
const maxServers = 100

var headEnd = []byte("\r\n\r\n")

// appendResponse appends a whole response of a server: a head, and a body of
// size bytes that begins with the server's number.
func appendResponse(dst []byte, server, size int) []byte {
	dst = fmt.Appendf(dst, "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Thu, 01 Jan 2004 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size)
	body := len(dst)
	dst = fmt.Appendf(dst, "server %02d\n", server)
	return append(dst, bytes.Repeat([]byte{'.'}, size-(len(dst)-body))...)
}

var (
	errStatus   = errors.New("expected HTTP/1.1 200")
	errNoLength = errors.New("expected a Content-Length field with a number")
)

// responseHead reads the head of a response. It returns the head's size with
// its blank line and the value of Content-Length; size 0 without an error when
// the head is not complete; or an error when the status is not 200 or the
// length is missing or no number. The cost is one pass over data.
func responseHead(data []byte) (size int, length int64, err error) {
	end := bytes.Index(data, headEnd)
	if end < 0 {
		return 0, 0, nil
	}
	size = end + len(headEnd)
	if !bytes.HasPrefix(data, []byte("HTTP/1.1 200 ")) {
		return 0, 0, errStatus
	}
	for fields := data[:end+2]; len(fields) > 0; {
		eol := bytes.IndexByte(fields, '\n')
		if value, ok := contentLength(fields[:eol]); ok {
			length, ok = parseNumber(value)
			if !ok {
				return 0, 0, errNoLength
			}
			return size, length, nil
		}
		fields = fields[eol+1:]
	}
	return 0, 0, errNoLength
}

// contentLength returns the value of a field line, if it is that field.
func contentLength(line []byte) (value []byte, ok bool) {
	const name = "content-length:"
	if len(line) < len(name) || line[0]|0x20 != 'c' || line[len(name)-1] != ':' {
		return nil, false
	}
	if !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name):]), true
}

// parseNumber reads decimal digits only.
func parseNumber(digits []byte) (n int64, ok bool) {
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, true
}
