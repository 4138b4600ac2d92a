package differential

import "strings"

// lineMutations spoil the request line and what stands before it.
var lineMutations = []messageMutation{
	{"empty lines first", func(s *sampler, m *message) { m.before = s.pick("\r\n", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n") }},
	{"something before the request line", func(s *sampler, m *message) {
		m.before = s.pick("\n", "\r", " ", "\t", " \r\n", "\r\n ", "\r\r\n", "\x00", "\ufeff", "\x0b", "0\r\n\r\n", "x\r\n")
	}},
	{"another protocol first", func(s *sampler, m *message) {
		m.before = s.pick("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
			"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x02",
			"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}},
	{"version", func(s *sampler, m *message) {
		m.version = s.pick("HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1.10", "HTTP/01.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/ 1.1", "http/1.1", "HTTP/1,1", "HTTP/1.1.1", "HTTP/1.1x", "HTTPS/1.1", "HTTP /1.1", "XTTP/1.1", "HTTP/1.\xb1", "HTTP/1.1 HTTP/1.1", "HTTP/3", "ICY/1.0")
	}},
	{"no version", func(s *sampler, m *message) { m.gap2, m.version = s.pick("", " "), "" }},
	{"HTTP/0.9 alone", func(s *sampler, m *message) {
		*m = message{method: "GET", gap: " ", target: m.target, end: s.pick("\r\n", "\r\n", "\n")}
	}},
	{"HTTP/1.0", func(s *sampler, m *message) { m.version = "HTTP/1.0" }},
	{"HTTP/1.0 kept alive", func(s *sampler, m *message) {
		m.version = "HTTP/1.0"
		m.fields = append(m.fields, newField("Connection", "keep-alive"))
	}},
	{"blanks in the request line", func(s *sampler, m *message) {
		blank := s.pick("  ", "\t", " \t", "\x0b", "\x0c", "\xa0", "", "\r", "\x00", "   ")
		if s.chance(50) {
			m.gap = blank
		} else {
			m.gap2 = blank
		}
	}},
	{"end of the request line", func(s *sampler, m *message) {
		m.end = s.pick("\n", "\r", " \r\n", "\t\r\n", "\r\r\n", "\n\r", "\r\n\r\n", "\r\n ", "\x00\r\n", "")
	}},
	{"method", func(s *sampler, m *message) {
		m.method = s.pick("", "GE T", "GET\x00", "\"GET\"", "GET,", "G\xc9T", "get", "GeT", "GET:", "(GET)", "G/T", "[GET]", "HEAD\r", "<GET", "1", "!#$%&'*+-.^_`|~", "PRI", "SOURCE", "Get\x7f")
	}},
	{"a method not for bodies", func(s *sampler, m *message) {
		m.method = s.pick("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "TRACE", "FOO")
	}},
	{"TRACE or OPTIONS that goes no further", func(s *sampler, m *message) {
		m.method = s.pick("TRACE", "OPTIONS")
		m.fields = append(m.fields, newField("Max-Forwards", s.pick("0", "0", "00", "1", "-1", "x", "", "1, 0")))
	}},
	{"CONNECT", func(s *sampler, m *message) {
		m.method = "CONNECT"
		m.target = s.pick("example.com:443", "example.com:443", "example.com", "example.com:", "/x", "*", "http://example.com/", "[::1]:80", "u@example.com:1", "example.com:99999")
	}},
	{"target", func(s *sampler, m *message) {
		m.target = s.pick("", "*", "x", "example.com", "example.com:80", "?q", "//", "\\x", "http:/x", "http:x", ".", "-", "@", ":", "mailto:a@b", "/\x00", "/\x7f", "/\xe9", "/\u00e9", "/#f", "/a b", "/a\tb", "/a\rb", "/a\nb", "/a\r\nX: y", m.target+"#", "*/", "**", "http://")
	}},
	{"absolute target", func(s *sampler, m *message) {
		host := s.pick("example.com", "example.com:80", "other.example", "example.com:8080", "EXAMPLE.com", "[::1]", "", "u:p@example.com", "exa mple", "example.com@other", "example.com#other", "example.com\\other", "example.com:x", "a,b", "%zz", ":80", "[::1", "::1", "[]")
		m.target = s.pick("http://", "HTTP://", "https://", "ftp://", "ws://", "htt p://", "://", "file:///", "//") + host + s.pick(m.target, "", "?q")
		if s.chance(50) {
			m.drop("Host")
			m.insert(s.IntN(len(m.fields)+1), newField("Host", s.pick("example.com", host, host)))
		}
	}},
	{"upgrade to h2c", func(s *sampler, m *message) {
		m.drop("Connection")
		m.fields = append(m.fields,
			newField("Connection", s.pick("Upgrade, HTTP2-Settings", "HTTP2-Settings, upgrade", "upgrade")),
			newField("Upgrade", s.pick("h2c", "H2C", "h2c, websocket", "websocket, h2c")),
			newField("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"))
	}},
	{"upgrade to websocket", func(s *sampler, m *message) {
		m.drop("Connection")
		m.fields = append(m.fields, newField("Connection", "Upgrade"), newField("Upgrade", "websocket"),
			newField("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="), newField("Sec-WebSocket-Version", s.pick("13", "13", "999")))
	}},
}

// sizeMutations make something longer than most proxies take, or just not.
var sizeMutations = []messageMutation{
	{"long method", func(s *sampler, m *message) { m.method = strings.Repeat("M", 30+s.IntN(6)*s.IntN(2000)) }},
	{"long target", func(s *sampler, m *message) { m.target = "/" + strings.Repeat("t", 8100+s.IntN(200)*s.IntN(20)) }},
	{"long field", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), newField("X-Long", strings.Repeat("v", 8100+s.IntN(200)*s.IntN(20))))
	}},
	{"long field name", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), newField(strings.Repeat("n", 200+s.IntN(9000)), "v"))
	}},
	{"many fields", func(s *sampler, m *message) {
		for range 80 + s.IntN(60) {
			m.fields = append(m.fields, newField("X-Many", s.token))
		}
	}},
	{"long head", func(s *sampler, m *message) {
		for range 4 + s.IntN(3) {
			m.fields = append(m.fields, newField("X-Long", strings.Repeat("v", 7000)))
		}
	}},
	{"long body", func(s *sampler, m *message) {
		if m.find("Content-Length") < 0 && len(m.chunks) == 0 {
			m.body = strings.Repeat(s.token+"/", 4000+s.IntN(20000))
			m.chunks = s.chunked(m.body)
			m.fields = append(m.fields, newField("Transfer-Encoding", "chunked"))
		}
	}},
}
