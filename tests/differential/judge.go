package differential

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Difference is how what a proxy did is not what the bytes mean. The zero
// value is none.
type Difference struct {
	Kind   Kind
	Detail string
	May    []string // for Fewer: what would explain it
}

// Kind tells differences apart.
type Kind string

// The kinds, worst first.
const (
	Malformed  Kind = "forwarded what is no message"
	More       Kind = "forwarded a message that the bytes do not mean"
	Other      Kind = "forwarded another message than the bytes mean"
	Misdirect  Kind = "gave the client other responses than its requests got"
	Silent     Kind = "refused without telling the client"
	Fewer      Kind = "refused a valid message"
	Unanswered Kind = "left the client without an end"
)

// Compare judges what came of a case at the server. exact asks for the same
// Host and fields, which is what ours promises; others may be configured to
// change them.
func Compare(want Reading, got Received, exact bool) Difference {
	expected := slices.DeleteFunc(slices.Clone(want.Messages), func(m Message) bool { return m.Answered })
	if len(got.Malformed) > 0 {
		return Difference{Kind: Malformed, Detail: strings.Join(got.Malformed, "; ")}
	}
	for i := range got.Messages {
		m := &got.Messages[i]
		if i >= len(expected) || !expected[i].Whole {
			return Difference{Kind: More, Detail: fmt.Sprintf("message %d: %s", i, m)}
		}
		if other := m.differs(&expected[i], exact); other != "" {
			return Difference{Kind: Other, Detail: fmt.Sprintf("message %d: %s, got %s, want %s", i, other, m, &expected[i])}
		}
	}
	at := len(got.Messages)
	for i := range got.Parts {
		part := &got.Parts[i]
		if i > 0 || at >= len(expected) {
			return Difference{Kind: More, Detail: "part of a message: " + part.String()}
		}
		whole := expected[at]
		if !strings.HasPrefix(whole.Body, part.Body) {
			return Difference{Kind: Other, Detail: fmt.Sprintf("part of a message: got %s, want %s", part, &whole)}
		}
		whole.Body, whole.Trailer, part.Trailer = part.Body, "", ""
		if other := part.differs(&whole, exact); other != "" {
			return Difference{Kind: Other, Detail: fmt.Sprintf("part of a message: %s, got %s, want %s", other, part, &whole)}
		}
	}
	if at < len(expected) && expected[at].Whole {
		return Difference{Kind: Fewer, Detail: fmt.Sprintf("message %d: %s", at, &expected[at]), May: reasons(want, at)}
	}
	return Difference{}
}

// emptyLines is the reason in Message.May that says that it may be refused before
// it is seen.
const emptyLines = "more than one empty line before the request line"

// reasons are what may explain that no more than the first so many messages
// were forwarded.
func reasons(want Reading, forwarded int) []string {
	var may []string
	for i := range want.Messages {
		m := &want.Messages[i]
		if forwarded == 0 {
			may = append(may, m.May...)
		}
		if m.Answered {
			continue
		}
		if forwarded == 0 {
			break
		}
		forwarded--
	}
	return may
}

// differs says in what a forwarded message differs from the expected one. One
// that names no host, as HTTP/1.0 allows, is forwarded with the server's address
// for it, which every server understands.
func (m *Message) differs(other *Message, exact bool) string {
	switch {
	case m.Method != other.Method:
		return "method"
	case m.Target != other.Target:
		return "target"
	case m.Body != other.Body:
		return "body"
	case exact && m.Host != other.Host && !(other.Host == "" && isLoopback(m.Host)):
		return "Host"
	case exact && m.Fields != other.Fields:
		return "fields"
	case exact && m.Trailer != other.Trailer:
		return "trailer"
	}
	return ""
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddrPort(host)
	return err == nil && addr.Addr().IsLoopback()
}

func (m *Message) String() string {
	return fmt.Sprintf("%s %s of %q, fields %s, body of %d bytes %s, trailer %s, whole %v", quote(m.Method), quote(m.Target), m.Host, quote(m.Fields), len(m.Body), quote(m.Body), quote(m.Trailer), m.Whole)
}

// CompareAnswers judges what the client got: the answer of each forwarded
// message, in order, then at most one refusal, which there must be if what
// follows was refused.
func CompareAnswers(want Reading, got Received, answers string) Difference {
	reader := bufio.NewReader(strings.NewReader(answers))
	served, answered, refused := 0, 0, ""
	bad := func(format string, args ...any) Difference {
		return Difference{Kind: Misdirect, Detail: fmt.Sprintf(format, args...)}
	}
	for i := 0; ; i++ {
		if _, err := reader.Peek(1); err != nil {
			break
		}
		if refused != "" {
			return bad("something follows %s", refused)
		}
		method := want.method(i, served+answered)
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return bad("response %d: %v", i, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return bad("response %d: %v", i, err)
		}
		switch {
		case response.StatusCode >= 400 && response.Header.Get("Cache-Control") == "no-store":
			refused = response.Status
		case i < len(want.Messages) && want.Messages[i].Answered:
			if response.StatusCode != 200 || len(body) > 0 {
				return bad("response %d is %s %q, want an answer to OPTIONS", i, response.Status, body)
			}
			answered++
		default:
			if response.StatusCode != 200 || method != "HEAD" && string(body) != fmt.Sprint(served) {
				return bad("response %d is %s %q, want the server's answer %d", i, response.Status, body, served)
			}
			served++
		}
	}
	if served != len(got.Messages) {
		return bad("%d responses of the server, which gave %d", served, len(got.Messages))
	}
	if refused == "" && want.refusesAfter(len(got.Messages)) {
		return Difference{Kind: Silent, Detail: want.End}
	}
	return Difference{}
}

// CompareEnds judges how a connection ended for the client that has its answers.
// One that sends more behind a request which asked for the end may meet a closed
// connection, and be reset (RFC 9112, section 9.6).
func CompareEnds(want Reading, failure error) Difference {
	if failure == nil || want.End == closing && errors.Is(failure, unix.ECONNRESET) {
		return Difference{}
	}
	return Difference{Kind: Unanswered, Detail: failure.Error()}
}

// method is that of message i, to which a response is to be read, when ours
// has taken that many messages. Even the refusal of a HEAD has no body.
func (r *Reading) method(i, taken int) string {
	switch {
	case i < len(r.Messages) && (i < taken || !slices.Contains(r.Messages[i].May, emptyLines)):
		return r.Messages[i].Method
	case i == len(r.Messages) && strings.HasPrefix(strings.TrimPrefix(r.Rest, "\r\n"), "HEAD "):
		return "HEAD"
	}
	return "GET" // or refused before the method was seen
}

// refusesAfter reports whether the bytes mean nothing after that many
// forwarded messages, and are read so far.
func (r *Reading) refusesAfter(forwarded int) bool {
	if r.End == allRead || r.End == incomplete || r.End == closing {
		return false
	}
	for i := range r.Messages {
		m := &r.Messages[i]
		if m.Whole && !m.Answered {
			forwarded--
		}
	}
	return forwarded == 0
}
