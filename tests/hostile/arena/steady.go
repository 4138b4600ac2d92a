package arena

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/steady"
)

// Steady is a well-behaved site: clients that send a fixed number of requests a
// second over kept connections, and the server that answers them. Its latency
// counts from when a request was due, so that waiting to send hides nothing.
// Any wrong answer fails the test.
type Steady struct {
	t    testing.TB
	loop *generator.Loop
}

const (
	steadyClients = 16
	steadyRate    = 1500 // requests a second
)

// NewSteady opens the site's server, which lives until the test ends.
func NewSteady(t testing.TB) *Steady {
	t.Helper()
	enterable(t)
	loop, err := generator.New(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loop.Close)
	return &Steady{t, loop}
}

// Server is where the balancer finds the server.
func (s *Steady) Server() netip.AddrPort { return s.loop.Servers()[0] }

// Connect opens the clients' connections to the balancer.
func (s *Steady) Connect(to netip.AddrPort, uris ...string) {
	s.t.Helper()
	load := generator.Load{Target: to, Connections: steadyClients, BodySize: 256, Rate: steadyRate}
	for _, uri := range uris {
		load.Requests = append(load.Requests, generator.Request{URI: uri, Server: generator.AnyServer})
	}
	if err := s.loop.Attach(context.Background(), load); err != nil {
		s.t.Fatal(err)
	}
	s.Window(200 * time.Millisecond) // what warms up is not measured
}

// Window has the clients ask for a while, and gives what they saw.
func (s *Steady) Window(d time.Duration) generator.Window {
	s.t.Helper()
	w, err := s.loop.Run(context.Background(), d, 0)
	if err != nil {
		s.t.Fatal("a well-behaved client: ", err)
	}
	return w
}

// Comparison is what the steady clients saw in quiet windows and in those of
// a disturbance, which took turns, so that what else the machine does is in
// both alike.
type Comparison struct {
	Quiet, Disturbed []generator.Window

	question steady.Question
	pairs    []steady.Pair
	verdict  steady.Verdict
}

// Tell fails the test where the p99 went past the bound, and counts what a
// disturbed machine left open.
func (c Comparison) Tell(t testing.TB) {
	t.Helper()
	c.question.Tell(t, c.verdict, c.pairs)
}

// Compare measures that many pairs of windows, and up to three times as many
// while the result is past bound, since on a shared machine a few may be bad
// luck. disturb begins the disturbance and returns what ends it.
func (s *Steady) Compare(pairs int, d time.Duration, bound float64, disturb func() (end func())) (c Comparison) {
	s.t.Helper()
	c.question = steady.Question{What: "the p99 of others, in seconds", Bound: bound, Floor: Floor.Seconds(), Least: pairs}
	for c.verdict == steady.Open {
		meter := steady.Begin()
		c.Quiet = append(c.Quiet, s.Window(d))
		end := disturb()
		s.Window(settling)
		c.Disturbed = append(c.Disturbed, s.Window(d))
		end()
		s.Window(settling)
		last := len(c.Quiet) - 1
		c.pairs = append(c.pairs, steady.Pair{Base: c.Quiet[last].P99.Seconds(), Seen: c.Disturbed[last].P99.Seconds(), Disturbed: meter.Disturbed()})
		c.verdict = c.question.Judge(c.pairs)
	}
	return c
}

// settling is how long the beginning and the end of a disturbance may take,
// which are not part of a window.
const settling = 400 * time.Millisecond

// Floor is the p99 below which there is nothing to compare: on a machine whose
// cores are shared, one turn of somebody else takes this long, and whether a
// window's p99 holds one is chance. A thread that does nothing but sleep on such
// a machine, idle otherwise, wakes up 0.4 to 2.4 ms late at its p99.
const Floor = 2 * time.Millisecond

// Ratio is the disturbed p99 to the quiet one, medians of the windows, where
// a quiet one counts as Floor at the least.
func (c Comparison) Ratio() float64 {
	return float64(p99(c.Disturbed)) / float64(max(p99(c.Quiet), Floor))
}

func (c Comparison) String() string {
	return fmt.Sprintf("p99 quiet %v, disturbed %v, in the best windows %v, %v; p50 %v, %v; medians of %d windows, ratio %.2f with quiet at least %v",
		round(p99(c.Quiet)), round(p99(c.Disturbed)), round(best(c.Quiet)), round(best(c.Disturbed)),
		round(p50(c.Quiet)), round(p50(c.Disturbed)), len(c.Quiet), c.Ratio(), Floor)
}

// best is the least p99: what the machine's other work has touched least.
func best(windows []generator.Window) time.Duration {
	least := windows[0].P99
	for _, w := range windows {
		least = min(least, w.P99)
	}
	return least
}

func p99(windows []generator.Window) time.Duration {
	return median(windows, func(w generator.Window) time.Duration { return w.P99 })
}

func p50(windows []generator.Window) time.Duration {
	return median(windows, func(w generator.Window) time.Duration { return w.P50 })
}

func median(windows []generator.Window, of func(generator.Window) time.Duration) time.Duration {
	var values []time.Duration
	for _, w := range windows {
		values = append(values, of(w))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
