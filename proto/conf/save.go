package conf

import (
	"slices"

	"ktcpvs/proto"
)

// AppendSave writes services that the daemon reported as a configuration that
// makes the same table when it is loaded: the oldest first, because whatever
// is added goes to the head of its list. A default rule goes to the tail
// instead, so these stand in the order of the list.
func AppendSave(dst []byte, vs []proto.Virtual, names Names) []byte {
	l := lister{dst: dst, names: names}
	for _, v := range slices.Backward(vs) {
		l.open(&v.Service)
		for _, d := range slices.Backward(v.Dests) {
			l.server(&d)
		}
		for i := range v.Rules {
			if IsDefault(&v.Rules[i].Conditions) {
				l.saveRule(&v.Rules[i])
			}
		}
		for i := range slices.Backward(v.Rules) {
			if !IsDefault(&v.Rules[i].Conditions) {
				l.saveRule(&v.Rules[i])
			}
		}
		l.close()
	}
	return l.dst
}

func (l *lister) saveRule(r *proto.Rule) {
	for _, addr := range slices.Backward(r.Dests) {
		l.rule(r, addr, r.Match != 0)
	}
}

// IsDefault reports a rule that is tried after all others: one that asks for a
// pattern every request has, and for nothing else (the reference's section 4).
func IsDefault(c *proto.Conditions) bool {
	return (c.Pattern == ".*" || c.Pattern == "^/.*") &&
		c.Host == "" && c.Method == "" && !c.Source.IsValid() &&
		len(c.Headers)+len(c.Cookies)+len(c.Queries) == 0
}
