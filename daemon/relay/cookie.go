package relay

import (
	"bytes"
	"math"

	"ktcpvs/daemon/http1"
)

// cookie is what a Set-Cookie field says of a cookie, as far as it matters here,
// read the way a browser reads it (RFC 6265, section 5.2).
type cookie struct {
	name, domain, path []byte

	age      int64 // Max-Age, in seconds
	expires  int64 // Unix seconds
	hasAge   bool
	hasDate  bool
	discards bool // Discard, of RFC 2965: it goes when the browser ends
}

// cookieLife is how many seconds the cookies that the response in c.res sets
// live, 0 or less when it sets none that lives. A cookie that a later field sets
// again, or takes away, is not counted. request is the request's head.
func cookieLife(c *Context, request []byte) (life int64, fixed bool) {
	if !c.res.SetsCookie {
		return 0, false
	}
	fields := c.res.Fields
	for i := range fields {
		if fields[i].Kind != http1.SetCookie {
			continue
		}
		set, ok := readCookie(fields[i].Value)
		if !ok || set.replaced(fields[i+1:], request) {
			continue
		}
		l, fix := set.life(c.Unix)
		if l > life || l == life && !fix {
			life, fixed = l, fix
		}
	}
	return life, fixed
}

// readCookie reads a Set-Cookie value. Without a name it sets nothing.
func readCookie(value []byte) (set cookie, ok bool) {
	pair, rest, _ := bytes.Cut(value, []byte{';'})
	name, _, paired := bytes.Cut(pair, []byte{'='})
	if set.name = trimBlanks(name); !paired || len(set.name) == 0 {
		return cookie{}, false
	}
	for len(rest) > 0 {
		var attr []byte
		attr, rest, _ = bytes.Cut(rest, []byte{';'})
		name, arg, _ := bytes.Cut(attr, []byte{'='})
		set.attribute(trimBlanks(name), trimBlanks(arg))
	}
	return set, true
}

// attribute takes in one attribute; of several with the same name the last counts
// that says something.
func (k *cookie) attribute(name, value []byte) {
	switch {
	case bytes.EqualFold(name, []byte("Max-Age")):
		if n, ok := seconds(value); ok {
			k.age, k.hasAge = n, true
		}
	case bytes.EqualFold(name, []byte("Expires")):
		if at, ok := cookieDate(value); ok {
			k.expires, k.hasDate = at, true
		}
	case bytes.EqualFold(name, []byte("Discard")):
		k.discards = true
	case bytes.EqualFold(name, []byte("Domain")):
		if len(value) > 0 {
			k.domain = bytes.TrimPrefix(value, []byte{'.'})
		}
	case bytes.EqualFold(name, []byte("Path")):
		if k.path = value; len(value) == 0 || value[0] != '/' {
			k.path = nil
		}
	}
}

// life is how many seconds the cookie lives from now on, 0 or less if it is taken
// away; fixed, if the server has named an end. Max-Age counts before Expires
// (RFC 6265, section 5.3).
func (k *cookie) life(now int64) (life int64, fixed bool) {
	switch {
	case k.hasAge:
		life, fixed = min(k.age, sidMax), true
	case k.hasDate:
		life, fixed = min(k.expires-now, sidMax), true
	default:
		life = sidLife
	}
	if k.discards {
		life = min(life, sidLife)
	}
	return life, fixed
}

// replaced reports whether one of the fields behind it sets the same cookie, in
// the response to that request.
func (k *cookie) replaced(behind []http1.Field, request []byte) bool {
	for i := range behind {
		if behind[i].Kind != http1.SetCookie || !bytes.Contains(behind[i].Value, k.name) {
			continue
		}
		if set, ok := readCookie(behind[i].Value); ok && bytes.Equal(set.name, k.name) &&
			bytes.EqualFold(set.domain, k.domain) && bytes.Equal(set.pathFor(request), k.pathFor(request)) {
			return true
		}
	}
	return false
}

// pathFor is the path of the cookie, which is that of the request up to its last
// slash if it names none (RFC 6265, section 5.1.4).
func (k *cookie) pathFor(request []byte) []byte {
	if k.path != nil {
		return k.path
	}
	_, target, _ := bytes.Cut(request, []byte{' '})
	if end := bytes.IndexAny(target, " ?"); end >= 0 {
		target = target[:end]
	}
	return target[:max(bytes.LastIndexByte(target, '/'), min(1, len(target)))]
}

// seconds reads a Max-Age (RFC 6265, section 5.2.2): digits, behind a minus sign
// perhaps. What an int64 does not take is as good as no end, or as the beginning
// of time.
func seconds(b []byte) (n int64, ok bool) {
	digits := bytes.TrimPrefix(b, []byte{'-'})
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n, math.MaxInt64/10-1)*10 + int64(c-'0')
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, len(digits) > 0
}

// trimBlanks removes SP and HTAB at both ends.
func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t") }
