package suite

import (
	"fmt"
	"slices"
	"strconv"
)

// Claim is a statement about a report that either holds or does not.
type Claim struct {
	Text  string `json:"claim"`
	Found string `json:"found"`
	Holds bool   `json:"holds"`
}

func (c Claim) verdict() string {
	if c.Holds {
		return "holds"
	}
	return "FAILS"
}

// Judge makes the claims that the report's suites are about, for each of our own
// contenders. A claim whose figures are missing, because a proxy failed or did
// not take part, does not hold.
func (r *Report) Judge(ours []string) (claims []Claim) {
	for i := range r.Suites {
		s := &r.Suites[i]
		for _, proxy := range ours {
			switch s.Name {
			case "keepalive":
				claims = append(claims, s.belowHaproxy(proxy)...)
			case "bulk":
				claims = append(claims, s.belowBoth(proxy)...)
			case "rules", "rules-mix":
				claims = append(claims, s.manyRules(proxy)...)
			}
		}
	}
	return claims
}

// belowHaproxy: from 16 connections on, less CPU per request than haproxy.
func (s *SuiteResult) belowHaproxy(proxy string) (claims []Claim) {
	for i := range s.Cases {
		c := &s.Cases[i]
		if c.Connections >= 16 {
			claims = append(claims, c.atMost(proxy, "haproxy", 1, fmt.Sprintf("%s: CPU per request below haproxy's at %d connections", proxy, c.Connections)))
		}
	}
	return claims
}

// belowBoth: large bodies cost less CPU than with either peer.
func (s *SuiteResult) belowBoth(proxy string) (claims []Claim) {
	for i := range s.Cases {
		c := &s.Cases[i]
		claims = append(claims, c.atMost(proxy, "", 1, fmt.Sprintf("%s: CPU per byte below the better peer's at bodies of %s", proxy, c.Name)))
	}
	return claims
}

// manyRules: the cost does not grow with the number of rules, and the peers' does.
func (s *SuiteResult) manyRules(proxy string) (claims []Claim) {
	var least, most float64
	var missing bool
	for i := range s.Cases {
		c := &s.Cases[i]
		own, ok := c.of(proxy)
		missing = missing || !ok
		if least == 0 || own.Total < least {
			least = own.Total
		}
		most = max(most, own.Total)
		switch c.Name {
		case "1000":
			claims = append(claims,
				c.atMost(proxy, "", 1./4, s.Name+", "+proxy+": at 1000 rules at least 4 times less CPU than the better peer"),
				c.atMost(proxy, "haproxy", 1./10, s.Name+", "+proxy+": at 1000 rules at least 10 times less CPU than haproxy"))
		case "10000":
			claims = append(claims, c.atMost(proxy, "", 1./25, s.Name+", "+proxy+": at 10000 rules at least 25 times less CPU than the better peer"))
		}
	}
	if len(s.Cases) < 2 {
		return claims
	}
	flat := Claim{Text: fmt.Sprintf("%s, %s: CPU flat within 15 %% from %s to %s rules", s.Name, proxy, s.Cases[0].Name, s.Cases[len(s.Cases)-1].Name), Found: "not measured"}
	if !missing && least > 0 {
		flat.Found = fmt.Sprintf("%.2f to %.2f us, %.1f %%", least, most, 100*(most/least-1))
		flat.Holds = most <= 1.15*least
	}
	return slices.Insert(claims, 0, flat)
}

// atMost claims that a proxy's CPU stays below a share of a peer's; of the
// better peer's when none is named.
func (c *CaseResult) atMost(proxy, peer string, share float64, text string) Claim {
	claim := Claim{Text: text, Found: "not measured"}
	own, ok := c.of(proxy)
	if !ok || own.Total <= 0 {
		return claim
	}
	against, name := Sample{}, ""
	for _, r := range c.Results {
		if m, ok := c.of(r.Proxy); ok && r.Peer && (r.Proxy == peer || peer == "") && (name == "" || m.Total < against.Total) {
			against, name = m, r.Proxy
		}
	}
	if name == "" {
		return claim
	}
	claim.Holds = own.Total < share*against.Total
	claim.Found = fmt.Sprintf("%.2f, %s %.2f, ratio %s", own.Total, name, against.Total, strconv.FormatFloat(own.Total/against.Total, 'f', 3, 64))
	return claim
}
