package conf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/spelling"
)

// defaultWeight is a real server's where the file gives none.
const defaultWeight = 1

// mostThreads bounds the four numbers of a virtual service.
const mostThreads = 65535

// The values of state.
const (
	running = "running"
	stopped = "stopped"
)

// block is a virtual service while it is read, with the tokens that messages
// about it point to.
type block struct {
	name    token
	listens []token // of each address where it listens
	virtual proto.Virtual
	given   map[string]int // line of each single-valued keyword

	servers     []token // of each server, its address
	ruleServers []token // of each rule, its server's address
	rules       []Position
	faulty      []bool // of the rules: has mistakes, and is no rule to hold others to

	unsure bool // a statement could not be read, so that a server may be missing
}

func newBlock(name token) *block {
	return &block{
		name:    name,
		virtual: proto.Virtual{Service: proto.Service{Name: name.text}},
		given:   make(map[string]int),
	}
}

// setting is what one keyword of a block does with the value at hand.
type setting struct {
	keyword string
	many    bool // it may stand repeatedly
	read    func(*parser, *block) error
}

// settings are the keywords in the order in which a listing has them.
var settings []setting

// init breaks the circle: to read a value, the parser looks whether a statement
// begins there.
func init() {
	settings = []setting{
		{keyword: "listen", many: true, read: (*parser).listen},
		{keyword: "scheduler", read: (*parser).scheduler},
		{keyword: "startservers", read: count(func(s *proto.Service) *uint16 { return &s.StartServers })},
		{keyword: "maxclients", read: count(func(s *proto.Service) *uint16 { return &s.MaxClients })},
		{keyword: "minspareservers", read: count(func(s *proto.Service) *uint16 { return &s.MinSpareServers })},
		{keyword: "maxspareservers", read: count(func(s *proto.Service) *uint16 { return &s.MaxSpareServers })},
		{keyword: "redirect", read: (*parser).redirect},
		{keyword: "via", read: (*parser).via},
		{keyword: "allow-loop", read: onOff(func(s *proto.Service) *proto.Switch { return &s.AllowLoop })},
		{keyword: "freebind", read: onOff(func(s *proto.Service) *proto.Switch { return &s.Freebind })},
		{keyword: "v6only", read: onOff(func(s *proto.Service) *proto.Switch { return &s.V6Only })},
		{keyword: "state", read: (*parser).state},
		{keyword: "server", many: true, read: (*parser).server},
		{keyword: "rule", many: true, read: (*parser).rule},
	}
}

func findSetting(keyword token) *setting {
	if keyword.kind == word {
		for i := range settings {
			if strings.EqualFold(settings[i].keyword, keyword.text) {
				return &settings[i]
			}
		}
	}
	return nil
}

// settingKeywords are what may stand in a block, its end included.
func settingKeywords() []string {
	words := make([]string, 0, len(settings)+1)
	for i := range settings {
		words = append(words, settings[i].keyword)
	}
	return append(words, "}")
}

// statement reads keyword = value, and the token after it.
func (p *parser) statement(b *block) error {
	keyword := p.tok
	s := findSetting(keyword)
	if s == nil {
		err := p.failKeyword(keyword, settingKeywords())
		if keyword.kind != word || p.endsBlock() {
			return err
		}
		p.skip()
		return p.past(b, err)
	}
	if line, repeated := b.given[s.keyword]; repeated {
		p.record(p.fail(keyword, fmt.Sprintf("%q only once (it stands in line %d)", s.keyword, line)))
	}
	if !s.many {
		b.given[s.keyword] = keyword.at.Line
	}
	if err := p.advance(atKeyword); err != nil {
		return err
	}
	if p.tok.kind != equals {
		return p.fail(p.tok, `"="`)
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	return s.read(p, b)
}

// past notes what is wrong with a statement whose keyword has been taken, and goes
// to the next.
func (p *parser) past(b *block, err error) error {
	p.record(err)
	b.unsure = true
	p.nextStatement()
	return nil
}

// address reads the token at hand as host[:port]; what it gives is not valid when
// something was wrong with it, which then is noted. A name that does not resolve is
// complained of where it stands first.
func (p *parser) address() (netip.AddrPort, error) {
	const expected = "host:port"
	if !p.tok.hasText() {
		return netip.AddrPort{}, p.fail(p.tok, expected)
	}
	addr, err := ParseAddress(p.tok.text, p.resolve)
	if err == nil {
		return addr, nil
	}
	if unknown, ok := err.(*ResolveError); ok {
		if p.unresolved[unknown.Name] {
			return netip.AddrPort{}, nil
		}
		if p.unresolved == nil {
			p.unresolved = make(map[string]bool)
		}
		p.unresolved[unknown.Name] = true
	}
	return netip.AddrPort{}, p.wrong(p.failValue(p.tok, expected, err))
}

func (p *parser) redirect(b *block) error {
	addr, err := p.address()
	if err != nil {
		return err
	}
	if addr.IsValid() && addr.Port() == 0 {
		p.record(p.fail(p.tok, "host:port, with its port"))
	}
	b.virtual.Service.Redirect = addr
	return p.advance(atKeyword)
}

func (p *parser) via(b *block) error {
	const expected = "on, off or a pseudonym"
	if !p.tok.hasText() {
		return p.fail(p.tok, expected)
	}
	via, err := proto.ParseVia(p.tok.text)
	if err != nil {
		if err := p.wrong(p.failValue(p.tok, expected, err)); err != nil {
			return err
		}
	}
	b.virtual.Service.Via = via
	return p.advance(atKeyword)
}

// onOff makes the reader of one of the switches of a service.
func onOff(field func(*proto.Service) *proto.Switch) func(*parser, *block) error {
	return func(p *parser, b *block) error {
		on, err := proto.ParseSwitch(p.tok.text)
		if !p.tok.hasText() || err != nil {
			if err := p.wrong(p.fail(p.tok, "on or off")); err != nil {
				return err
			}
		}
		*field(&b.virtual.Service) = on
		return p.advance(atKeyword)
	}
}

// state reads whether the service is to run.
func (p *parser) state(b *block) error {
	switch {
	case p.tok.hasText() && strings.EqualFold(p.tok.text, running):
		b.virtual.Service.State = proto.On
	case p.tok.hasText() && strings.EqualFold(p.tok.text, stopped):
		b.virtual.Service.State = proto.Off
	default:
		if err := p.wrong(p.fail(p.tok, running+" or "+stopped)); err != nil {
			return err
		}
	}
	return p.advance(atKeyword)
}

func (p *parser) scheduler(b *block) (err error) {
	if b.virtual.Service.Scheduler, err = p.schedulerName(); err != nil {
		return err
	}
	return p.advance(atKeyword)
}

// schedulerName reads the token at hand as one of the schedulers there are.
func (p *parser) schedulerName() (string, error) {
	expected := "one of " + strings.Join(proto.Schedulers, ", ")
	if p.tok.hasText() && slices.Contains(proto.Schedulers, p.tok.text) {
		return p.tok.text, nil
	}
	return "", p.wrong(p.failAt(p.tok.at, expected, p.tok.String()+spelling.DidYouMean(p.tok.text, proto.Schedulers)))
}

// count makes the reader of one of the numbers of a service.
func count(field func(*proto.Service) *uint16) func(*parser, *block) error {
	return func(p *parser, b *block) error {
		n, err := p.number(1, mostThreads)
		if err != nil {
			return err
		}
		*field(&b.virtual.Service) = uint16(n)
		return p.advance(atKeyword)
	}
}

func (p *parser) server(b *block) error {
	addr, err := p.address()
	if err != nil {
		return err
	}
	if addr.IsValid() {
		if err := proto.CheckServer(addr.Addr()); err != nil {
			p.record(p.failValue(p.tok, "a real server's address", err))
		}
	}
	dest := proto.Dest{Service: b.name.text, Addr: addr, Weight: defaultWeight}
	at := p.tok
	if err := p.advance(atKeyword); err != nil {
		return err
	}
	if isWeight(p.tok) {
		weight, err := p.number(0, proto.MaxWeight)
		if err != nil {
			return err
		}
		dest.Weight = uint32(weight)
		if err := p.advance(atKeyword); err != nil {
			return err
		}
	}
	if !addr.IsValid() {
		b.unsure = true
		return nil
	}
	b.servers = append(b.servers, at)
	b.virtual.Dests = append(b.virtual.Dests, dest)
	return nil
}

// isWeight tells what follows a server's address: a weight, or the next
// statement.
func isWeight(t token) bool {
	return t.kind == quote || t.kind == word && strings.IndexByte("+-0123456789", t.text[0]) >= 0
}

// finish checks what only a whole block can tell: servers without a port have
// the service's own, no server and no rule stands twice, and rules use declared
// servers.
func (p *parser) finish(b *block) {
	service := &b.virtual.Service
	p.finishListens(b)
	ownPort := service.Listen.Port()
	if ownPort == 0 {
		ownPort = proto.DefaultListenPort
	}
	if err := service.CheckNumbers(); err != nil {
		p.record(p.failAt(b.name.at, "numbers that go together", fmt.Sprintf("%q, in which %v", b.name.text, err)))
	}
	lines := make(map[netip.AddrPort]int, len(b.servers))
	for i := range b.virtual.Dests {
		addr := withPort(b.virtual.Dests[i].Addr, ownPort)
		if line, repeated := lines[addr]; repeated {
			p.record(p.fail(b.servers[i], fmt.Sprintf("another server than that of line %d", line)))
			continue
		}
		lines[addr] = b.servers[i].at.Line
		b.virtual.Dests[i].Addr = addr
	}
	for i := range b.virtual.Rules {
		server := &b.virtual.Rules[i].Dests[0]
		*server = withPort(*server, ownPort)
		if _, declared := lines[*server]; !declared && !b.unsure {
			p.record(p.fail(b.ruleServers[i], fmt.Sprintf("a server that virtual service %q declares", b.name.text)))
		}
	}
	p.finishRules(b)
}

// finishRules checks that no rule line stands twice, and that those with the same
// conditions, which are one rule, agree about match.
func (p *parser) finishRules(b *block) {
	type line struct {
		conditions string
		server     netip.AddrPort
	}
	lines := make(map[line]int, len(b.rules))
	match := make(map[string]int, len(b.rules))
	for i := range b.virtual.Rules {
		r := &b.virtual.Rules[i]
		if b.faulty[i] {
			continue
		}
		this := line{string(AppendConditions(nil, &r.Conditions)), r.Dests[0]}
		if at, repeated := lines[this]; repeated {
			p.record(p.failAt(b.rules[i], fmt.Sprintf("another rule than that of line %d", at), this.conditions))
			continue
		}
		lines[this] = b.rules[i].Line
		first, known := match[this.conditions]
		if !known {
			match[this.conditions] = i
		} else if was := b.virtual.Rules[first].Match; r.Match != 0 && r.Match != was {
			p.record(p.failAt(b.rules[i], fmt.Sprintf("match %d, as the same conditions have in line %d", was, b.rules[first].Line), fmt.Sprintf("match %d", r.Match)))
		}
	}
}

func withPort(addr netip.AddrPort, port uint16) netip.AddrPort {
	if addr.Port() != 0 {
		return addr
	}
	return netip.AddrPortFrom(addr.Addr(), port)
}

func tokenPositions(tokens []token) []Position {
	at := make([]Position, len(tokens))
	for i, t := range tokens {
		at[i] = t.at
	}
	return at
}
