package conf

import (
	"net/netip"
	"strconv"
	"strings"

	"ktcpvs/proto"
)

// Names says what to print for an address and a port; either may be the number.
type Names interface {
	Host(addr netip.Addr) string
	Port(port uint16) string
}

// Numeric is Names that prints numbers.
type Numeric struct{}

// Host gives the address as numbers.
func (Numeric) Host(addr netip.Addr) string { return addr.String() }

// Port gives the port as a number.
func (Numeric) Port(port uint16) string { return strconv.FormatUint(uint64(port), 10) }

// AppendList writes the listing that tcpvsadm prints: a line with the version
// and then the services, in the order given, as blocks of a configuration
// file. match is written for hhttp only, as only it looks at it; a rule with
// several servers is one line for each.
func AppendList(dst []byte, version string, vs []proto.Virtual, names Names) []byte {
	dst = append(dst, "TCP Virtual Server version "...)
	dst = append(dst, version...)
	dst = append(dst, '\n')
	l := lister{dst: dst, names: names}
	for i := range vs {
		v := &vs[i]
		l.open(&v.Service)
		for j := range v.Dests {
			l.server(&v.Dests[j])
		}
		for j := range v.Rules {
			r := &v.Rules[j]
			for _, addr := range r.Dests {
				l.rule(r, addr, v.Service.Scheduler == "hhttp")
			}
		}
		l.close()
	}
	return l.dst
}

// lister writes blocks, a statement a line.
type lister struct {
	dst   []byte
	names Names
}

// open writes the head of a block and the settings that are given.
func (l *lister) open(s *proto.Service) {
	l.dst = append(l.dst, "Virtual "...)
	l.dst = appendToken(l.dst, s.Name)
	l.dst = append(l.dst, " {\n"...)
	for _, addr := range s.Listens() {
		if addr.IsValid() {
			l.keyword("listen")
			l.address(addr)
			l.endLine()
		}
	}
	if s.Scheduler != "" {
		l.keyword("scheduler")
		l.dst = appendToken(l.dst, s.Scheduler)
		l.endLine()
	}
	l.count("startservers", s.StartServers)
	l.count("maxclients", s.MaxClients)
	l.count("minspareservers", s.MinSpareServers)
	l.count("maxspareservers", s.MaxSpareServers)
	if s.Redirect.IsValid() {
		l.keyword("redirect")
		l.address(s.Redirect)
		l.endLine()
	}
	if s.Via != "" {
		l.keyword("via")
		l.dst = appendToken(l.dst, s.Via)
		l.endLine()
	}
	for _, w := range [...]struct {
		keyword string
		value   proto.Switch
	}{{"allow-loop", s.AllowLoop}, {"freebind", s.Freebind}, {"v6only", s.V6Only}} {
		if w.value == proto.On {
			l.keyword(w.keyword)
			l.dst = append(l.dst, "on"...)
			l.endLine()
		}
	}
}

func (l *lister) close() { l.dst = append(l.dst, "}\n"...) }

func (l *lister) server(d *proto.Dest) {
	l.keyword("server")
	l.address(d.Addr)
	l.dst = append(l.dst, ' ')
	l.dst = strconv.AppendUint(l.dst, uint64(d.Weight), 10)
	l.endLine()
}

// rule writes the line of one of a rule's servers.
func (l *lister) rule(r *proto.Rule, addr netip.AddrPort, match bool) {
	l.keyword("rule")
	l.dst = AppendConditions(l.dst, &r.Conditions)
	if match {
		l.dst = append(l.dst, " match "...)
		l.dst = strconv.AppendUint(l.dst, uint64(r.Match), 10)
	}
	l.dst = append(l.dst, " use server "...)
	l.address(addr)
	l.endLine()
}

func (l *lister) keyword(keyword string) {
	l.dst = append(l.dst, "    "...)
	l.dst = append(l.dst, keyword...)
	l.dst = append(l.dst, " = "...)
}

func (l *lister) count(keyword string, n uint16) {
	if n != 0 {
		l.keyword(keyword)
		l.dst = strconv.AppendUint(l.dst, uint64(n), 10)
		l.endLine()
	}
}

func (l *lister) address(addr netip.AddrPort) { l.dst = AppendAddress(l.dst, addr, l.names) }

func (l *lister) endLine() { l.dst = append(l.dst, '\n') }

// AppendAddress writes host:port, with an IPv6 address in brackets.
func AppendAddress(dst []byte, addr netip.AddrPort, names Names) []byte {
	host := names.Host(addr.Addr())
	if strings.Contains(host, ":") {
		dst = append(dst, '[')
		dst = append(dst, host...)
		dst = append(dst, ']')
	} else {
		dst = append(dst, host...)
	}
	dst = append(dst, ':')
	return append(dst, names.Port(addr.Port())...)
}

// AppendTitle writes a service's name and, as one word, the addresses where it listens.
func AppendTitle(dst []byte, s *proto.Service, names Names) []byte {
	dst = append(dst, s.Name...)
	between := byte(' ')
	for _, addr := range s.Listens() {
		dst = AppendAddress(append(dst, between), addr, names)
		between = ','
	}
	return dst
}

// AppendConditions writes what a rule asks, as a rule line has it.
func AppendConditions(dst []byte, c *proto.Conditions) []byte {
	start := len(dst)
	keyword := func(name string) {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = append(dst, name...)
		dst = append(dst, ' ')
	}
	if c.URI() != "" {
		keyword(c.Keyword())
		dst = appendQuoted(dst, c.URI())
		if c.IgnoreCase {
			dst = append(dst, " i"...)
		}
	}
	if c.Host != "" {
		keyword("host")
		dst = appendQuoted(dst, c.Host)
	}
	if c.Method != "" {
		keyword("method")
		dst = appendToken(dst, c.Method)
	}
	named := func(name string, list []proto.NamedPattern) {
		for _, n := range list {
			keyword(name)
			dst = appendToken(dst, n.Name)
			if n.Pattern != "" {
				dst = append(dst, ' ')
				dst = appendQuoted(dst, n.Pattern)
			}
		}
	}
	named("header", c.Headers)
	named("cookie", c.Cookies)
	named("query", c.Queries)
	if c.Source.IsValid() {
		keyword("source")
		dst = c.Source.AppendTo(dst)
	}
	return dst
}

// Setting is a keyword of a virtual service and its value.
type Setting struct{ Keyword, Value string }

// Settings are those of a service that a listing has, in its order.
func Settings(s *proto.Service) (settings []Setting) {
	l := lister{names: Numeric{}}
	l.open(s)
	for line := range strings.Lines(string(l.dst)) {
		if keyword, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			settings = append(settings, Setting{keyword, value})
		}
	}
	return settings
}
