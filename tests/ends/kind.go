package ends

import "fmt"

// kind is one kind of stream, through a service of one scheduler.
type kind struct {
	column    string // of the manual's table
	name      string
	scheduler string
	up        bool // the client is the sender
	framing   framing
	old       bool // the client speaks HTTP/1.0
}

type framing uint8

const (
	raw       framing = iota // a tunnel without a word of HTTP
	switched                 // a tunnel after 101
	delimited                // a body that ends with the connection
	length
	chunked
)

// Columns of the manual's table.
const (
	tunnel   = "tunnel"
	toClose  = "until close"
	counted  = "length, chunks"
	request  = "request body"
	promised = 1000 // bytes of a length that do not come
)

// kinds is each kind with the schedulers that have it.
func kinds() (all []kind) {
	for _, up := range []bool{true, false} {
		all = append(all, kind{column: tunnel, scheduler: "wlc", up: up, framing: raw})
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			all = append(all, kind{column: tunnel, scheduler: scheduler, up: up, framing: switched})
		}
	}
	for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
		all = append(all,
			kind{column: toClose, scheduler: scheduler, framing: delimited},
			kind{column: toClose, scheduler: scheduler, framing: chunked, old: true},
			kind{column: counted, scheduler: scheduler, framing: length},
			kind{column: counted, scheduler: scheduler, framing: chunked},
			kind{column: request, scheduler: scheduler, framing: length, up: true},
			kind{column: request, scheduler: scheduler, framing: chunked, up: true})
	}
	for i := range all {
		k := &all[i]
		k.name = fmt.Sprintf("%s %s %s", k.scheduler, k.column, [...]string{"raw", "after 101", "by close", "by length", "in chunks"}[k.framing])
		if k.column == tunnel {
			k.name += map[bool]string{true: " up", false: " down"}[k.up]
		}
		if k.old {
			k.name += " for HTTP/1.0"
		}
	}
	return all
}

// asks is what the client sends first; n is how long the body is said to be.
func (k *kind) asks(id string, n int) string {
	switch version := map[bool]string{true: "1.0", false: "1.1"}[k.old]; {
	case k.framing == raw:
		return "GET /" + id + "\r\n\r\n"
	case k.framing == switched:
		return "GET /" + id + " HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: t\r\n\r\n"
	case k.up && k.framing == length:
		return fmt.Sprintf("PUT /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", id, n)
	case k.up:
		return "PUT /" + id + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	default:
		return "GET /" + id + " HTTP/" + version + "\r\nHost: x\r\n\r\n"
	}
}

// answers is what the server sends before the stream; nothing when it is to
// receive a request.
func (k *kind) answers(n int) string {
	switch {
	case k.framing == raw || k.column == request:
		return ""
	case k.framing == switched:
		return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: t\r\n\r\n"
	case k.framing == delimited:
		return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
	case k.framing == length:
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", n)
	default:
		return "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	}
}

// frames is a piece of the stream as it is sent.
func (k *kind) frames(piece []byte) []byte {
	if k.framing != chunked {
		return piece
	}
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
}
