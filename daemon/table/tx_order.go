package table

import (
	"slices"

	"ktcpvs/daemon/match"
)

// MoveRule gives the rule of that pattern another number: 1 is tried first.
// ErrNoService, ErrNoRule; ErrInvalid for a number that the rule cannot have.
func (tx *Tx) MoveRule(service string, pattern *match.Pattern, number int) error {
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	rules := d.openRules()
	rule := rules.find(pattern)
	if rule == nil {
		return Refuse(ErrNoRule, "service %q has no rule %s", service, describe(pattern))
	}
	list := rules.listOf(rule)
	at := slices.Index(*list, rule)
	*list = slices.Delete(*list, at, at+1)
	if err := rules.place(rule, number); err != nil {
		*list = slices.Insert(*list, at, rule)
		return err
	}
	rules.changed = true
	return nil
}

// listOf is the list that a rule stands in.
func (rs *draftRules) listOf(r *draftRule) *[]*draftRule {
	if isDefault(r.pattern) {
		return &rs.tail
	}
	return &rs.front
}

// place puts a rule that is in no list where it gets that number. Default patterns
// are tried after all others, whatever anybody says.
func (rs *draftRules) place(r *draftRule, number int) error {
	front, tail := standing(rs.front), standing(rs.tail)
	least, most := 1, front+1
	if isDefault(r.pattern) {
		least, most = front+1, front+tail+1
	}
	if number < least || number > most {
		const why = "default patterns are tried after all others"
		return Refuse(ErrInvalid, "rule %s cannot be number %d, expected %d to %d: %s", describe(r.pattern), number, least, most, why)
	}
	before := number - front - 1 // in the tail, which is in the order of trying
	if !isDefault(r.pattern) {
		before = most - number // in front, where the newest is tried first
	}
	list := rs.listOf(r)
	at := 0
	for ; before > 0; at++ {
		if !(*list)[at].gone {
			before--
		}
	}
	*list = slices.Insert(*list, at, r)
	return nil
}

// standing is how many of the rules are not gone.
func standing(list []*draftRule) (n int) {
	for _, r := range list {
		if !r.gone {
			n++
		}
	}
	return n
}
