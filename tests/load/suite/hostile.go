package suite

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/load/proxy"
)

// What the hostile suite sends: URIs as long as all proxies take them, and so many
// different ones that no proxy has seen all of them.
const (
	hostileBytes       = 7500
	hostileURIs        = 400
	hostileConnections = 4
)

// hostileRules are n rules that a URI can begin at any byte and that take it at its end
// only.
func hostileRules(n int) []proxy.Rule {
	rules := make([]proxy.Rule, n)
	for i := range rules {
		rules[i] = proxy.Rule{Pattern: fmt.Sprintf(`/r%05d/.*z%05d$`, i, i), Server: i % servers}
	}
	return rules
}

// hostileRequests make rules wait for their end, and no rule takes them: those are what
// costs most to match for a program that follows all rules at once (piece begins any of
// n rules), and for one that tries where a rule may begin (piece begins one).
func hostileRequests(n int, piece func(r *rand.Rand, n int) string) []generator.Request {
	r := rand.New(rand.NewPCG(51, 52))
	requests := make([]generator.Request, hostileURIs)
	for i := range requests {
		var uri strings.Builder
		for uri.Len() < hostileBytes {
			uri.WriteString(piece(r, n))
		}
		requests[i] = generator.Request{URI: uri.String() + "q", Server: defaultServer}
	}
	return requests
}

func manyBegun(r *rand.Rand, n int) string {
	return fmt.Sprintf("/r%05d/z%05d", r.IntN(n), r.IntN(n))
}

func oneBegun(r *rand.Rand, n int) string { return fmt.Sprintf("/r%05d/", n/2) }

func (s Scope) hostile() Suite {
	suite := Suite{Name: "hostile", CaseName: "rules",
		Title: fmt.Sprintf("URIs of %d bytes made to be dear to match, with rules like /r00042/.*z00042$, of which a URI begins many, or one again and again; %d connections", hostileBytes, hostileConnections)}
	for _, n := range s.HostileRules {
		group := Group{Rules: hostileRules(n)}
		for _, kind := range []struct {
			name  string
			piece func(*rand.Rand, int) string
		}{{"many", manyBegun}, {"one", oneBegun}} {
			load := generator.Load{Connections: hostileConnections, Requests: hostileRequests(n, kind.piece), BodySize: s.BodySize}
			group.Cases = append(group.Cases, Case{Name: strconv.Itoa(n) + " " + kind.name, Load: load, Responses: 2 * hostileConnections})
		}
		suite.Groups = append(suite.Groups, group)
	}
	return suite
}
