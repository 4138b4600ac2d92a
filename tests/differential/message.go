package differential

import "strings"

// message is a request in parts, each as it will be sent, so that a mutation
// can spoil any of them.
type message struct {
	before       string // in front of the request line
	method, gap  string
	target, gap2 string
	version, end string
	fields       []field
	headEnd      string
	body         string
	chunks       []chunk // the last one included; none: body goes as it is
	trailer      []field
	chunksEnd    string
}

// field is one field line.
type field struct{ name, colon, value, end string }

// chunk is one chunk of a body, with what stands around its data.
type chunk struct{ size, ext, end, data, dataEnd string }

func newField(name, value string) field { return field{name, ": ", value, "\r\n"} }

func (f field) String() string { return f.name + f.colon + f.value + f.end }

// String is the message as it is sent.
func (m *message) String() string {
	var b strings.Builder
	for _, part := range []string{m.before, m.method, m.gap, m.target, m.gap2, m.version, m.end} {
		b.WriteString(part)
	}
	for _, f := range m.fields {
		b.WriteString(f.String())
	}
	b.WriteString(m.headEnd)
	if len(m.chunks) == 0 {
		b.WriteString(m.body)
		return b.String()
	}
	for i, c := range m.chunks {
		b.WriteString(c.size + c.ext + c.end)
		if i < len(m.chunks)-1 {
			b.WriteString(c.data + c.dataEnd)
		}
	}
	for _, f := range m.trailer {
		b.WriteString(f.String())
	}
	b.WriteString(m.chunksEnd)
	return b.String()
}

// find is the place of the first field of that name, -1 for none.
func (m *message) find(name string) int {
	for i, f := range m.fields {
		if strings.EqualFold(f.name, name) {
			return i
		}
	}
	return -1
}

// drop takes the fields of that name out.
func (m *message) drop(name string) {
	for i := m.find(name); i >= 0; i = m.find(name) {
		m.fields = append(m.fields[:i], m.fields[i+1:]...)
	}
}

// insert puts a field at a place.
func (m *message) insert(at int, f field) {
	m.fields = append(m.fields[:at], append([]field{f}, m.fields[at:]...)...)
}
