package suite

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"ktcpvs/tests/load/cpu"
	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/load/proxy"
	"ktcpvs/tests/load/wrk"
)

// Bench runs suites. Its user must have pinned the process to LoadCore and
// locked the goroutine to its thread. Proxies inherit that thread's priority.
type Bench struct {
	ProxyCore, LoadCore int
	Nice                int // as it was set; for the report
	Contenders          []Contender
	Rounds              int
	Window              time.Duration // of each measurement; a quarter more is warm-up
	Nginx, Wrk          string        // paths, for the suite wrk
	Progress            io.Writer     // a line for each case
}

// drainPatience bounds how long the last responses of a window may take.
const drainPatience = 5 * time.Second

// contenders are those that take part in the group: our own twice, where what it
// does by itself is compared with copying.
func (g Group) contenders(all []Contender) []Contender {
	var list []Contender
	for _, c := range all {
		list = append(list, c)
		if g.Copy && c.Program != nil && !c.Peer {
			c.Name += " zerocopy_send=0"
			c.Copy = true
			list = append(list, c)
		}
	}
	return list
}

// Run runs the suites one after the other. What was measured before an error of
// the bench itself, or the end of ctx, is returned with it; what goes wrong with
// one contender is in its Result.
func (b *Bench) Run(ctx context.Context, suites []Suite) ([]SuiteResult, error) {
	loop, err := generator.New(servers)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	var results []SuiteResult
	for _, s := range suites {
		result := SuiteResult{Name: s.Name, Title: s.Title, CaseName: s.CaseName, CPUUnit: usPerRequest}
		if s.PerGB {
			result.CPUUnit = msPerGB
		}
		result.Cases, err = b.suite(ctx, loop, s)
		results = append(results, result)
		if err != nil {
			return results, fmt.Errorf("suite %s: %w", s.Name, err)
		}
	}
	return results, nil
}

// suite starts the proxies of every group, measures every case in every round,
// and stops them. So cases too take turns, and can be compared with each other.
func (b *Bench) suite(ctx context.Context, loop *generator.Loop, s Suite) ([]CaseResult, error) {
	fmt.Fprintf(b.Progress, "%s: starting\n", s.Name)
	var trials []*trial
	for _, g := range s.Groups {
		setup := proxy.Setup{Servers: loop.Servers(), Rules: g.Rules, Default: defaultServer, Bulk: g.Bulk}
		measure := func(t turn, c Case) (observed, error) { return b.window(ctx, loop, t, c) }
		if g.Wrk {
			server, err := proxy.Start(ctx, proxy.NginxServer{Nginx: proxy.Nginx{Path: b.Nginx}, BodySize: g.Cases[0].Load.BodySize}, b.LoadCore, proxy.Setup{})
			if err != nil {
				return nil, err
			}
			defer server.Stop()
			setup.Servers, setup.Default, setup.Rules = []netip.AddrPort{server.Addr}, 0, slices.Clone(g.Rules)
			for i := range setup.Rules {
				setup.Rules[i].Server = 0
			}
			measure = func(t turn, c Case) (observed, error) { return b.wrkWindow(ctx, t, c) }
		}
		turns, err := b.start(ctx, g, setup)
		defer stop(turns)
		if err != nil {
			return nil, err
		}
		for _, c := range g.Cases {
			trials = append(trials, newTrial(c, turns, s.PerGB, measure))
		}
	}
	var err error
	for round := 1; round <= b.Rounds && err == nil; round++ {
		fmt.Fprintf(b.Progress, "%s: round %d of %d\n", s.Name, round, b.Rounds)
		for i := 0; i < len(trials) && err == nil; i++ {
			err = trials[i].round(ctx, b.Progress)
		}
	}
	cases := make([]CaseResult, len(trials))
	for i, t := range trials {
		t.result.conclude()
		cases[i] = t.result
	}
	return cases, err
}

// start starts the group's proxies; those that are to be stopped are returned
// with an error, too. A proxy that does not start fails alone.
func (b *Bench) start(ctx context.Context, g Group, setup proxy.Setup) (turns []turn, err error) {
	for _, c := range g.contenders(b.Contenders) {
		t := turn{Contender: c, target: setup.Servers[0]}
		if c.Program != nil {
			setup.Copy = c.Copy
			t.running, t.failure = proxy.Start(ctx, c.Program, b.ProxyCore, setup)
			if t.failure == nil {
				t.target = t.running.Addr
			} else if ctx.Err() == nil {
				fmt.Fprintf(b.Progress, "  %v\n", t.failure)
			}
		}
		turns = append(turns, t)
		if ctx.Err() != nil {
			return turns, context.Cause(ctx)
		}
	}
	return turns, nil
}

func stop(turns []turn) {
	for _, t := range turns {
		if t.running != nil {
			t.running.Stop()
		}
	}
}

// window warms a proxy up and measures it with the generator.
func (b *Bench) window(ctx context.Context, loop *generator.Loop, t turn, c Case) (seen observed, err error) {
	load := c.Load
	load.Target = t.target
	if t.running == nil {
		load.Requests = []generator.Request{{URI: "/", Server: generator.AnyServer}}
	}
	if err := loop.Attach(ctx, load); err != nil {
		return seen, err
	}
	if _, err := loop.Run(ctx, b.Window/4, 0); err != nil {
		return seen, err
	}
	var w generator.Window
	err = b.charge(&seen, t, func() error {
		w, err = loop.Run(ctx, b.Window, c.Responses)
		return err
	})
	if err != nil {
		return seen, err
	}
	seen.elapsed, seen.busy, seen.requests, seen.bytes, seen.p50, seen.p99 = w.Elapsed, w.Busy, w.Requests, w.Bytes, w.P50, w.P99
	return seen, loop.Detach(ctx, drainPatience)
}

// wrkWindow measures a proxy with wrk. Its connections open within the
// measurement; the first round's caches are not warm.
func (b *Bench) wrkWindow(ctx context.Context, t turn, c Case) (seen observed, err error) {
	var w wrk.Result
	err = b.charge(&seen, t, func() error {
		w, err = wrk.Run(ctx, b.Wrk, b.LoadCore, t.target, c.Load.Connections, wrkSeconds)
		return err
	})
	seen.elapsed, seen.busy, seen.requests, seen.p50, seen.p99 = w.Elapsed, w.CPU, w.Requests, w.P50, w.P99
	seen.bytes = w.Requests * uint64(c.Load.BodySize)
	return seen, err
}

// charge sets the processor time that a proxy's processes, and all processes on
// both cores, use while do runs.
func (b *Bench) charge(seen *observed, t turn, do func() error) error {
	var processes []int
	if t.running != nil {
		var err error
		if processes, err = t.running.Processes(); err != nil {
			return err
		}
	}
	read := func() (used cpu.Used, machine time.Duration, err error) {
		if t.running != nil {
			used, err = t.running.Used(processes)
		}
		if err == nil {
			machine, err = cpu.Busy(b.ProxyCore, b.LoadCore)
		}
		return used, machine, err
	}
	used, machine, err := read()
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	usedAfter, machineAfter, err := read()
	seen.used, seen.machine = usedAfter.Since(used), machineAfter-machine
	return err
}
