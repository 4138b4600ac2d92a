package table

import "slices"

// AddRule adds a rule with its first server, before all others (a default
// pattern: after all others); or, when the service has a rule of that pattern,
// adds the server to it, as its newest. ErrNoService, ErrNoServer, ErrInvalid;
// ErrExists when the rule has that server.
//
// Number is where a rule that is not there yet comes to stand: 1 is tried first.
//
// A rule hashes one capture group: to a rule that is there, Match may be 0 (not
// given) or what the rule has.
func (tx *Tx) AddRule(service string, spec RuleSpec) error {
	if err := spec.check(); err != nil {
		return err
	}
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	server, err := d.server(spec.Server)
	if err != nil {
		return err
	}
	rules := d.openRules()
	rule := rules.find(&spec.Pattern)
	if rule == nil {
		rule = &draftRule{was: d.before.rule(idOf(&spec.Pattern)), match: spec.Match, changed: true}
		if rule.was != nil {
			rule.pattern = &rule.was.Pattern
		} else {
			rule.pattern = clonePattern(spec.Pattern)
		}
		if err := rules.append(rule, spec.Number); err != nil {
			return err
		}
		rule.use(server)
		return nil
	}
	if spec.Number != 0 {
		return Refuse(ErrInvalid, "rule %s is there already: move it to number %d, and add the server without", describe(&spec.Pattern), spec.Number)
	}
	if slices.Contains(rule.servers, server) {
		return Refuse(ErrExists, "rule %s already uses server %v", describe(&spec.Pattern), server.Addr)
	}
	if spec.Match != 0 && spec.Match != rule.match {
		return Refuse(ErrInvalid, "rule %s has match %d, not %d: delete it first",
			describe(&spec.Pattern), rule.match, spec.Match)
	}
	rule.use(server)
	rule.changed = true
	return nil
}

// DelRule takes a server out of the rule of that pattern; the rule goes with
// its last server. ErrNoService, ErrNoServer, ErrInvalid; ErrNoRule when there
// is no such rule, or it does not use the server.
func (tx *Tx) DelRule(service string, spec RuleSpec) error {
	if err := spec.check(); err != nil {
		return err
	}
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	server, err := d.server(spec.Server)
	if err != nil {
		return err
	}
	rules := d.openRules()
	rule := rules.find(&spec.Pattern)
	if rule == nil {
		return Refuse(ErrNoRule, "service %q has no rule %s", service, describe(&spec.Pattern))
	}
	i := slices.Index(rule.servers, server)
	if i < 0 {
		return Refuse(ErrNoRule, "rule %s does not use server %v", describe(&spec.Pattern), server.Addr)
	}
	rule.servers = slices.Delete(rule.servers, i, i+1)
	server.rules--
	rule.changed = true
	if len(rule.servers) == 0 {
		rules.remove(rule)
		rules.changed = true
	}
	return nil
}
