package advice

import (
	"slices"

	"ktcpvs/daemon/match"
	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// unreached finds the rules that no request gets to. A rule that stands in several
// lines, for its servers, is looked at in the first.
func unreached(v *proto.Virtual) (warnings []Warning) {
	order := tried(v.Rules)
	patterns := make([]*match.Pattern, len(order))
	for i, rule := range order {
		patterns[i] = patternOf(&v.Rules[rule].Conditions)
	}
	list, whole, err := match.FindUnreached(patterns, match.DefaultLimits(), match.DefaultReachWork)
	if err != nil {
		return nil // the daemon will say so
	}
	for _, u := range list {
		w := Warning{Rule: order[u.Rule], Text: "no request gets to this rule"}
		for _, by := range u.By {
			w.By = append(w.By, order[by])
		}
		slices.Sort(w.By)
		if len(u.By) == 0 {
			w.Text = "no request is like this rule: nothing that can be asked for has such a URI"
		}
		warnings = append(warnings, w)
	}
	slices.SortStableFunc(warnings, func(a, b Warning) int { return a.Rule - b.Rule })
	if !whole {
		warnings = append(warnings, Warning{Rule: -1,
			Text: "the analysis of its rules stopped, as it took too long: there may be more that no request gets to"})
	}
	return warnings
}

// tried are the rules in the order in which the daemon tries them: the last that was
// added first, and default rules behind all others.
func tried(rules []proto.Rule) (order []int) {
	var last []int
	seen := make(map[string]bool, len(rules))
	for i := range rules {
		c := &rules[i].Conditions
		key := string(conf.AppendConditions(nil, c))
		switch {
		case seen[key]:
		case c.Default():
			last = append(last, i)
		default:
			order = append(order, i)
		}
		seen[key] = true
	}
	slices.Reverse(order)
	return append(order, last...)
}

func patternOf(c *proto.Conditions) *match.Pattern {
	exprs := func(list []proto.NamedPattern) (exprs []match.NamedExpr) {
		for _, n := range list {
			exprs = append(exprs, match.NamedExpr{Name: n.Name, Expr: n.Pattern})
		}
		return exprs
	}
	return &match.Pattern{Expr: c.Pattern, Path: c.Path, Prefix: c.Prefix, IgnoreCase: c.IgnoreCase, Host: c.Host, Method: c.Method, Source: c.Source,
		Headers: exprs(c.Headers), Cookies: exprs(c.Cookies), Queries: exprs(c.Queries)}
}
