package differential

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Message is one request, as its bytes mean it to the next recipient.
type Message struct {
	Method, Target, Host string // Target without scheme and authority
	Fields               string // sorted lines of what is meant for every recipient
	Body, Trailer        string
	Whole                bool // the body is there to its end
	Answered             bool // to be answered by the first recipient, not forwarded

	// May are the reasons for which a careful recipient may refuse it, or
	// what follows it, although it is valid.
	May []string
}

// Reading is what the bytes of one connection mean.
type Reading struct {
	Messages []Message // the last may not be whole
	End      string    // why there are no more
	Rest     string    // what was not read
}

// What a Reading can end with, beside reasons to refuse the rest.
const (
	allRead    = "all read"
	incomplete = "incomplete"
	closing    = "closing"
)

// refusal is why the bytes mean no request.
type refusal string

// Read reads what a client sent, by the letter of RFC 9112 and RFC 9110: what
// their grammar has not, or what they let a recipient refuse because others
// have read it in two ways, is refused. It is written for clarity, and reads
// each head anew with regular expressions.
func Read(text string) Reading {
	var r Reading
	for text != "" {
		m, rest, end := next(text)
		if m != nil {
			r.Messages = append(r.Messages, *m)
		}
		if end != "" {
			r.End, r.Rest = end, text
			return r
		}
		text = rest
	}
	r.End = allRead
	return r
}

const tokenClass = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

var (
	// Any visible character but "#" counts as a target's: which of them a URI
	// may hold changes no boundary.
	requestLine = regexp.MustCompile(`^(` + tokenClass + `) ([!"$-~]+) HTTP/1\.([0-9])$`)
	fieldLine   = regexp.MustCompile(`^(` + tokenClass + `):[ \t]*((?:[!-~\x{80}-\x{ff}](?:[ \t!-~\x{80}-\x{ff}]*[!-~\x{80}-\x{ff}])?)?)[ \t]*$`)
	wholeToken  = regexp.MustCompile(`^` + tokenClass + `$`)
)

// latin1 makes a string whose characters are the bytes of text, which is what
// the expressions are about.
func latin1(text string) string {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}

// bytesOf undoes latin1.
func bytesOf(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
	}
	return b.String()
}

// head is a request's head in parts.
type head struct {
	method, target string
	minor          int
	names, values  []string
}

// all is the values of a name's fields.
func (h *head) all(name string) []string {
	var values []string
	for i := range h.names {
		if strings.EqualFold(h.names[i], name) {
			values = append(values, h.values[i])
		}
	}
	return values
}

// list is the elements of the fields of a name together (RFC 9110, section 5.6.1).
func (h *head) list(name string) (elements []string, empty bool) {
	for _, value := range h.all(name) {
		for element := range strings.SplitSeq(value, ",") {
			if element = strings.Trim(element, " \t"); element == "" {
				empty = true
			} else {
				elements = append(elements, element)
			}
		}
	}
	return elements, empty
}

// next reads one message off text. end is not empty where there is no next.
func next(text string) (m *Message, rest, end string) {
	m = &Message{}
	empty := 0
	for ; strings.HasPrefix(text, "\r\n"); empty++ {
		text = text[2:]
	}
	m.may(emptyLines, empty > 1)
	raw, after, found := strings.Cut(text, "\r\n\r\n")
	if !found {
		return nil, "", incomplete
	}
	h, refused := m.readHead(raw)
	if refused == "" {
		refused = m.meaning(h)
	}
	if refused != "" {
		return nil, "", string(refused)
	}
	rest, refused = m.readBody(h, after)
	if h.namesOthers() {
		m.Trailer = ""
	}
	switch {
	case refused != "":
		return m, "", string(refused)
	case !m.Whole:
		return m, "", incomplete
	case m.closes(h):
		return m, "", closing
	}
	return m, rest, ""
}

// may notes a reason to refuse the message, if it holds.
func (m *Message) may(reason string, holds bool) {
	if holds && !slices.Contains(m.May, reason) {
		m.May = append(m.May, reason)
	}
}

// readHead takes the lines of a head apart.
func (m *Message) readHead(raw string) (*head, refusal) {
	lines := strings.Split(raw, "\r\n")
	parts := requestLine.FindStringSubmatch(latin1(lines[0]))
	if parts == nil {
		return nil, "no request line"
	}
	h := &head{method: parts[1], target: parts[2]}
	h.minor, _ = strconv.Atoi(parts[3])
	m.may("a limit", len(h.method) > 32 || len(lines[0])+2 > 8192 || len(raw)+6 > 32<<10 || len(lines)-1 > 100)
	for _, line := range lines[1:] {
		parts := fieldLine.FindStringSubmatch(latin1(line))
		if parts == nil {
			return nil, "no field line"
		}
		m.may("a limit", len(line)+2 > 8192)
		h.names, h.values = append(h.names, parts[1]), append(h.values, bytesOf(parts[2]))
	}
	return h, ""
}

// closes reports whether the message is the client's last.
func (m *Message) closes(h *head) bool {
	options, _ := h.list("Connection")
	has := func(option string) bool {
		return slices.ContainsFunc(options, func(o string) bool { return strings.EqualFold(o, option) })
	}
	return has("close") || h.minor == 0 && !has("keep-alive")
}

// readBody reads the body, as far as it goes.
func (m *Message) readBody(h *head, text string) (rest string, _ refusal) {
	codings, emptyElement := h.list("Transfer-Encoding")
	lengths := h.all("Content-Length")
	coded := h.all("Transfer-Encoding") != nil
	switch {
	case coded && lengths != nil:
		return "", "both Transfer-Encoding and Content-Length"
	case coded && h.minor == 0:
		return "", "Transfer-Encoding in HTTP/1.0"
	case coded && (len(codings) != 1 || !strings.EqualFold(codings[0], "chunked")):
		return "", "a transfer coding other than chunked"
	case len(lengths) > 1:
		return "", "several Content-Lengths"
	case coded:
		m.may("an empty list element in Transfer-Encoding", emptyElement)
		return m.readChunks(text)
	}
	length := uint64(0)
	if lengths != nil {
		var err error
		if length, err = strconv.ParseUint(lengths[0], 10, 64); err != nil || length > math.MaxInt64 || strings.ContainsAny(lengths[0], "+-_") {
			return "", "no length in Content-Length"
		}
	}
	n := min(uint64(len(text)), length)
	m.Body, m.Whole = text[:n], n == length
	return text[n:], ""
}
