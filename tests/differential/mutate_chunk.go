package differential

import (
	"strconv"
	"strings"
)

// chunkMutations spoil chunks: sizes, extensions, ends, trailers.
var chunkMutations = []messageMutation{
	{"chunk size", func(s *sampler, m *message) {
		c := s.anyChunk(m)
		size := c.size
		c.size = s.pick("0x"+size, "+"+size, "-"+size, " "+size, size+" ", size+"\t", "\t"+size, "0"+size, strings.Repeat("0", 20)+size, "1"+strings.Repeat("0", 15)+"5", "1"+strings.Repeat("0", 16)+size, "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF", "8000000000000000", "100000000"+size, "", "g", size+"g", size+".", size+"h", size+",", size+"\x00", "\x00"+size, size+"\x0b", "\""+size+"\"", "-0", "0x", "٥", size+" "+size, "_"+size, size+"_0")
	}},
	{"chunk size not of the data", func(s *sampler, m *message) {
		c := s.anyChunk(m)
		c.size = strconv.FormatInt(int64(max(0, len(c.data)+s.IntN(12)-6)), 16)
	}},
	{"chunk extension", func(s *sampler, m *message) {
		c := s.anyChunk(m)
		c.ext = s.pick(";", ";;", "; a", " ;a", ";a =b", ";a= b", ";a\t;b", ";=b", ";a=", ";a=\"", ";a=\"b", ";a=\"\r\nGET / HTTP/1.1\r\n", ";a=\"b\"c", ";a=b\"c\"", ";a=\"\\\"", ";a=\"\x00\"", ";a\x00", ";\x80", ";a=\x80", ";a=\"\x80\"", ";\n", ";a\nb", ";a\rb", ";a\r\n", " a", "a;b", "/a", ",a", "=a", ";a,b", ";a=b c", ";a;", ";a=b=c", ";a=\"\t\"", ";"+s.token)
	}},
	{"end of a chunk's size", func(s *sampler, m *message) {
		s.anyChunk(m).end = s.pick("\n", "\r", "\r\r\n", "\n\r\n", "\r\n\r\n", "", " \r\n", "\x00\r\n", "\rX\n", "\n\n")
	}},
	{"end of a chunk's data", func(s *sampler, m *message) {
		s.anyChunk(m).dataEnd = s.pick("\n", "\r", "", "XX", "\r\r\n", "\r\nX", "\n\r", " \r\n", "\x00\x00", "\r\n\r\n")
	}},
	{"last chunk", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.chunks[len(m.chunks)-1].size = s.pick("00", "0000000000000000", strings.Repeat("0", 17), strings.Repeat("0", 40), "-0", "0x0", "0 ", "", "1", "+0", "O")
	}},
	{"no last chunk", func(s *sampler, m *message) {
		s.ensureChunks(m)
		if n := len(m.chunks) - 1; n > 0 {
			m.chunks[n] = m.chunks[n-1]
		}
	}},
	{"trailer that frames", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.trailer = append(m.trailer, newField(s.pick("Content-Length", "Transfer-Encoding", "Host", "Connection", "Trailer", "Expect", "Cookie", "TE", "Upgrade"), s.pick("0", "5", "chunked", "close", "other.example")))
	}},
	{"trailer", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.trailer = append(m.trailer, field{
			s.pick("X-T", "X-T ", " X-T", "", "X\x00", "X T", "GET / HTTP/1.1\r\nHost"), s.pick(":", ": ", "", " : "),
			s.pick("1", "", "a\rb", "a\nb", "a\x00b", "a\r\n b", "\x80"), s.pick("\r\n", "\r\n", "\n", "\r", "\r\r\n", "")})
	}},
	{"end of the chunks", func(s *sampler, m *message) {
		s.ensureChunks(m)
		m.chunksEnd = s.pick("", "\n", "\r", "\r\r\n", " \r\n", "X", "\x00\r\n", "\r\n\r\n", "\n\r\n")
	}},
	{"long chunk extension", func(s *sampler, m *message) {
		s.anyChunk(m).ext = ";" + strings.Repeat("e", s.IntN(600))
	}},
	{"long trailer", func(s *sampler, m *message) {
		s.ensureChunks(m)
		for range 1 + s.IntN(12) {
			m.trailer = append(m.trailer, newField("X-T", strings.Repeat("t", 200+s.IntN(1000))))
		}
	}},
}

// anyChunk is one of the message's chunks, which it is given if it has none.
func (s *sampler) anyChunk(m *message) *chunk {
	if len(m.chunks) == 0 {
		s.ensureChunks(m)
	}
	return &m.chunks[s.IntN(len(m.chunks))]
}
