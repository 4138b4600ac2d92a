package differential

import (
	"strconv"
	"strings"
)

// framingMutations spoil what says where the body ends: the field of smuggling.
var framingMutations = []messageMutation{
	{"CL.TE and TE.CL", func(s *sampler, m *message) {
		s.ensureBody(m)
		length := newField("Content-Length", strconv.Itoa(s.IntN(2*len(m.body)+8)))
		if s.chance(40) {
			length.value = strconv.Itoa(len(m.wireBody()))
		}
		if m.find("Transfer-Encoding") < 0 {
			m.insert(s.IntN(len(m.fields)+1), newField("Transfer-Encoding", "chunked"))
			m.chunks = s.chunked(m.body)
		}
		m.insert(s.IntN(len(m.fields)+1), length)
	}},
	{"transfer coding", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.fields[m.find("Transfer-Encoding")].value = s.coding()
	}},
	{"two transfer codings", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.insert(s.IntN(len(m.fields)+1), newField(s.pick("Transfer-Encoding", "transfer-encoding", "Transfer-encoding"), s.coding()))
	}},
	{"transfer coding beside a length", func(s *sampler, m *message) {
		s.ensureBody(m)
		if m.find("Transfer-Encoding") >= 0 {
			return
		}
		f := newField("Transfer-Encoding", s.coding())
		f.colon = s.pick(": ", ": ", ":", ":\t", " : ", ":\x0b")
		m.insert(s.IntN(len(m.fields)+1), f)
		if s.chance(50) {
			m.chunks = s.chunked(m.body)
		}
	}},
	{"chunks in HTTP/1.0", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.version = "HTTP/1.0"
	}},
	{"length", func(s *sampler, m *message) {
		s.ensureLength(m)
		n := strconv.Itoa(len(m.body))
		m.fields[m.find("Content-Length")].value = s.pick("+"+n, "-"+n, "0x"+n, " "+n+" ", n+" "+n, n+","+n, n+", "+n, n+".0", n+"e0", n+";", n+"\x00", n+"\x0b", "\x0b"+n, "", " ", "00"+n,
			"9223372036854775807", "9223372036854775808", "18446744073709551616", "1844674407370955161"+n, "4294967296", "99999999999999999999999", "0b1", "٥", "five", "\""+n+"\"", n+"\r", n+"-", "-0", "1_0", "0x10", "0o7", n+"\t", "\n"+n)
	}},
	{"length not of the body", func(s *sampler, m *message) {
		s.ensureLength(m)
		m.fields[m.find("Content-Length")].value = strconv.Itoa(max(0, len(m.body)+s.IntN(60)-30))
	}},
	{"two lengths", func(s *sampler, m *message) {
		s.ensureLength(m)
		n := len(m.body)
		f := newField(s.pick("Content-Length", "content-length", "Content-length", "CONTENT-LENGTH", "Content_Length"), s.pick(strconv.Itoa(n), "0", strconv.Itoa(n+1), strconv.Itoa(max(0, n-1)), "", "x", "0"+strconv.Itoa(n)))
		m.insert(s.IntN(len(m.fields)+1), f)
	}},
	{"length where there is no body", func(s *sampler, m *message) {
		if m.find("Transfer-Encoding") < 0 && m.find("Content-Length") < 0 {
			m.fields = append(m.fields, newField("Content-Length", s.pick("0", "0", "1", "10", "60", "1000")))
		}
	}},
	{"no length where there is a body", func(s *sampler, m *message) {
		s.ensureBody(m)
		m.drop("Content-Length")
		m.drop("Transfer-Encoding")
	}},
	{"chunks without a coding", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.drop("Transfer-Encoding")
	}},
	{"a coding without chunks", func(s *sampler, m *message) {
		s.ensureLength(m)
		m.drop("Content-Length")
		m.fields = append(m.fields, newField("Transfer-Encoding", "chunked"))
	}},
	{"TE and Trailer", func(s *sampler, m *message) {
		m.fields = append(m.fields, newField("TE", s.pick("chunked", "trailers, chunked", "gzip")), newField("Trailer", s.pick("Content-Length", "X-Sum", "Transfer-Encoding, Host")))
	}},
}

// coding is a Transfer-Encoding as attackers write it; some are valid.
func (s *sampler) coding() string {
	return s.pick("chunked", "Chunked", "CHUNKED", " chunked ", "chunked\t", "xchunked", "chunkedx", "chunk", "chunked chunked", "chunked, chunked", "chunked,", ",chunked", ", ,chunked", "chunked,identity", "chunked, identity", "identity", "identity, chunked", "identity,chunked", "gzip", "gzip, chunked", "chunked, gzip", "deflate,gzip , chunked",
		"\"chunked\"", "'chunked'", "chunked;q=1", "chunked;", "chunked; x=y", "gzip;q=1, chunked", "\x0bchunked", "chunked\x0b", "\x00chunked", "chunked\x00", "\xffchunked", "chunked\xa0", "ch\xc3\xbcnked", "chun\tked", "chunked\r", "\nchunked", "\r\n chunked", "chunked\r\n ,identity", "", " ", "cow", "x, chunked", "chunKed", "chunked/1", "chunked=1", "0")
}

// wireBody is the body as it is sent.
func (m *message) wireBody() string {
	_, body, _ := strings.Cut((&message{chunks: m.chunks, body: m.body, trailer: m.trailer, chunksEnd: m.chunksEnd, headEnd: "\r\n"}).String(), "\r\n")
	return body
}

// ensureBody gives the message a body if it has none.
func (s *sampler) ensureBody(m *message) {
	if m.find("Content-Length") < 0 && m.find("Transfer-Encoding") < 0 {
		m.drop("Expect")
		s.addBody(m)
	}
}

// ensureLength has the body sent by its length.
func (s *sampler) ensureLength(m *message) {
	if m.body == "" {
		m.body = s.content()
	}
	m.drop("Transfer-Encoding")
	m.drop("Content-Length")
	m.chunks, m.trailer = nil, nil
	m.insert(s.IntN(len(m.fields)+1), newField("Content-Length", strconv.Itoa(len(m.body))))
}

// ensureChunks has the body sent in chunks.
func (s *sampler) ensureChunks(m *message) {
	s.ensureLength(m)
	m.fields[m.find("Content-Length")] = newField("Transfer-Encoding", "chunked")
	m.chunks = s.chunked(m.body)
}
