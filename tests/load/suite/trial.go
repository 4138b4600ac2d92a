package suite

import (
	"context"
	"fmt"
	"io"
	"net/netip"

	"ktcpvs/tests/load/proxy"
)

// turn is a contender ready to be measured.
type turn struct {
	Contender
	running *proxy.Proxy // nil without a program
	target  netip.AddrPort
	failure error // it did not start
}

// trial is one case while its rounds go on.
type trial struct {
	Case
	turns   []turn
	perGB   bool
	measure func(turn, Case) (observed, error)
	result  CaseResult
}

func newTrial(c Case, turns []turn, perGB bool, measure func(turn, Case) (observed, error)) *trial {
	t := &trial{Case: c, turns: turns, perGB: perGB, measure: measure}
	t.result = CaseResult{Name: c.Name, Connections: c.Load.Connections, Results: make([]Result, len(turns))}
	for i, turn := range turns {
		t.result.Results[i] = Result{Proxy: turn.Name, Peer: turn.Peer}
		if turn.failure != nil {
			t.result.Results[i].Error = turn.failure.Error()
		}
	}
	return t
}

// round gives every contender that has not failed its turn. The only error is
// the end of ctx; that of a contender goes into its result.
func (t *trial) round(ctx context.Context, progress io.Writer) error {
	for i, turn := range t.turns {
		r := &t.result.Results[i]
		if r.Error != "" {
			continue
		}
		seen, err := t.measure(turn, t.Case)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			r.Error = err.Error()
			fmt.Fprintf(progress, "  %s, %s: %v\n", turn.Name, t.Name, err)
			continue
		}
		seen.perGB = t.perGB
		r.Rounds = append(r.Rounds, seen.sample())
	}
	return nil
}
