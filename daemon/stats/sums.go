package stats

// Sums are the counters of all loops together, as Cell names them.
type Sums struct {
	Conns    uint64
	Requests uint64
	InBytes  uint64
	OutBytes uint64
	Errors   uint64
	Limited  uint64

	Unconnected  uint64
	Resets       uint64
	Timeouts     uint64
	BadResponses uint64
}

// Plus returns the sum of both, figure by figure.
func (s Sums) Plus(o Sums) Sums {
	return Sums{
		Conns:    s.Conns + o.Conns,
		Requests: s.Requests + o.Requests,
		InBytes:  s.InBytes + o.InBytes,
		OutBytes: s.OutBytes + o.OutBytes,
		Errors:   s.Errors + o.Errors,
		Limited:  s.Limited + o.Limited,

		Unconnected:  s.Unconnected + o.Unconnected,
		Resets:       s.Resets + o.Resets,
		Timeouts:     s.Timeouts + o.Timeouts,
		BadResponses: s.BadResponses + o.BadResponses,
	}
}

// minus relies on counters that only grow; past 2^64 both operands wrap alike.
func (s Sums) minus(o Sums) Sums {
	return Sums{
		Conns:    s.Conns - o.Conns,
		Requests: s.Requests - o.Requests,
		InBytes:  s.InBytes - o.InBytes,
		OutBytes: s.OutBytes - o.OutBytes,
		Errors:   s.Errors - o.Errors,
		Limited:  s.Limited - o.Limited,

		Unconnected:  s.Unconnected - o.Unconnected,
		Resets:       s.Resets - o.Resets,
		Timeouts:     s.Timeouts - o.Timeouts,
		BadResponses: s.BadResponses - o.BadResponses,
	}
}
