package differential

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// sampler draws valid messages. The same seed and index draw the same ones.
type sampler struct {
	*rand.Rand
	token string // unique in the corpus: part of every target
	drawn int    // messages so far
}

func newSampler(seed, index uint64) *sampler {
	return &sampler{Rand: rand.New(rand.NewPCG(seed, index)), token: fmt.Sprintf("s%dc%d", seed, index)}
}

func (s *sampler) pick(among ...string) string { return among[s.IntN(len(among))] }

func (s *sampler) chance(percent int) bool { return s.IntN(100) < percent }

// host is an authority as a Host field may name it.
func (s *sampler) host() string {
	return s.pick("example.com", "example.com", "a", "WWW.Example.com", "10.0.0.1", "[::1]", "[2001:db8::7]", "x-y.z_w~0", "caf%c3%a9") +
		s.pick("", "", "", ":80", ":8080", ":")
}

// message draws a valid message.
func (s *sampler) message() *message {
	m := &message{
		gap: " ", gap2: " ", version: "HTTP/1.1", end: "\r\n", headEnd: "\r\n", chunksEnd: "\r\n",
		method: s.pick("GET", "GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PURGE", "M-SEARCH", "get", "Post"),
	}
	if s.chance(6) {
		m.version = "HTTP/1.0"
	}
	m.target = s.target()
	host := s.host()
	switch {
	case s.chance(4):
		m.target = s.pick("http", "http", "HTTP", "https") + "://" + host + s.pick("", m.target, "?"+s.token, m.target)
	case m.method == "OPTIONS" && s.chance(50):
		m.target = "*"
	}
	if m.version == "HTTP/1.1" || s.chance(60) {
		m.fields = append(m.fields, newField(s.pick("Host", "Host", "host", "HOST"), host))
	}
	for range s.IntN(6) {
		f := s.field(m)
		m.insert(s.IntN(len(m.fields)+1), f)
	}
	s.connection(m)
	if s.chance(45) {
		s.addBody(m)
	}
	s.drawn++
	return m
}

// target is a path and query in the origin-form.
func (s *sampler) target() string {
	path := "/" + s.token + "m" + strconv.Itoa(s.drawn)
	return path + s.pick("", "", "/", "/a/b/c", "/../x", "//x", "/%2e%2e/%00", "/a;p=1,2", "?q=1&r=%20", "?", "?a=http://x/y?z", "/*", "/:@!$&'()+,=", "/\"<>{}|^`\\", "/%zz")
}

// field is one that means nothing to a gateway.
func (s *sampler) field(m *message) field {
	f := newField(s.pick("Accept", "User-Agent", "X-A", "x_under.score", "Cookie", "Referer", "Content-Type", "X-"+strings.Repeat("n", 1+s.IntN(40)), "Via", "Date", "X!#$%&'*+-.^_`|~"), "")
	f.value = s.pick("", "1", "a b", "a\tb", "*/*", "\"quoted, text\"", "k=v; l=w", "caf\xe9", "\xc3\xa9\xff", "GET / HTTP/1.1", "chunked", "Content-Length: 5", strings.Repeat("v", s.IntN(200)))
	f.colon = s.pick(": ", ": ", ": ", ":", ":\t", ":  \t ")
	f.value += s.pick("", "", "", " ", "\t", " \t ")
	if s.chance(5) && m.method != "OPTIONS" && m.method != "TRACE" {
		f = newField("Max-Forwards", s.pick("0", "3", "many"))
	}
	return f
}

// connection draws what concerns the connection alone.
func (s *sampler) connection(m *message) {
	add := func(name, value string) { m.insert(s.IntN(len(m.fields)+1), newField(name, value)) }
	switch s.IntN(20) {
	case 0:
		add("Connection", s.pick("close", "Close", "x-a, close", "close,"))
	case 1:
		add("Connection", s.pick("keep-alive", "Keep-Alive", "keep-alive, X-A", ", ,keep-alive"))
		add("Keep-Alive", "timeout=5")
	case 2:
		add("Connection", s.pick("X-A", "te, Cookie", "x-unknown", "accept,accept , accept"))
		add("TE", s.pick("trailers", "", "deflate;q=0.5"))
	case 3:
		add("Connection", s.pick("upgrade", "Upgrade, keep-alive"))
		add("Upgrade", s.pick("websocket", "h2c", "foo/1, bar"))
	case 4:
		add("Proxy-Connection", "keep-alive")
	}
	if m.method == "OPTIONS" && s.chance(30) {
		add("Max-Forwards", s.pick("0", "1", "10", "007", "99999999999999"))
	}
}

// addBody gives the message a body, by length or in chunks.
func (s *sampler) addBody(m *message) {
	m.body = s.content()
	if m.version == "HTTP/1.0" || s.chance(50) {
		m.insert(s.IntN(len(m.fields)+1), newField(s.pick("Content-Length", "content-length"), s.pick("", "", "", "0", "000")+strconv.Itoa(len(m.body))))
	} else {
		m.insert(s.IntN(len(m.fields)+1), newField(s.pick("Transfer-Encoding", "transfer-encoding"), s.pick("chunked", "chunked", "Chunked", "chunked ")))
		m.chunks = s.chunked(m.body)
		for range s.IntN(2) * s.IntN(3) {
			m.trailer = append(m.trailer, newField(s.pick("X-Sum", "X-T"), s.pick("", "1", "a b")))
		}
	}
	if m.version == "HTTP/1.1" && s.chance(8) {
		m.insert(s.IntN(len(m.fields)+1), newField("Expect", s.pick("100-continue", "100-Continue")))
	}
}

// content is a body; many look like requests, which is what smuggling needs.
func (s *sampler) content() string {
	hidden := s.pick("GET", "POST") + " /" + s.token + "hidden HTTP/1.1\r\nHost: h\r\n\r\n"
	switch s.IntN(12) {
	case 0:
		return ""
	case 1, 2, 3:
		return hidden
	case 4, 5:
		return "0\r\n\r\n" + hidden
	case 6:
		return "5\r\nabcde\r\n0\r\n\r\n"
	case 7:
		return "x=" + strings.Repeat("\r\n", s.IntN(5)) + "\x00\xff"
	case 8:
		return strings.Repeat("0123456789abcdef", s.IntN(60))
	case 9:
		if s.chance(15) {
			return strings.Repeat(s.token+"\n", 1+s.IntN(8000))
		}
	}
	return s.token + strings.Repeat("b", s.IntN(40))
}

// chunked cuts a body into chunks.
func (s *sampler) chunked(body string) []chunk {
	var list []chunk
	for len(body) > 0 {
		n := 1 + s.IntN(len(body))
		if s.chance(40) {
			n = len(body)
		}
		list = append(list, s.chunk(body[:n]))
		body = body[n:]
	}
	return append(list, s.chunk(""))
}

func (s *sampler) chunk(data string) chunk {
	size := strconv.FormatInt(int64(len(data)), 16)
	if s.chance(20) {
		size = strings.ToUpper(size)
	}
	return chunk{
		size: s.pick("", "", "", "", "0", "000") + size, end: "\r\n", data: data, dataEnd: "\r\n",
		ext: s.pick("", "", "", "", "", ";a", ";a=b", ";a=\"b;c\\\"d\"", ";a;b=c;d=\"\""),
	}
}
