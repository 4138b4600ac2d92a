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

// contenders are those that take part in the group: our own twice, where both
// ways of copying are compared.
func (g Group) contenders(all []Contender) []Contender {
	var list []Contender
	for _, c := range all {
		list = append(list, c)
		if g.ZeroCopy && c.Program != nil && !c.Peer {
			c.Name += " zerocopy_send=1"
			c.ZeroCopy = true
			list = append(list, c)
		}
	}
	return list
}

// turn is a contender ready to be measured.
type turn struct {
	Contender
	running *proxy.Proxy // nil without a program
	target  netip.AddrPort
	failure error // it did not start
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
		for _, g := range s.Groups {
			cases, err := b.group(ctx, loop, s, g)
			result.Cases = append(result.Cases, cases...)
			if err != nil {
				return append(results, result), fmt.Errorf("suite %s: %w", s.Name, err)
			}
		}
		results = append(results, result)
	}
	return results, nil
}

// group starts the proxies, measures every case, and stops them.
func (b *Bench) group(ctx context.Context, loop *generator.Loop, s Suite, g Group) (cases []CaseResult, err error) {
	setup := proxy.Setup{Servers: loop.Servers(), Rules: g.Rules, Default: defaultServer, Bulk: g.Bulk}
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
	}
	turns, err := b.start(ctx, g, setup)
	defer stop(turns)
	if err != nil {
		return nil, err
	}
	for _, c := range g.Cases {
		fmt.Fprintf(b.Progress, "%s: %s %s\n", s.Name, c.Name, s.CaseName)
		measure := func(t turn) (observed, error) { return b.window(ctx, loop, t, c) }
		if g.Wrk {
			measure = func(t turn) (observed, error) { return b.wrkWindow(ctx, t, c) }
		}
		result := CaseResult{Name: c.Name, Connections: c.Load.Connections}
		if result.Results, err = b.rounds(ctx, turns, s.PerGB, measure); err != nil {
			return cases, err
		}
		result.conclude()
		cases = append(cases, result)
	}
	return cases, nil
}

// start starts the group's proxies; those that are to be stopped are returned
// with an error, too. A proxy that does not start fails alone.
func (b *Bench) start(ctx context.Context, g Group, setup proxy.Setup) (turns []turn, err error) {
	for _, c := range g.contenders(b.Contenders) {
		t := turn{Contender: c, target: setup.Servers[0]}
		if c.Program != nil {
			setup.ZeroCopy = c.ZeroCopy
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

// rounds gives every contender its turn, round after round.
func (b *Bench) rounds(ctx context.Context, turns []turn, perGB bool, measure func(turn) (observed, error)) ([]Result, error) {
	results := make([]Result, len(turns))
	for i, t := range turns {
		results[i] = Result{Proxy: t.Name, Peer: t.Peer}
		if t.failure != nil {
			results[i].Error = t.failure.Error()
		}
	}
	for range b.Rounds {
		for i, t := range turns {
			r := &results[i]
			if r.Error != "" {
				continue
			}
			seen, err := measure(t)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				r.Error = err.Error()
				fmt.Fprintf(b.Progress, "  %s: %v\n", t.Name, err)
				continue
			}
			seen.perGB = perGB
			r.Rounds = append(r.Rounds, seen.sample())
		}
	}
	return results, nil
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
	if _, err := loop.Run(ctx, b.Window/4); err != nil {
		return seen, err
	}
	var w generator.Window
	err = b.charge(&seen, t, func() error {
		w, err = loop.Run(ctx, b.Window)
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
