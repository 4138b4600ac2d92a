package conf

import (
	"fmt"
	"strconv"
	"sync"

	"ktcpvs/daemon/knob"
	"ktcpvs/proto"
	"ktcpvs/proto/spelling"
)

// orderKnob is the knob that tells the daemon to do something. It is no setting
// that a file could keep.
const orderKnob = "unload"

// described are the knobs that there are, each with its range.
var described = sync.OnceValue(knob.New)

// knobs reads the block of the daemon's knobs, and the token after it.
func (p *parser) knobs(f *File) error {
	if f.Knobs != nil {
		p.record(p.fail(p.tok, fmt.Sprintf(`"knobs" only once (it stands in line %d)`, f.knobs[0].Line)))
	}
	f.Knobs, f.knobs = []proto.KnobValue{}, []Position{p.tok.at}
	if err := p.opening(atKeyword); err != nil {
		return err
	}
	lines := make(map[string]int)
	for p.tok.kind != closed {
		err := p.knob(f, lines)
		switch {
		case p.full() || err != nil && p.endsBlock():
			return err
		case err != nil:
			p.record(err)
			p.nextStatement()
		}
	}
	p.skip()
	return nil
}

// knob reads name = value, and the token after it.
func (p *parser) knob(f *File, lines map[string]int) error {
	const expected = "the name of a knob"
	name := p.tok
	if p.endsBlock() {
		return p.fail(name, expected+` or "}"`)
	}
	if _, err := p.text(expected, proto.CheckKnob); err != nil {
		return err
	}
	known := described().ByName(name.text)
	switch {
	case name.text == orderKnob:
		p.record(p.failAt(name.at, "a knob that is a setting", fmt.Sprintf("%s, which is an order (tcpvsadm --knob %[1]s=1)", name.text)))
		known = nil // one mistake is enough
	case known == nil:
		p.record(p.failAt(name.at, "a knob of the daemon (tcpvsadm --knob lists them)", name.String()+spelling.DidYouMean(name.text, knobNames())))
	}
	if line, repeated := lines[name.text]; repeated {
		p.record(p.fail(name, fmt.Sprintf("%s only once (it stands in line %d)", name.text, line)))
	}
	lines[name.text] = name.at.Line
	if err := p.advance(atKeyword); err != nil {
		return err
	}
	if p.tok.kind != equals {
		return p.fail(p.tok, `"="`)
	}
	if err := p.advance(inValue); err != nil {
		return err
	}
	value, err := ParseKnobValue(p.tok.text)
	if !p.tok.hasText() || err != nil {
		if err := p.wrong(p.fail(p.tok, "a number from -2147483648 to 2147483647")); err != nil {
			return err
		}
	} else if known != nil && known.Check(int64(value)) != nil {
		p.record(p.fail(p.tok, fmt.Sprintf("%s from %d to %d", name.text, known.Min(), known.Max())))
	}
	f.Knobs = append(f.Knobs, proto.KnobValue{Name: name.text, Value: value})
	f.knobs = append(f.knobs, p.tok.at) // the name is known: what the daemon can refuse is the value
	return p.advance(atKeyword)
}

// knobNames are those that a file may set.
func knobNames() (names []string) {
	for _, k := range described().All() {
		if k.Name() != orderKnob {
			names = append(names, k.Name())
		}
	}
	return names
}

// ParseKnobValue reads the value of a knob, in decimal or with the prefix 0 or
// 0x.
func ParseKnobValue(text string) (int32, error) {
	n, err := strconv.ParseInt(text, 0, 32)
	return int32(n), err
}

// modules reads the block of the modules that are to be loaded, and the token
// after it.
func (p *parser) modules(f *File) error {
	if f.Modules != nil {
		p.record(p.fail(p.tok, fmt.Sprintf(`"modules" only once (it stands in line %d)`, f.modules[0].Line)))
	}
	f.Modules, f.modules = []string{}, []Position{p.tok.at}
	if err := p.opening(inValue); err != nil {
		return err
	}
	lines := make(map[string]int)
	for p.tok.kind != closed || len(lines) == 0 {
		if p.endsBlock() || p.full() {
			return p.fail(p.tok, `the name of a scheduler or "}"`)
		}
		name, err := p.schedulerName()
		if err != nil {
			return err
		}
		if line, repeated := lines[name]; repeated {
			p.record(p.fail(p.tok, fmt.Sprintf("%s only once (it stands in line %d)", name, line)))
		}
		lines[name] = p.tok.at.Line
		f.Modules = append(f.Modules, name)
		f.modules = append(f.modules, p.tok.at)
		if err := p.advance(inValue); err != nil {
			return err
		}
	}
	return p.advance(atKeyword)
}
