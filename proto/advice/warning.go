package advice

import (
	"slices"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// Warning is about a virtual service or one of its rules.
type Warning struct {
	Virtual int   // in the list that was looked at
	Rule    int   // in the service's rules, -1: the service
	By      []int // the rules of the same service that it is because of
	Text    string
}

// Describe is the warning's text, with the rules that it is because of as name
// calls them.
func (w *Warning) Describe(name func(rule int) string) string {
	if len(w.By) == 0 {
		return w.Text
	}
	names := make([]string, 0, shown+1)
	for i, rule := range w.By {
		if i == shown {
			names = append(names, "others")
			break
		}
		names = append(names, name(rule))
	}
	return w.Text + ": " + listed(names)
}

// shown is how many rules a warning names at most.
const shown = 3

func listed(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return "rule " + names[0] + " takes all that it would"
	}
	return "rules " + strings.Join(names[:last], ", ") + " and " + names[last] + " take all that it would"
}

// Of looks at virtual services as a configuration gives them: rules in the order
// they are added.
func Of(vs []proto.Virtual) []Warning {
	warnings := shared(vs)
	for i := range vs {
		for _, w := range ofVirtual(&vs[i]) {
			w.Virtual = i
			warnings = append(warnings, w)
		}
	}
	// Callers tell of the first few only: what is said of rules must not hide what is
	// said of services, as that the rules were not all looked at.
	slices.SortStableFunc(warnings, func(a, b Warning) int { return min(a.Rule, 0) - min(b.Rule, 0) })
	return warnings
}

// shared finds services that have the address of one that is given none.
func shared(vs []proto.Virtual) (warnings []Warning) {
	first := -1
	for i := range vs {
		switch {
		case !isUnchosen(&vs[i].Service):
		case first < 0:
			first = i
		default:
			warnings = append(warnings, Warning{Virtual: i, Rule: -1,
				Text: "it has the address of service " + quote(vs[first].Service.Name) + ", 0.0.0.0:8080, as both are given none: only one of them can run"})
		}
	}
	return warnings
}

// isUnchosen reports whether a service is given no address, or that which it has then.
func isUnchosen(s *proto.Service) bool {
	for _, addr := range s.Listens() {
		if !addr.IsValid() || conf.IsUnchosen(addr) {
			return true
		}
	}
	return false
}

func ofVirtual(v *proto.Virtual) (warnings []Warning) {
	if v.Service.State == proto.On {
		warnings = append(warnings, OfStart(v)...)
	}
	for i := range v.Rules {
		for _, text := range OfRule(&v.Rules[i].Conditions) {
			warnings = append(warnings, Warning{Rule: i, Text: text})
		}
	}
	if v.Service.Scheduler == blind {
		if len(v.Rules) > 0 {
			warnings = append(warnings, Warning{Rule: -1, Text: OfScheduler(blind)})
		}
		return warnings
	}
	return append(warnings, unreached(v)...)
}

// blind is the scheduler that looks at no request.
const blind = "wlc"

// OfStart looks at a service that is to run.
func OfStart(v *proto.Virtual) []Warning {
	if v.Service.Scheduler == blind || len(v.Rules) > 0 {
		return nil
	}
	return []Warning{{Rule: -1, Text: "it runs without a rule: no request gets to a server"}}
}

// OfScheduler is the warning for a rule of a service with that scheduler, "" for
// none.
func OfScheduler(scheduler string) string {
	if scheduler != blind {
		return ""
	}
	return "its scheduler, wlc, looks at no request: rules mean nothing to it"
}

// OfRule looks at what one rule asks.
func OfRule(c *proto.Conditions) (texts []string) {
	if upper := strings.ToUpper(c.Method); upper != c.Method {
		texts = append(texts, "method "+c.Method+" has small letters, and methods are compared letter by letter: "+upper+" may be meant")
	}
	if port := portOf(c.Host); port != "" {
		texts = append(texts, "host "+quote(c.Host)+" asks for a port, and hosts are compared without theirs: leave out "+port)
	}
	return texts
}

// portOf is the port that a host's expression ends in, with its colon; an IPv6
// address has more colons.
func portOf(host string) string {
	text := strings.TrimSuffix(host, "$")
	name, port, found := strings.Cut(text, ":")
	if !found || name == "" || port == "" || strings.Trim(port, "0123456789") != "" {
		return ""
	}
	return ":" + port
}

func quote(text string) string { return `"` + text + `"` }
