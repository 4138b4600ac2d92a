package differential

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// meaning reads what a head's parts say together, framing left aside.
func (m *Message) meaning(h *head) refusal {
	for _, refused := range []refusal{m.framed(h), m.options(h), m.expectations(h), m.hops(h), m.asked(h)} {
		if refused != "" {
			return refused
		}
	}
	m.Method = h.method
	m.Fields = h.forAll()
	return ""
}

// framed refuses what can not be framed, before anything of it is passed on.
func (m *Message) framed(h *head) refusal {
	_, refused := (&Message{}).readBody(&head{minor: h.minor, names: h.names, values: h.values}, "")
	if refused == "" && h.method == "TRACE" && h.content() {
		return "TRACE with content"
	}
	return refused
}

// content reports whether a valid head announces a body that is not empty.
func (h *head) content() bool {
	return h.all("Transfer-Encoding") != nil || strings.Trim(strings.Join(h.all("Content-Length"), ""), "0") != ""
}

// options checks that Connection is a list of tokens.
func (m *Message) options(h *head) refusal {
	options, _ := h.list("Connection")
	others := 0
	for _, option := range options {
		if !wholeToken.MatchString(latin1(option)) {
			return "no token in Connection"
		}
		if !slices.Contains([]string{"close", "keep-alive", "upgrade"}, strings.ToLower(option)) {
			others++
		}
	}
	m.may("more than 16 connection options", others > 16)
	return ""
}

// expectations notes what may be answered with 417 (RFC 9110, section 10.1.1).
func (m *Message) expectations(h *head) refusal {
	for _, value := range h.all("Expect") {
		m.may("an expectation other than 100-continue", h.minor > 0 && !strings.EqualFold(value, "100-continue"))
	}
	return ""
}

// hops reads Max-Forwards, which means something to two methods.
func (m *Message) hops(h *head) refusal {
	values := h.all("Max-Forwards")
	if len(values) == 0 || h.method != "TRACE" && h.method != "OPTIONS" {
		return ""
	}
	if len(values) > 1 || values[0] == "" || strings.Trim(values[0], "0123456789") != "" {
		return "no number in Max-Forwards"
	}
	if strings.Trim(values[0], "0") == "" {
		m.Answered = true
		m.may("a TRACE, or an OPTIONS with content, that goes no further", h.method == "TRACE" || h.content())
	}
	return ""
}

var (
	authority   = regexp.MustCompile(`^(\[[^\]]*\]|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::([0-9]*))?$`)
	absoluteURI = regexp.MustCompile(`^(?i:(https?))://([^/?]*)([/?].*)?$`)
)

// asked reads target and Host.
func (m *Message) asked(h *head) refusal {
	hosts := h.all("Host")
	switch {
	case len(hosts) > 1:
		return "several Hosts"
	case len(hosts) == 0 && h.minor > 0:
		return "no Host"
	case len(hosts) == 1 && hosts[0] != "":
		if !m.named(hosts[0]) {
			return "no authority in Host"
		}
	}
	if len(hosts) == 1 {
		m.Host = hosts[0]
	}
	m.Target = h.target
	switch parts := absoluteURI.FindStringSubmatch(h.target); {
	case h.method == "CONNECT":
		return "CONNECT asks for a tunnel"
	case h.target[0] == '/', h.target == "*" && h.method == "OPTIONS":
	case parts == nil:
		return "no target"
	case !m.named(parts[2]):
		return "no authority in the target"
	case len(hosts) == 1 && withoutPort(hosts[0], parts[1]) != withoutPort(parts[2], parts[1]):
		return "Host contradicts the target"
	default:
		m.Host, m.Target = parts[2], parts[3]
		switch {
		case m.Target == "" && h.method == "OPTIONS":
			m.Target = "*"
		case m.Target == "" || m.Target[0] == '?':
			m.Target = "/" + m.Target
		}
	}
	return ""
}

// named reports whether text is an authority with a host that is not empty.
func (m *Message) named(text string) bool {
	parts := authority.FindStringSubmatch(latin1(text))
	if parts == nil || parts[1] == "" {
		return false
	}
	if literal, found := strings.CutPrefix(parts[1], "["); found {
		if addr, err := netip.ParseAddr(strings.TrimSuffix(literal, "]")); err != nil || !addr.Is6() || addr.Zone() != "" {
			return false
		}
	}
	port, err := strconv.Atoi("0" + parts[2])
	m.may("a port above 65535", err != nil || port > 65535)
	m.may("a comma in a host's name", strings.Contains(parts[1], ","))
	return true
}

// withoutPort is an authority in a form that can be compared.
func withoutPort(authority, scheme string) string {
	standard := map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(scheme)]
	authority = strings.TrimSuffix(strings.ToLower(authority), standard)
	return strings.TrimSuffix(authority, ":")
}

// forOne are the fields meant for the next recipient only, or made anew by
// each.
var forOne = []string{"connection", "keep-alive", "proxy-connection", "te", "upgrade", "http2-settings", "transfer-encoding", "content-length", "host", "expect", "max-forwards", "via"}

// namesOthers reports whether Connection names fields that a careful recipient does not know: trailers, which it may
// drop, could be among those it must (RFC 9110, section 7.6.1).
func (h *head) namesOthers() bool {
	options, _ := h.list("Connection")
	return slices.ContainsFunc(options, func(o string) bool {
		known := slices.Concat(forOne, []string{"close", "cookie", "set-cookie", "date", "trailer"})
		return !slices.Contains(known, strings.ToLower(o))
	})
}

// forAll is the lines of the fields that are meant for every recipient.
func (h *head) forAll() string {
	named, _ := h.list("Connection")
	var lines []string
	for i := range h.names {
		name := strings.ToLower(h.names[i])
		if !slices.Contains(forOne, name) && !slices.ContainsFunc(named, func(o string) bool { return strings.EqualFold(o, name) }) {
			lines = append(lines, name+": "+h.values[i]+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
