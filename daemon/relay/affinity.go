package relay

import (
	"bytes"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/table"
)

// chttp keeps a client at the server that has set it a cookie, for as long as
// that cookie lives (reference, section 5). What there is to remember stands
// in the session cookie itself, so that it costs no memory, is the same in
// every loop, and outlives the daemon:
//
//	KTCPVS_SID=<16 hex: the server's key, veiled><8 hex: expiry, Unix seconds><s or f>
//
// A client that makes one up chooses among the servers of its own service,
// and gains nothing else. The veil keeps it from finding out the servers'
// addresses, which the plain key is a hash of.
type sid struct {
	server  uint64
	expires int64
	fixed   bool // ends with the server's own cookie, and is not renewed
}

const (
	sidName = "KTCPVS_SID"
	sidSize = 16 + 8 + 1

	// sidLife is the life of a session whose cookies name no end, in seconds;
	// it begins again with use.
	sidLife = 600
	sidMax  = 10 * 365 * 24 * 3600
)

// returning finds the server that the request in c.req is to come back to.
func (s *Session) returning(c *Context, svc *table.Service) *table.Server {
	for i := range c.req.Fields {
		f := &c.req.Fields[i]
		if f.Kind != http1.Cookie {
			continue
		}
		for rest := f.Value; len(rest) > 0; {
			var pair []byte
			pair, rest, _ = bytes.Cut(rest, []byte{';'})
			name, value, _ := bytes.Cut(bytes.TrimLeft(pair, " \t"), []byte{'='})
			if string(name) != sidName {
				continue
			}
			id, ok := parseSID(value)
			if !ok || id.expires < c.Unix {
				continue
			}
			if server := svc.ServerByKey(c.Veil.lift(id.server)); server != nil {
				s.returned = id
				return server
			}
		}
	}
	return nil
}

// sessionCookie is the field line that the response in c.res gets, or nil.
func (s *Session) sessionCookie(c *Context) []byte {
	if s.server == nil {
		return nil
	}
	id := sid{server: c.Veil.cover(s.server.Live.Key)}
	switch life, fixed := cookieLife(c, s.head); {
	case life > 0:
		id.expires, id.fixed = c.Unix+life, fixed
	case s.returned.server == id.server && !s.returned.fixed && s.returned.expires-c.Unix < sidLife/2:
		id.expires = c.Unix + sidLife
	default:
		return nil
	}
	start := len(c.scratch)
	c.scratch = append(c.scratch, "Set-Cookie: "+sidName+"="...)
	c.scratch = appendSID(c.scratch, id)
	c.scratch = append(c.scratch, "; Path=/\r\n"...)
	return c.scratch[start:]
}

func appendSID(dst []byte, id sid) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[id.server>>shift&15])
	}
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[id.expires>>shift&15])
	}
	if id.fixed {
		return append(dst, 'f')
	}
	return append(dst, 's')
}

func parseSID(b []byte) (id sid, ok bool) {
	if len(b) != sidSize {
		return sid{}, false
	}
	var n [2]uint64
	for i, c := range b[:sidSize-1] {
		var v byte
		switch {
		case c >= '0' && c <= '9':
			v = c - '0'
		case c >= 'a' && c <= 'f':
			v = c - 'a' + 10
		default:
			return sid{}, false
		}
		part := i / 16
		n[part] = n[part]<<4 | uint64(v)
	}
	last := b[sidSize-1]
	return sid{server: n[0], expires: int64(n[1]), fixed: last == 'f'}, last == 'f' || last == 's'
}

// Veil hides server keys from those who do not have it. It must be the same in
// all loops, and should outlive the daemon, so that sessions do.
type Veil [2]uint64

// cover and lift undo each other: xor with a secret before and after the
// finishing steps of splitmix64, each of which has an inverse.
func (v Veil) cover(key uint64) uint64 {
	key ^= v[0]
	key = (key ^ key>>30) * 0xbf58476d1ce4e5b9
	key = (key ^ key>>27) * 0x94d049bb133111eb
	return key ^ key>>31 ^ v[1]
}

func (v Veil) lift(key uint64) uint64 {
	key ^= v[1]
	key = (key ^ key>>31 ^ key>>62) * 0x319642b2d24d8ec3
	key = (key ^ key>>27 ^ key>>54) * 0x96de1b173f119089
	return key ^ key>>30 ^ key>>60 ^ v[0]
}
