package conf

import (
	"fmt"
	"net/netip"

	"ktcpvs/proto"
)

// unchosen is the address of a service without a listen line: several may have it,
// of which one runs.
var unchosen = netip.AddrPortFrom(netip.IPv4Unspecified(), proto.DefaultListenPort)

// IsUnchosen tells the address that a service has when none is given.
func IsUnchosen(listen netip.AddrPort) bool { return listen == unchosen }

// listen reads one of the addresses of a service.
func (p *parser) listen(b *block) error {
	addr, err := p.address()
	if err != nil {
		return err
	}
	if err := proto.CheckListen(addr.Addr()); err != nil {
		p.record(p.failValue(p.tok, "a listen address", err))
		return p.advance(atKeyword)
	}
	if addr.IsValid() {
		b.listens = append(b.listens, p.tok)
		s := &b.virtual.Service
		if len(b.listens) == 1 {
			s.Listen = addr
		} else {
			s.Also = append(s.Also, addr)
		}
	}
	return p.advance(atKeyword)
}

// finishListens gives addresses without a port that of the first, and checks that
// there are not too many, that none stands twice, and that no other service has it.
func (p *parser) finishListens(b *block) {
	s := &b.virtual.Service
	if len(b.listens) == 0 {
		return
	}
	s.Listen = withPort(s.Listen, proto.DefaultListenPort)
	for i := range s.Also {
		s.Also[i] = withPort(s.Also[i], s.Listen.Port())
	}
	if len(b.listens) > proto.MaxListens {
		p.record(p.fail(b.listens[proto.MaxListens], fmt.Sprintf("%d listen addresses at most", proto.MaxListens)))
		return
	}
	lines := make(map[netip.AddrPort]int, len(b.listens))
	for i, addr := range s.Listens() {
		if line, repeated := lines[addr]; repeated {
			p.record(p.fail(b.listens[i], fmt.Sprintf("another address than that of line %d", line)))
			continue
		}
		lines[addr] = b.listens[i].at.Line
		if addr == unchosen {
			continue
		}
		if other, taken := p.listens[addr]; taken {
			p.record(p.fail(b.listens[i], fmt.Sprintf("another address than that of virtual service %q", other)))
		}
		p.listens[addr] = b.name.text
	}
}
