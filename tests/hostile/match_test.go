package hostile

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/steady"
)

// matchRules are rules of which a URI can begin any number at once, and end none
// before its last byte.
const matchRules = 1000

// longURIs are so many URIs of 8,000 bytes, each of which rule 7 takes: hostile ones
// begin hundreds of rules in an order of their own, so that none leads where another
// has been; ordinary ones begin one.
func longURIs(n int, hostile bool) (uris []string) {
	r := rand.New(rand.NewPCG(17, 18))
	for range n {
		var uri strings.Builder
		uri.WriteString("/r7/")
		for uri.Len() < 7980 {
			if hostile {
				fmt.Fprintf(&uri, "/r%d/z%d", r.IntN(matchRules), r.IntN(matchRules))
			} else {
				uri.WriteString("a-page-of-a-site")
			}
		}
		uris = append(uris, uri.String()+"/z7")
	}
	return uris
}

// besiege has clients ask for the URIs again and again, each when it has been
// answered, until end is called, which gives how many were.
func besiege(t *testing.T, web netip.AddrPort, clients int, uris []string) (end func() int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	answered, stop := 0, make(chan struct{})
	for i := range clients {
		v := newVisitor(t, web, true)
		all.Go(func() {
			for k := i; ; k += clients {
				select {
				case <-stop:
					return
				default:
				}
				if code, _, err := v.get(uris[k%len(uris)]); err != nil || code != 404 {
					t.Errorf("a long URI gets %d, %v, want the 404 of the server of rule 7", code, err)
					return
				}
				mu.Lock()
				answered++
				mu.Unlock()
			}
		})
	}
	return func() int {
		close(stop)
		all.Wait()
		return answered
	}
}

// Two clients send the URIs which cost most, one after the other. They cost the daemon
// hardly more processor time than ordinary ones of the same length do, and others wait
// little longer.
func TestURIsMadeToBeDearToMatchDelayOthersLittleMoreThanOrdinaryOnes(t *testing.T) {
	for _, poll := range []string{"epoll", "io_uring"} {
		t.Run(poll, func(t *testing.T) {
			d := arena.StartDaemonWith(t, "--poll="+poll)
			site, victim := arena.NewSteady(t), arena.StartEcho(t)
			rules := []string{"pattern .* use server " + site.Server().String()}
			for i := range matchRules {
				rules = append(rules, fmt.Sprintf("pattern /r%d/.*z%d$ use server %s", i, i, victim.Addr))
			}
			web := d.Serve(arena.Service{Servers: []netip.AddrPort{site.Server(), victim.Addr}, Rules: rules})
			site.Connect(web, "/page")
			ordinary, dear := longURIs(300, false), longURIs(300, true)
			// It was 5 to 7 times as measured, and 330 when nodes were followed one by one.
			cost := steady.Question{What: "processor time for a dear URI, by that for an ordinary one", Bound: 25, Least: pairs()}
			delay := steady.Question{What: "the p99 of others, by that beside ordinary URIs", Bound: 4, Floor: arena.Floor.Seconds(), Least: pairs()}
			var costs, delays []steady.Pair
			verdicts := [2]steady.Verdict{}
			for verdicts[0] == steady.Open || verdicts[1] == steady.Open {
				meter := steady.Begin()
				base, seen := besieged(t, d, site, web, ordinary), besieged(t, d, site, web, dear)
				disturbed := meter.Disturbed()
				costs = append(costs, steady.Pair{Base: base.each, Seen: seen.each}) // no matter who else has a core
				delays = append(delays, steady.Pair{Base: base.p99, Seen: seen.p99, Disturbed: disturbed})
				if verdicts = [2]steady.Verdict{cost.Judge(costs), delay.Judge(delays)}; t.Failed() {
					return
				}
			}
			t.Logf("%v: %.1f times; %v: %.1f times", cost.What, cost.Ratio(costs), delay.What, delay.Ratio(delays))
			cost.Tell(t, verdicts[0], costs)
			delay.Tell(t, verdicts[1], delays)
		})
	}
}

// siege is what long URIs cost: processor time of the daemon for each, and how long
// others wait, in seconds.
type siege struct{ each, p99 float64 }

func besieged(t *testing.T, d *arena.Daemon, site *arena.Steady, web netip.AddrPort, uris []string) (seen siege) {
	t.Helper()
	began := d.Processor()
	end := besiege(t, web, 2, uris)
	site.Window(200 * time.Millisecond)
	seen.p99 = site.Window(window()).P99.Seconds()
	answered := end()
	if answered == 0 {
		t.Error("no long URI was answered")
	}
	seen.each = (d.Processor() - began).Seconds() / float64(max(answered, 1))
	site.Window(100 * time.Millisecond)
	return seen
}
