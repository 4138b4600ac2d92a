package proto

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// CheckName tells whether s may name a service, a scheduler or a module: 1 to
// 15 bytes of letters, digits, '-', '_' and '.'.
func CheckName(s string) error { return serviceSet.attrs[ServiceAttrName].checkString(s) }

// CheckKnob tells whether s may name a knob.
func CheckKnob(s string) error { return knobSet.attrs[KnobAttrName].checkString(s) }

// CheckPattern tells whether s may be an expression: 1 to 255 bytes of UTF-8
// without control characters. Whether it compiles is the daemon's to say.
func CheckPattern(s string) error { return ruleSet.attrs[RuleAttrPattern].checkString(s) }

// CheckPrefix tells whether s may be what a path begins with: 1 to 255 bytes of visible
// ASCII, "/" first, as a request has them: what else a path may have is percent-encoded.
func CheckPrefix(s string) error {
	if err := ruleSet.attrs[RuleAttrPrefix].checkString(s); err != nil {
		return err
	}
	if s[0] != '/' {
		return errors.New(`it does not begin with "/", as all paths do`)
	}
	return nil
}

// CheckURI tells whether what is asked of the URI goes together.
func (c *Conditions) CheckURI() error {
	var given []string
	for _, one := range [...][2]string{{"pattern", c.Pattern}, {"path", c.Path}, {"prefix", c.Prefix}} {
		if one[1] != "" {
			given = append(given, one[0])
		}
	}
	switch {
	case len(given) > 1:
		return fmt.Errorf("a rule has one of pattern, path and prefix at most, and %s are given", strings.Join(given, " and "))
	case len(given) == 0 && c.IgnoreCase:
		return errors.New("ignoring case needs a pattern, a path or a prefix, and none is given")
	}
	return nil
}

// CheckMethod tells whether s may be a rule's method: a token (RFC 9110,
// section 5.6.2) of 1 to 32 bytes.
func CheckMethod(s string) error { return ruleSet.attrs[RuleAttrMethod].checkString(s) }

// ParseVia reads what Via is to name a service by: "on" and "off" in any case, or
// a pseudonym, a token of 1 to 63 bytes.
func ParseVia(s string) (string, error) {
	if word := strings.ToLower(s); word == "on" || word == "off" {
		return word, nil
	}
	return s, serviceSet.attrs[ServiceAttrVia].checkString(s)
}

// CheckNumbers tells whether the numbers that are given of a service go together.
func (s *Service) CheckNumbers() error {
	if s.MaxClients > 0 && s.StartServers > s.MaxClients {
		return fmt.Errorf("startservers is %d, expected no more than maxclients, which is %d", s.StartServers, s.MaxClients)
	}
	if s.MaxSpareServers > 0 && s.MinSpareServers > s.MaxSpareServers {
		return fmt.Errorf("minspareservers is %d, expected no more than maxspareservers, which is %d", s.MinSpareServers, s.MaxSpareServers)
	}
	return nil
}

// DefaultNumbers fills in those that a new service is not given: they give way to
// those that are.
func (s *Service) DefaultNumbers() {
	s.MaxClients = cmp.Or(s.MaxClients, DefaultMaxClients)
	s.StartServers = cmp.Or(s.StartServers, min(DefaultStartServers, s.MaxClients))
	least := cmp.Or(s.MinSpareServers, min(DefaultMinSpareServers, cmp.Or(s.MaxSpareServers, DefaultMaxSpareServers)))
	s.MinSpareServers, s.MaxSpareServers = least, cmp.Or(s.MaxSpareServers, max(DefaultMaxSpareServers, least))
}

// ParseSwitch reads "on" or "off", in any case.
func ParseSwitch(s string) (Switch, error) {
	switch strings.ToLower(s) {
	case "on":
		return On, nil
	case "off":
		return Off, nil
	}
	return NotGiven, fmt.Errorf("expected on or off")
}

// CheckField tells whether s may name a header, a cookie or a query parameter:
// 1 to 255 bytes of visible UTF-8.
func CheckField(s string) error { return namedPatternSet.attrs[NamedAttrName].checkString(s) }

// CheckHeader tells whether s may name a header: a token (RFC 9110, section 5.1)
// of 1 to 255 bytes.
func CheckHeader(s string) error {
	if err := CheckField(s); err != nil {
		return err
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !isTokenChar(r) }); i >= 0 {
		return fmt.Errorf("name has %q at byte %d, expected a token", s[i:i+runeLen(s[i:])], i)
	}
	return nil
}

// CheckSource tells whether p may be a rule's source: an IPv4 or IPv6 prefix
// with no bit set past its length.
func CheckSource(p netip.Prefix) error {
	switch {
	case !p.IsValid():
		return fmt.Errorf("source is not a prefix")
	case p.Addr().Is4In6():
		return fmt.Errorf("source %v is IPv4 in an IPv6 address, expected IPv4", p)
	case p.Masked() != p:
		return fmt.Errorf("source %v has bits set past its length, expected %v", p, p.Masked())
	}
	return nil
}

// CheckServer tells whether a real server may have the address: that of one machine,
// to which a connection can be made.
func CheckServer(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case a.IsUnspecified():
		return fmt.Errorf("%v is no machine's address, expected that of a real server (127.0.0.1 or ::1 for this machine)", a)
	case a.IsMulticast():
		return fmt.Errorf("%v is a multicast address, expected that of one real server", a)
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%v is the broadcast address, expected that of one real server", a)
	case a.Is6() && a.IsLinkLocalUnicast():
		return fmt.Errorf("%v is a link-local address, which needs a zone and can not have one here: expected another of the real server's", a)
	}
	return nil
}

// CheckListen tells whether a service may listen at the address: one that connections
// can be made to, or all.
func CheckListen(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case a.IsMulticast():
		return fmt.Errorf("%v is a multicast address, to which nobody can connect", a)
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%v is the broadcast address, to which nobody can connect", a)
	}
	return nil
}

// checkString holds a string to its attribute: its length in bytes, then its
// characters.
func (a *attribute) checkString(s string) error {
	if n := int64(len(s)); n < a.min || n > a.max {
		return fmt.Errorf("%s is %d bytes long, expected %d to %d", a.name, n, a.min, a.max)
	}
	if a.chars == nil {
		return nil
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !a.chars.has(r) }); i >= 0 {
		return fmt.Errorf("%s has %q at byte %d, expected %s", a.name, s[i:i+runeLen(s[i:])], i, a.chars.words)
	}
	return nil
}

// checkNumber holds an integer to its attribute.
func (a *attribute) checkNumber(n int64) error {
	if n < a.min || n > a.max {
		return fmt.Errorf("%s is %d, expected %d to %d", a.name, n, a.min, a.max)
	}
	return nil
}

// charset is the characters that a string may hold.
type charset struct {
	words string
	has   func(rune) bool
}

var (
	nameChars  = &charset{"letters, digits, '-', '_' and '.'", isNameChar}
	tokenChars = &charset{"a token", isTokenChar}
	fieldChars = &charset{"visible characters", func(r rune) bool { return isText(r) && r != ' ' }}
	pathChars  = &charset{`visible ASCII without "?" and "#"`, func(r rune) bool { return r > ' ' && r < 0x7f && r != '?' && r != '#' }}
	textChars  = &charset{"no control characters", isText}
)

func isNameChar(r rune) bool {
	return isAlphanumeric(r) || r == '-' || r == '_' || r == '.'
}

func isTokenChar(r rune) bool {
	return isAlphanumeric(r) || r > 0 && strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isText excludes what would garble a listing: the control characters of
// ASCII and Latin-1, and bytes that are not UTF-8.
func isText(r rune) bool {
	return r >= ' ' && !(0x7f <= r && r < 0xa0) && r != utf8.RuneError
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
