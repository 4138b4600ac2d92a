package conf

import (
	"slices"
	"strconv"

	"ktcpvs/proto"
)

// AppendSave writes what the daemon reported, services with the newest first, as a
// configuration that makes the same of it when it is loaded: the oldest first,
// because whatever is added goes to the head of its list. A default rule goes to
// the tail instead, so these stand in the order of the list. Of the knobs, unload
// is an order and is left out. No block is written for what is nil or empty.
func AppendSave(dst []byte, f *File, names Names) []byte {
	l := lister{dst: dst, names: names}
	l.knobs(f.Knobs)
	l.modules(f.Modules)
	for _, v := range slices.Backward(f.Virtuals) {
		l.open(&v.Service)
		l.state(&v.Service)
		for _, d := range slices.Backward(v.Dests) {
			l.server(&d)
		}
		for i := range v.Rules {
			if v.Rules[i].Default() {
				l.saveRule(&v.Rules[i])
			}
		}
		for i := range slices.Backward(v.Rules) {
			if !v.Rules[i].Default() {
				l.saveRule(&v.Rules[i])
			}
		}
		l.close()
	}
	return l.dst
}

func (l *lister) knobs(knobs []proto.KnobValue) {
	begun := false
	for _, k := range knobs {
		if k.Name == orderKnob {
			continue
		}
		if !begun {
			l.dst = append(l.dst, "Knobs {\n"...)
			begun = true
		}
		l.keyword(k.Name)
		l.dst = strconv.AppendInt(l.dst, int64(k.Value), 10)
		l.endLine()
	}
	if begun {
		l.close()
	}
}

func (l *lister) modules(names []string) {
	if len(names) == 0 {
		return
	}
	l.dst = append(l.dst, "Modules {\n"...)
	for _, name := range names {
		l.dst = append(l.dst, "    "...)
		l.dst = appendToken(l.dst, name)
		l.endLine()
	}
	l.close()
}

// state writes whether the service runs: as it was given, or as it was reported.
func (l *lister) state(s *proto.Service) {
	word := stopped
	if s.State == proto.On || s.State == proto.NotGiven && s.Running {
		word = running
	}
	l.keyword("state")
	l.dst = append(l.dst, word...)
	l.endLine()
}

func (l *lister) saveRule(r *proto.Rule) {
	for _, addr := range slices.Backward(r.Dests) {
		l.rule(r, addr, r.Match != 0)
	}
}
