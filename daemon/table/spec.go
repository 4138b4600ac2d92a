package table

import (
	"cmp"
	"net/netip"
	"strings"
	"unicode/utf8"

	"ktcpvs/daemon/match"
)

// Limits and defaults of the values (reference sections 1 to 3).
const (
	MaxName    = 15  // bytes of a service's name
	MaxPattern = 255 // bytes of an expression
	MaxMatch   = 10  // highest capture group
	MaxWeight  = 65535
	MaxServers = 65535 // of each setting that counts contexts or connections
	MaxListens = 32    // addresses of a service

	DefaultScheduler       = "http"
	DefaultListenPort      = 8080
	DefaultStartServers    = 8
	DefaultMaxClients      = 65535
	DefaultMinSpareServers = 6
	DefaultMaxSpareServers = 18

	MaxVia = 63 // bytes of a pseudonym
	ViaOn  = "on"
	ViaOff = "off"
)

// ServiceSpec is what an operator says of a service. A zero field was not
// given: AddService takes the default for it, SetService leaves it as it is.
type ServiceSpec struct {
	Name      string
	Scheduler string
	Listen    netip.AddrPort // may lack its address or its port: only the other was given

	// Also are further addresses; one without a port has that of Listen. They come
	// with an address in Listen, and with it are all that the service is to have.
	Also []netip.AddrPort

	Redirect      netip.AddrPort
	ClearRedirect bool // SetService: take the redirect away

	Via string // ViaOn, which is the default, ViaOff, or a pseudonym (a token)

	AllowLoop Switch // it may lead to a service of this daemon; SwitchOff
	Freebind  Switch // it may listen at an address that is not there; SwitchOff
	V6Only    Switch // at [::] it leaves IPv4 alone; SwitchOff

	State Switch // whether it runs; SwitchOff

	// Each 1 to 65535.
	StartServers    int
	MaxClients      int
	MinSpareServers int
	MaxSpareServers int
}

// Switch is a setting that is on or off.
type Switch int

// The states of a Switch.
const (
	NotGiven Switch = iota
	SwitchOff
	SwitchOn
)

// ServerSpec is what an operator says of a real server.
type ServerSpec struct {
	Addr   netip.AddrPort // port 0: that of the service
	Weight int            // 0 to 65535
}

// RuleSpec is what an operator says of a rule: one of its servers at a time.
type RuleSpec struct {
	Pattern match.Pattern
	Match   int            // 0 to 10
	Server  netip.AddrPort // port 0: that of the service
	Number  int            // AddRule: 0 is the usual place
}

// defaults fills in what was not given of a new service.
func (s ServiceSpec) defaults() ServiceSpec {
	s.Scheduler = cmp.Or(s.Scheduler, DefaultScheduler)
	s.Listen = merge(s.Listen, netip.AddrPortFrom(netip.IPv4Unspecified(), DefaultListenPort))
	s.Also = mergeAll(s.Also, s.Listen)
	s.Via = cmp.Or(s.Via, ViaOn)
	return s
}

// merge takes the parts of given that are there, and the others of otherwise.
func merge(given, otherwise netip.AddrPort) netip.AddrPort {
	addr, port := otherwise.Addr(), otherwise.Port()
	if given.Addr().IsValid() {
		addr = given.Addr().Unmap()
	}
	if given.Port() != 0 {
		port = given.Port()
	}
	return netip.AddrPortFrom(addr, port)
}

// check holds the values that were given to their ranges.
func (s ServiceSpec) check() error {
	if err := checkName(s.Name); err != nil {
		return err
	}
	if err := s.checkListens(); err != nil {
		return err
	}
	if given := s.Redirect != (netip.AddrPort{}); given {
		switch {
		case !s.Redirect.IsValid() || s.Redirect.Port() == 0:
			return Refuse(ErrInvalid, "service %q: redirect needs an address and a port", s.Name)
		case s.Redirect.Addr().Zone() != "":
			return Refuse(ErrInvalid, "service %q: redirect address %v has a zone, expected none", s.Name, s.Redirect)
		case s.ClearRedirect:
			return Refuse(ErrInvalid, "service %q: redirect is both set and taken away", s.Name)
		}
	}
	if err := checkVia(s.Name, s.Via); err != nil {
		return err
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"startservers", s.StartServers},
		{"maxclients", s.MaxClients},
		{"minspareservers", s.MinSpareServers},
		{"maxspareservers", s.MaxSpareServers},
	} {
		if n.value < 0 || n.value > MaxServers {
			return Refuse(ErrInvalid, "service %q: %s is %d, expected 1 to %d", s.Name, n.name, n.value, MaxServers)
		}
	}
	return s.checkNumbers()
}

// checkVia holds a pseudonym to what Via may name a gateway by (RFC 9110,
// section 7.6.3).
func checkVia(service, via string) error {
	if len(via) > MaxVia {
		return Refuse(ErrInvalid, "service %q: via has %d bytes, expected %d at most", service, len(via), MaxVia)
	}
	for i, c := range via {
		if !isToken(c) {
			return Refuse(ErrInvalid, "service %q: via has %q at byte %d, expected a token", service, c, i)
		}
	}
	return nil
}

// isToken tells the characters of a token (RFC 9110, section 5.6.2).
func isToken(r rune) bool {
	letter, digit := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z', '0' <= r && r <= '9'
	return letter || digit || r > 0 && strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func checkName(name string) error {
	if len(name) == 0 || len(name) > MaxName {
		return Refuse(ErrInvalid, "service name %q has %d bytes, expected 1 to %d", name, len(name), MaxName)
	}
	for _, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("-_.", c) < 0 {
			return Refuse(ErrInvalid, "service name %q has %q, expected letters, digits, '-', '_' and '.'", name, c)
		}
	}
	return nil
}

func checkWeight(weight int) error {
	if weight < 0 || weight > MaxWeight {
		return Refuse(ErrInvalid, "weight is %d, expected 0 to %d", weight, MaxWeight)
	}
	return nil
}

func (s RuleSpec) check() error {
	if s.Match < 0 || s.Match > MaxMatch {
		return Refuse(ErrInvalid, "match is %d, expected 0 to %d", s.Match, MaxMatch)
	}
	p := &s.Pattern
	if err := checkURI(p); err != nil {
		return err
	}
	exprs := []string{p.URI(), p.Host, p.Method}
	for _, named := range [][]match.NamedExpr{p.Headers, p.Cookies, p.Queries} {
		for _, n := range named {
			if n.Name == "" {
				return Refuse(ErrInvalid, "rule %s: a header, cookie or query without a name", describe(p))
			}
			exprs = append(exprs, n.Name, n.Expr)
		}
	}
	for _, h := range p.Headers {
		if i := strings.IndexFunc(h.Name, func(r rune) bool { return !isToken(r) }); i >= 0 {
			return Refuse(ErrInvalid, "rule %s: the header's name has %q at byte %d, expected a token", describe(p), h.Name[i:i+1], i)
		}
	}
	asks := p.Source.IsValid()
	for _, expr := range exprs {
		if len(expr) > MaxPattern {
			return Refuse(ErrInvalid, "rule %s: %d bytes, expected %d at most", describe(p), len(expr), MaxPattern)
		}
		if i := strings.IndexFunc(expr, isControl); i >= 0 {
			return Refuse(ErrInvalid, "rule %s: a control character, or not UTF-8, at byte %d", describe(p), i)
		}
		asks = asks || expr != ""
	}
	if !asks {
		return Refuse(ErrInvalid, "a rule needs a pattern or another condition")
	}
	return nil
}

// checkURI holds what a rule asks of the URI together: one condition at most, which
// alone ignores case. What a path can begin with is in visible ASCII.
func checkURI(p *match.Pattern) error {
	given := 0
	for _, text := range []string{p.Expr, p.Path, p.Prefix} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return Refuse(ErrInvalid, "a rule has one of pattern, path and prefix at most, %d are given", given)
	case given == 0 && p.IgnoreCase:
		return Refuse(ErrInvalid, "ignoring case needs a pattern, a path or a prefix")
	case p.Prefix == "":
		return nil
	case p.Prefix[0] != '/':
		return Refuse(ErrInvalid, "rule %s: a path begins with \"/\"", describe(p))
	}
	if i := strings.IndexFunc(p.Prefix, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '?' || r == '#' }); i >= 0 {
		return Refuse(ErrInvalid, "rule %s: no path has what is at byte %d", describe(p), i)
	}
	return nil
}

// isControl tells what would garble a listing.
func isControl(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 || r == utf8.RuneError }
