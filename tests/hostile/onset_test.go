package hostile

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/steady"
)

// onset is how long, in windows, others are looked at from when the first of the
// attackers connects. On this machine attackers, servers and the balancer share
// the cores, which are busy until all have got what the system buffers take.
const (
	onsetWindows = 6
	onsetWindow  = 250 * time.Millisecond
)

// While 5,000 clients connect within half a second and each has a large
// response begin to flow, which none of them reads, others wait. How long, a
// balancer decides: by whether it lets newcomers crowd in, and large bodies keep
// small requests waiting. nginx, in the same run, is the measure.
func TestOthersWaitLessThanBehindNginxWhileFiveThousandLargeResponsesBegin(t *testing.T) {
	arena.SetSysctl(t, "core/somaxconn", "65535")
	crowd := arena.Crowd{Hello: "GET /length/1000000/nothing HTTP/1.1\r\nHost: attack\r\n\r\n", Sip: 1}
	for _, way := range []struct{ name, knob string }{
		{"copied", "zerocopy_send=0"},
		{"spliced", "zerocopy_send=1"},
	} {
		t.Run(way.name, func(t *testing.T) {
			victim := arena.StartEcho(t)
			d := arena.StartDaemon(t)
			d.Knobs("max_backlog=65535", way.knob)
			site, peer := arena.NewSteady(t), arena.NewSteady(t)
			web := d.Serve(arena.Service{
				Servers: []netip.AddrPort{site.Server(), victim.Addr},
				Rules: []string{
					"pattern .* use server " + site.Server().String(),
					"host ^attack use server " + victim.Addr.String(),
				},
			})
			nginx := arena.StartNginx(t, peer.Server(), victim.Addr)
			site.Connect(web, "/page")
			peer.Connect(nginx, "/page")

			var ours, theirs []generator.Window
			usual := waiting{Question: steady.Question{What: "p50 of others, by nginx's", Bound: 1, Least: pairs()}, figure: p50}
			worst := waiting{Question: steady.Question{What: "p99 of others, by nginx's", Bound: 1, Least: pairs()}, figure: p99}
			for usual.verdict == steady.Open || worst.verdict == steady.Open {
				meter := steady.Begin()
				we := onset(t, site, crowd, web)
				they := onset(t, peer, crowd, nginx)
				ours, theirs = append(ours, we...), append(theirs, they...)
				disturbed := meter.Disturbed()
				usual.add(we, they, disturbed)
				worst.add(we, they, disturbed)
			}
			t.Logf("medians of %d windows: p50 %v, nginx %v; p99 %v, nginx %v", len(ours),
				middle(ours, p50), middle(theirs, p50), middle(ours, p99), middle(theirs, p99))
			usual.Tell(t, usual.verdict, usual.pairs)
			worst.Tell(t, worst.verdict, worst.pairs)
		})
	}
}

// waiting compares a figure of windows behind the daemon and behind nginx.
type waiting struct {
	steady.Question
	figure  func(generator.Window) time.Duration
	pairs   []steady.Pair
	verdict steady.Verdict
}

// add adds what was seen in one onset behind each.
func (w *waiting) add(ours, theirs []generator.Window, disturbed string) {
	if w.verdict != steady.Open {
		return
	}
	w.pairs = append(w.pairs, steady.Pair{Base: middle(theirs, w.figure).Seconds(), Seen: middle(ours, w.figure).Seconds(), Disturbed: disturbed})
	w.verdict = w.Judge(w.pairs)
}

// onset gathers the crowd and gives what others saw meanwhile.
func onset(t *testing.T, site *arena.Steady, crowd arena.Crowd, at netip.AddrPort) (seen []generator.Window) {
	t.Helper()
	g := crowd.Begin(t, at, attackers)
	for range onsetWindows {
		seen = append(seen, site.Window(onsetWindow))
	}
	g.Gathered()
	g.Disperse()
	site.Window(time.Second)
	return seen
}

func p50(w generator.Window) time.Duration { return w.P50 }
func p99(w generator.Window) time.Duration { return w.P99 }

// middle is the median of a figure of the windows.
func middle(windows []generator.Window, figure func(generator.Window) time.Duration) time.Duration {
	var all []time.Duration
	for _, w := range windows {
		all = append(all, figure(w))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
