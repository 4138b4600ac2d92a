// Package suite is the comparison: which loads are put on which proxies, in
// which order, and what the figures say. In each round every case of a suite
// comes, and in each case every proxy has its turn, because the same program
// drifts by several percent within minutes; a figure is the median of its
// rounds, and a ratio is one of medians.
//
// It owns cases, rounds, medians, tables and claims. Making load and starting
// proxies is left to generator and proxy.
package suite

import (
	"fmt"
	"strconv"
	"time"

	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/load/proxy"
)

// Contender is one proxy that takes its turn.
type Contender struct {
	Name    string
	Program proxy.Program // nil: no proxy, clients reach the servers directly
	Peer    bool          // what others are compared with

	// Copy sets our own proxy's zerocopy_send to 0.
	Copy bool
}

// Suite is one table of the report.
type Suite struct {
	Name, Title string
	CaseName    string // what tells its cases apart
	PerGB       bool   // CPU is ms per GB of body; otherwise us per request
	Groups      []Group
}

// Group is cases that the same running proxies serve.
type Group struct {
	Rules []proxy.Rule
	Bulk  bool
	Copy  bool // our own proxies take part twice, as they start and with zerocopy_send 0
	Wrk   bool // wrk and nginx as the server instead of the generator
	Cases []Case
}

// Case is one load.
type Case struct {
	Name string
	Load generator.Load // without a target; wrk takes the connections from it

	// Responses lengthens a window until there are so many, see generator.Run.
	Responses int
}

// Scope says which cases the suites have.
type Scope struct {
	Connections []int
	BodySize    int
	Rate        float64
	Rules       []int
	MixedRules  []int

	HostileRules []int
	BulkSizes    []int
}

// Full is the scope of an ordinary run.
func Full() Scope {
	return Scope{
		Connections: []int{1, 16, 64, 256}, BodySize: 90, Rate: 20000,
		Rules: []int{1, 10, 100, 1000, 10000}, MixedRules: []int{10, 1000, 10000}, HostileRules: []int{10, 100, 1000},
		BulkSizes: []int{64 << 10, 1 << 20, 16 << 20},
	}
}

// Quick is the scope of a run that only shows that all is in order.
func Quick() Scope {
	s := Full()
	s.Connections, s.Rules, s.MixedRules, s.BulkSizes = []int{16, 64}, []int{1, 1000}, []int{100}, []int{1 << 20}
	s.HostileRules = []int{100}
	return s
}

// many is the number of connections of the suites that vary something else.
const many = 64

// bulkConnections are enough to keep a proxy busy with large bodies.
const bulkConnections = 8

// ruleConnections keep a proxy busy, but do not queue for long before one that
// takes milliseconds for a request.
const ruleConnections = 16

// Names of the suites, in the order they run.
var Names = []string{"keepalive", "rate", "new", "wrk", "bulk", "rules", "rules-mix", "hostile"}

// Named makes the suites of those names.
func (s Scope) Named(names []string) ([]Suite, error) {
	makers := map[string]func() Suite{
		"keepalive": s.keepalive, "rate": s.rate, "new": s.newConnections, "wrk": s.wrk, "bulk": s.bulk, "hostile": s.hostile,
		"rules": func() Suite {
			return s.rules("rules", `Regular-expression rules like /r00042/item/[0-9]+\.html`, itemShape, s.Rules)
		},
		"rules-mix": func() Suite {
			return s.rules("rules-mix", "Regular-expression rules of five kinds, anchored and not", mixedShapes, s.MixedRules)
		},
	}
	var suites []Suite
	for _, name := range names {
		maker, ok := makers[name]
		if !ok {
			return nil, fmt.Errorf("suite %q: expected one of %v", name, Names)
		}
		suites = append(suites, maker())
	}
	return suites, nil
}

func (s Scope) keepalive() Suite {
	rules, requests := sections()
	group := Group{Rules: rules}
	for _, n := range s.Connections {
		group.Cases = append(group.Cases, Case{Name: strconv.Itoa(n), Load: generator.Load{Connections: n, Requests: requests, BodySize: s.BodySize}})
	}
	return Suite{Name: "keepalive", Title: fmt.Sprintf("Connections kept on both sides, %d-byte body, as fast as it goes", s.BodySize), CaseName: "connections", Groups: []Group{group}}
}

func (s Scope) rate() Suite {
	rules, requests := sections()
	load := generator.Load{Connections: many, Requests: requests, BodySize: s.BodySize, Rate: s.Rate}
	return Suite{Name: "rate", Title: fmt.Sprintf("%d kept connections, %d-byte body, a fixed rate", many, s.BodySize), CaseName: "requests/s",
		Groups: []Group{{Rules: rules, Cases: []Case{{Name: strconv.FormatFloat(s.Rate, 'f', -1, 64), Load: load}}}}}
}

func (s Scope) newConnections() Suite {
	rules, requests := sections()
	load := generator.Load{Connections: many, Requests: requests, BodySize: s.BodySize, NewConnections: true}
	return Suite{Name: "new", Title: fmt.Sprintf("A new client connection for each request, %d-byte body", s.BodySize), CaseName: "at once",
		Groups: []Group{{Rules: rules, Cases: []Case{{Name: strconv.Itoa(many), Load: load}}}}}
}

func (s Scope) wrk() Suite {
	rules, _ := sections()
	return Suite{Name: "wrk", Title: fmt.Sprintf("wrk with one thread, nginx as the server, both on the load core; %d-byte body", s.BodySize), CaseName: "connections",
		Groups: []Group{{Rules: rules, Wrk: true, Cases: []Case{{Name: "16", Load: generator.Load{Connections: 16, BodySize: s.BodySize}}}}}}
}

func (s Scope) bulk() Suite {
	rules, requests := sections()
	group := Group{Rules: rules, Bulk: true, Copy: true}
	for _, size := range s.BulkSizes {
		group.Cases = append(group.Cases, Case{Name: bytesName(size), Load: generator.Load{Connections: bulkConnections, Requests: requests, BodySize: size}})
	}
	return Suite{Name: "bulk", Title: fmt.Sprintf("Large bodies over %d kept connections", bulkConnections), CaseName: "body", PerGB: true, Groups: []Group{group}}
}

func (s Scope) rules(name, title string, shapes []shape, counts []int) Suite {
	suite := Suite{Name: name, Title: fmt.Sprintf("%s; %d connections, requests spread evenly over all rules", title, ruleConnections), CaseName: "rules"}
	for _, n := range counts {
		rules, requests := routes(n, shapes)
		load := generator.Load{Connections: ruleConnections, Requests: requests, BodySize: s.BodySize}
		suite.Groups = append(suite.Groups, Group{Rules: rules, Cases: []Case{{Name: strconv.Itoa(n), Load: load, Responses: 10 * ruleConnections}}})
	}
	return suite
}

// bytesName is a size in the largest binary unit that divides it.
func bytesName(size int) string {
	switch {
	case size >= 1<<20 && size%(1<<20) == 0:
		return strconv.Itoa(size>>20) + " MiB"
	case size >= 1<<10 && size%(1<<10) == 0:
		return strconv.Itoa(size>>10) + " KiB"
	}
	return strconv.Itoa(size) + " B"
}

// wrkSeconds is a run of wrk, which knows whole seconds only.
const wrkSeconds = 1

// Window is how long each measurement may take, when all measurements of the
// suites together, with their warm-up, are to take budget.
func Window(suites []Suite, contenders []Contender, rounds int, budget time.Duration) time.Duration {
	const betweenWindows = 30 * time.Millisecond
	windows := 0
	for _, s := range suites {
		for _, g := range s.Groups {
			turns := len(g.contenders(contenders)) * len(g.Cases)
			if g.Wrk {
				budget -= time.Duration(turns*rounds) * (wrkSeconds*time.Second + betweenWindows)
			} else {
				windows += turns * rounds
			}
		}
	}
	if windows == 0 {
		return maxWindow
	}
	share := budget/time.Duration(windows) - betweenWindows
	return min(max(share*4/5, minWindow), maxWindow) // the other fifth is warm-up
}

const (
	minWindow = 50 * time.Millisecond
	maxWindow = 2 * time.Second
)
