package differential

import "strings"

// headMutations spoil field lines.
var headMutations = []messageMutation{
	{"blank before the colon", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			f.colon = s.pick(" :", "\t:", " : ", "\x0b:", "\r:", "\x00:")
		}
	}},
	{"no colon", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			f.colon = s.pick("", " ", "=", ";")
		}
	}},
	{"name", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			at := s.IntN(len(f.name) + 1)
			f.name = f.name[:at] + s.pick(" ", "\t", "\x00", "\x0b", "(", "\"", ",", "/", "@", "[", "\xe9", "\x7f", "\r", "\n", "{", ";") + f.name[at:]
		}
	}},
	{"no name", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), field{"", s.pick(":", ": ", " :"), "v", "\r\n"})
	}},
	{"folded", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			at := s.IntN(len(f.value) + 1)
			f.value = f.value[:at] + s.pick("\r\n ", "\r\n\t", "\n ", "\r ", "\r\n  ") + f.value[at:]
		}
	}},
	{"blank before a name", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			f.name = s.pick(" ", "\t", "\x0b", "\x00", "\r", "\xa0") + f.name
		}
	}},
	{"value", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			at := s.IntN(len(f.value) + 1)
			f.value = f.value[:at] + s.pick("\x00", "\r", "\n", "\x0b", "\x0c", "\x1b", "\x7f", "\x01", "\x80", "\r\nX-In: 1", "\nX-In: 1", "\rX-In: 1", "\x00\r\nX-In: 1") + f.value[at:]
		}
	}},
	{"end of a field line", func(s *sampler, m *message) {
		if f := s.anyField(m); f != nil {
			f.end = s.pick("\n", "\r", "\r\r\n", "\n\r", "\x00\r\n", " \r\n", "\x0b\r\n", "", "\r\n\r\n", "\r\x00\n")
		}
	}},
	{"end of the head", func(s *sampler, m *message) {
		m.headEnd = s.pick("\n", "\r", "\r\r\n", "", " \r\n", "\t\r\n", "\x00\r\n", "\n\r\n", "\r\n\r\n", "\r\n \r\n", ":\r\n", "\r\n\r")
	}},
	{"framing in disguise", func(s *sampler, m *message) {
		f := newField("Transfer-Encoding", "chunked")
		if s.chance(40) {
			f = newField("Content-Length", s.pick("0", "5", "30"))
		}
		switch s.IntN(4) {
		case 0:
			f = newField("X-A", s.pick("a\r", "a\n", "a\x00", "a\r\n\t", "a\n\r", "a\x0b", "a,")+f.String())
			f.end = ""
		case 1:
			f.name = s.pick(strings.ReplaceAll(f.name, "-", "_"), strings.ToUpper(f.name), f.name+"s", "X-"+f.name, strings.ReplaceAll(f.name, "e", "\xe9"), f.name+"\xff", strings.ReplaceAll(f.name, "-", ""), "\""+f.name+"\"", strings.Replace(f.name, "C", "c", 1))
		case 2:
			f.colon = s.pick(" : ", "\t: ", ":\x0b", ":\x0c", ":\x00", ":\r\n ", ":\n ", "\x00: ", ":\xa0", "\r\n : ")
		case 3:
			f.name = s.pick(" ", "\t", "\x0b", "\r", "\n", "\x00") + f.name
		}
		m.insert(s.IntN(len(m.fields)+1), f)
	}},
	{"connection options", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), newField("Connection", s.pick("close, Content-Length", "Transfer-Encoding", "Host", "content-length, transfer-encoding, host", "x y", "a;b", "close close", "\"close\"", ",", "", "closed", "close;", "Connection", "cookie", "keep-alive, close", strings.Repeat("a,", 16)+"a", strings.Repeat("a,", 20)+"b", strings.Repeat("x-a, ", 40)+"close", strings.Repeat("a,", 15)+"a", "Expect, X-A", "\xe9")))
	}},
	{"expectation", func(s *sampler, m *message) {
		m.drop("Expect")
		for range 1 + s.IntN(5)/4 {
			m.fields = append(m.fields, newField("Expect", s.pick("100-continue", "100-CONTINUE", "100-continue, x", "x", "", "100", "100-continue;q=1", "200-ok", "100-continue, 100-continue", ", 100-continue")))
		}
	}},
}

// anyField is one of the message's fields, nil when it has none.
func (s *sampler) anyField(m *message) *field {
	if len(m.fields) == 0 {
		return nil
	}
	return &m.fields[s.IntN(len(m.fields))]
}

// hostMutations spoil the name of the server that is asked for.
var hostMutations = []messageMutation{
	{"no Host", func(s *sampler, m *message) { m.drop("Host") }},
	{"two Hosts", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), newField(s.pick("Host", "host", "HoSt"), s.pick("example.com", "other.example", "", m.hostValue())))
	}},
	{"Host in disguise", func(s *sampler, m *message) {
		m.insert(s.IntN(len(m.fields)+1), field{s.pick(" Host", "Host ", "Host\t", "H\x00ost", "Host\x0b", "X-A: b\rHost", "X-A: b\nHost"), ": ", "other.example", "\r\n"})
	}},
	{"Host", func(s *sampler, m *message) {
		m.drop("Host")
		m.insert(s.IntN(len(m.fields)+1), newField("Host", s.pick("", " ", "a b", "a,b", "h,h:80", "h,", ",h", "a,b,c", "a/b", "u@h", "u:p@h", "h:80:80", "h:x", "h:-1", "h:+80", "h:65535", "h:65536", "h:70000", "h:99999999999999999999", "h: 80", ":80", "[::1", "::1", "[::1]x", "[::1]:", "[1:2]", "[:::]", "[v1.x]", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]", "[]", "%41", "%4", "%zz", "h?x", "h#x", "h\\x", "\"h\"", "<h>", "h;x", "h'x", "h=x", "h..", ".", "-", "_", "a\tb", "a\x00b", "\xe9", "http://h", "*", "h|h", "h`", "{h}")))
	}},
}

// hostValue is what Host says, or nothing.
func (m *message) hostValue() string {
	if i := m.find("Host"); i >= 0 {
		return m.fields[i].value
	}
	return ""
}
