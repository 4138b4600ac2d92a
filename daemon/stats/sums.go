package stats

// Sums are the counters of all loops together, as Cell names them.
type Sums struct {
	Conns    uint64
	Requests uint64
	InBytes  uint64
	OutBytes uint64
	Errors   uint64
}

// Plus returns the sum of both, figure by figure.
func (s Sums) Plus(o Sums) Sums {
	return Sums{
		Conns:    s.Conns + o.Conns,
		Requests: s.Requests + o.Requests,
		InBytes:  s.InBytes + o.InBytes,
		OutBytes: s.OutBytes + o.OutBytes,
		Errors:   s.Errors + o.Errors,
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
	}
}
