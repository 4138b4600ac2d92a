package http1

import "bytes"

var (
	slash    = []byte("/")
	asterisk = []byte("*")
)

// resolve finds out what the request target means together with the Host field (RFC 9112 section 3.2 and 3.3).
func (r *Request) resolve(host []byte, hosts int) fault {
	switch {
	case hosts > 1:
		return severalHosts
	case hosts == 0 && r.Minor == 1:
		return noHost
	case hosts == 1 && len(host) > 0:
		if _, valid := portOf(host); !valid {
			return badHost
		}
	}
	t := r.Target
	r.URI, r.Host = t, host
	switch {
	case r.Method == CONNECT:
		port, valid := portOf(t)
		if !valid || !portNumber(port) {
			return connectPort
		}
		if len(host) > 0 && !sameAuthority(host, t, port) {
			return hostMismatch
		}
		r.Host = t
		return ok
	case t[0] == '/':
		return ok
	case len(t) == 1 && t[0] == '*':
		if r.Method != OPTIONS {
			return targetForm
		}
		return ok
	}
	return r.absolute(host)
}

// absolute takes an absolute-form target apart. Its authority is the one that counts, but a Host that says
// otherwise is refused, since a next recipient might believe that one.
func (r *Request) absolute(host []byte) fault {
	t := r.Target
	colon := bytes.Index(t, []byte("://"))
	if colon < 0 {
		return targetForm
	}
	var port string
	switch scheme := t[:colon]; {
	case foldEqual(scheme, "http"):
		port = "80"
	case foldEqual(scheme, "https"):
		port = "443"
	default:
		return badScheme
	}
	rest := t[colon+3:]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	if _, valid := portOf(authority); !valid {
		return badAuthority
	}
	if host != nil && !sameAuthority(host, authority, []byte(port)) {
		return hostMismatch
	}
	r.Host, r.URI = authority, rest[end:]
	switch {
	case len(r.URI) == 0 && r.Method == OPTIONS:
		r.URI = asterisk
	case len(r.URI) == 0:
		r.URI = slash
	case r.URI[0] == '?':
		r.made = append(append(r.made[:0], '/'), r.URI...)
		r.URI = r.made
	}
	return ok
}

// portOf checks an authority without userinfo, host [":" port] with a host that is not empty (RFC 3986
// section 3.2), and returns its port, nil without a colon.
func portOf(authority []byte) (port []byte, valid bool) {
	if len(authority) == 0 {
		return nil, false
	}
	end := 0
	if authority[0] == '[' {
		end = bytes.IndexByte(authority, ']')
		if end < 0 || !isIPv6(authority[1:end]) {
			return nil, false
		}
		end++
	} else {
		for ; end < len(authority) && regName[authority[end]]; end++ {
			if authority[end] == '%' && !escape(authority[end:]) {
				return nil, false
			}
		}
	}
	if end == 0 {
		return nil, false
	}
	if end == len(authority) {
		return nil, true
	}
	if authority[end] != ':' {
		return nil, false
	}
	port = authority[end+1:]
	return port, len(port) == 0 || portNumber(port)
}

// escape reports whether b begins with a percent-encoded byte.
func escape(b []byte) bool {
	return len(b) >= 3 && hex[b[1]] < 16 && hex[b[2]] < 16
}

// portNumber reports whether b is a number 0..65535; CONNECT and Host to port 0 fail where they are dialled.
func portNumber(b []byte) bool {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 65535 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return len(b) > 0 && n <= 65535
}

// sameAuthority compares two valid authorities without regard to case; no port, an empty port and the
// scheme's own are the same.
func sameAuthority(a, b, scheme []byte) bool {
	return bytes.EqualFold(withoutPort(a, scheme), withoutPort(b, scheme))
}

func withoutPort(authority, scheme []byte) []byte {
	port, valid := portOf(authority)
	if valid && port != nil && (len(port) == 0 || bytes.Equal(port, scheme)) {
		return authority[:len(authority)-len(port)-1]
	}
	return authority
}
