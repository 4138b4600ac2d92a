package http1

import (
	"bytes"
	"math"
)

// maxOptions bounds the connection options that name fields: each is sought among all fields.
const maxOptions = 16

// framing collects what the fields say about where the message ends and what becomes of the connection.
type framing struct {
	length    int64 // -1: no Content-Length
	coded     bool  // there is a Transfer-Encoding
	chunked   bool  // its last coding so far is chunked
	unknown   bool  // it has other codings
	close     bool  // Connection: close
	keepAlive bool  // Connection: keep-alive
	switching bool  // Connection: upgrade
	options   int   // connection options that are neither of those
	others    bool  // some name fields that we do not know
	upgrades  int
	loose     bool // of a server: what leaves one meaning is taken
}

// note takes one field into account.
func (fr *framing) note(f *Field) fault {
	switch f.Kind {
	case ContentLength:
		return fr.lengths(f.Value)
	case TransferEncoding:
		return fr.codings(f.Value)
	case Connection:
		return fr.connection(f.Value)
	case Upgrade:
		fr.upgrades++
	}
	return ok
}

// lengths reads one Content-Length value. A server may say the same several times (RFC 9110 section 8.6).
func (fr *framing) lengths(value []byte) fault {
	if fr.length >= 0 && !fr.loose {
		return severalLengths
	}
	for more := true; more; {
		length := value
		if more = false; fr.loose {
			length, value, more = nextOption(value)
		}
		n, valid := decimal(length)
		switch {
		case !valid:
			return badLength
		case fr.length >= 0 && n != fr.length:
			return severalLengths
		}
		fr.length = n
	}
	return ok
}

// codings reads one Transfer-Encoding value. Empty list elements and parameters are refused with all else
// that some recipient might read differently, but for a server's empty elements (RFC 9110 section 5.6.1.2).
func (fr *framing) codings(value []byte) fault {
	fr.coded = true
	for {
		coding, rest, more := bytes.Cut(value, []byte(","))
		coding = trim(coding)
		switch {
		case len(coding) == 0 && fr.loose:
		case len(coding) == 0 || tokenEnd(coding, 0) < len(coding):
			return badCoding
		case fr.chunked:
			return chunkedNotLast
		case foldEqual(coding, "chunked"):
			fr.chunked = true
		default:
			fr.unknown = true
		}
		if !more {
			return ok
		}
		value = rest
	}
}

// connection reads one Connection value, a list of tokens (RFC 9110 section 7.6.1).
func (fr *framing) connection(value []byte) fault {
	for more := true; more; {
		var option []byte
		option, value, more = nextOption(value)
		switch {
		case len(option) == 0:
		case foldEqual(option, "close"):
			fr.close = true
		case foldEqual(option, "keep-alive"):
			fr.keepAlive = true
		case foldEqual(option, "upgrade"):
			fr.switching = true
		case tokenEnd(option, 0) < len(option):
			if !fr.loose {
				return badConnection
			}
			fr.close, fr.others = true, true // whatever it asks for, it is not to go on
		default:
			if fr.options++; fr.options > maxOptions {
				return manyOptions
			}
			switch kindOf(option) {
			case OtherField, Credentials, Challenge:
				fr.others = true
			}
		}
	}
	return ok
}

// nextOption cuts the first element off a comma-separated list.
func nextOption(list []byte) (option, rest []byte, more bool) {
	if i := bytes.IndexByte(list, ','); i >= 0 {
		return trim(list[:i]), list[i+1:], true
	}
	return trim(list), nil, false
}

// check judges the whole.
func (fr *framing) check(minor uint8) fault {
	switch {
	case !fr.coded:
		return ok
	case fr.length >= 0:
		return lengthAndCoding
	case minor == 0:
		return codingInHTTP10
	case !fr.chunked:
		return chunkedNotLast
	case fr.unknown:
		return unknownCoding
	}
	return ok
}

// persists reports whether the sender goes on after this message (RFC 9112 section 9.3).
func (fr *framing) persists(minor uint8) bool {
	return !fr.close && (minor == 1 || fr.keepAlive)
}

// protocols is what an HTTP/1.1 sender wants to switch to, of all its Upgrade fields, nil for nothing (RFC 9110 section
// 7.8). What is malformed is left out, as it may be ignored, and so is HTTP, such as HTTP/2, which would let requests pass
// through a tunnel that the gateway never sees. whole reports that nothing was. made is the backing of a list that is put together.
func (fr *framing) protocols(minor uint8, fields []Field, made *[]byte) (list []byte, whole bool) {
	whole = true
	if minor == 0 || !fr.switching || fr.upgrades == 0 {
		return nil, whole
	}
	list = (*made)[:0]
	for i := range fields {
		if fields[i].Kind != Upgrade {
			continue
		}
		for value, more := fields[i].Value, true; more; {
			var protocol []byte
			switch protocol, value, more = nextOption(value); {
			case len(protocol) == 0:
				continue
			case !mayTunnel(protocol):
				whole = false
				continue
			case len(list) > 0:
				list = append(list, ", "...)
			}
			list = append(list, protocol...)
		}
	}
	*made = list
	if len(list) == 0 {
		return nil, whole
	}
	return list, whole
}

// mayTunnel reports whether a gateway may let a connection switch to a protocol: name ["/" version], other than HTTP, of
// any version and by any of its names.
func mayTunnel(protocol []byte) bool {
	name, valid := protocolName(protocol)
	if !valid || foldEqual(name, "h2") || foldEqual(name, "h2c") || foldEqual(name, "http") {
		return false
	}
	return !(len(name) > 3 && foldEqual(name[:3], "h2-") || len(name) > 4 && foldEqual(name[:4], "h2c-"))
}

// protocolName is the name in a protocol, name ["/" version] (RFC 9110 section 7.8).
func protocolName(protocol []byte) (name []byte, valid bool) {
	name, version, versioned := bytes.Cut(protocol, slash)
	valid = tokenEnd(name, 0) == len(name) && tokenEnd(version, 0) == len(version)
	return name, valid && (!versioned || len(name) > 0 && len(version) > 0)
}

// markNamed makes the fields that a connection option names ByConnection.
func (fr *framing) markNamed(fields []Field) {
	if fr.options == 0 {
		return
	}
	for i := range fields {
		if fields[i].Kind != Connection {
			continue
		}
		value := fields[i].Value
		for more := true; more; {
			var option []byte
			option, value, more = nextOption(value)
			if len(option) > 0 {
				mark(fields, option)
			}
		}
	}
}

// mark makes the fields of that name ByConnection. What frames or routes the message is the gateway's own business
// and stays what it is, whatever Connection says. Nor are close and its like sought among the fields: of them there
// may be thousands.
func mark(fields []Field, name []byte) {
	kind := kindOf(name)
	switch kind {
	case OtherField, Cookie, SetCookie, Credentials, Challenge, Date, Trailer:
	default:
		return
	}
	for i := range fields {
		if f := &fields[i]; f.Kind == kind && bytes.EqualFold(f.Name, name) {
			f.Kind = ByConnection
		}
	}
}

// decimal reads digits, nothing else, as a number below 2^63.
func decimal(b []byte) (n int64, valid bool) {
	for _, c := range b {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(b) > 0
}
