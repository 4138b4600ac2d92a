package suite

import (
	"slices"
	"time"

	"ktcpvs/tests/load/cpu"
)

// Sample is what one window showed, or the medians of several.
type Sample struct {
	RequestsPerSecond float64 `json:"requests_per_second"`
	BytesPerSecond    float64 `json:"body_bytes_per_second"`
	User              float64 `json:"cpu_user"` // us per request, or ms per GB
	System            float64 `json:"cpu_system"`
	Total             float64 `json:"cpu_total"`
	P50               float64 `json:"p50_us"`
	P99               float64 `json:"p99_us"`
	ProxyBusy         float64 `json:"proxy_core_busy"`     // processor time of the proxy per elapsed time
	GeneratorBusy     float64 `json:"generator_core_busy"` // the same of the load's thread or process
	Others            float64 `json:"others_busy"`         // the same of everybody else on both cores; near 0, or the sample is disturbed

	split cpu.Used // what User and System come from
}

// observed is what a window is made of.
type observed struct {
	elapsed, busy time.Duration
	requests      uint64
	bytes         uint64
	p50, p99      time.Duration
	used          cpu.Used
	machine       time.Duration // processor time of both cores, whoever used them
	perGB         bool
}

// sample turns sums into rates.
func (o observed) sample() Sample {
	user, system := o.used.Split()
	seconds := o.elapsed.Seconds()
	work, unit := float64(o.requests), float64(time.Microsecond)
	if o.perGB {
		work, unit = float64(o.bytes)/1e9, float64(time.Millisecond)
	}
	return Sample{
		RequestsPerSecond: float64(o.requests) / seconds,
		BytesPerSecond:    float64(o.bytes) / seconds,
		User:              ratio(float64(user)/unit, work),
		System:            ratio(float64(system)/unit, work),
		Total:             ratio(float64(o.used.Total)/unit, work),
		P50:               float64(o.p50) / 1e3,
		P99:               float64(o.p99) / 1e3,
		ProxyBusy:         o.used.Total.Seconds() / seconds,
		GeneratorBusy:     o.busy.Seconds() / seconds,
		split:             o.used,
		Others:            max(0, (o.machine-o.busy-o.used.Total).Seconds()/seconds),
	}
}

// ratio is a/b, and 0 where there is nothing to compare with.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// median is, for each figure by itself, the middle one of the samples, or the
// mean of the two in the middle. User and System divide the median Total as the
// clock ticks of all samples together do: those of one are few.
func median(samples []Sample) Sample {
	middle := func(figure func(*Sample) *float64, into *Sample) {
		all := make([]float64, len(samples))
		for i := range samples {
			all[i] = *figure(&samples[i])
		}
		slices.Sort(all)
		if n := len(all); n > 0 {
			*figure(into) = (all[(n-1)/2] + all[n/2]) / 2
		}
	}
	var m Sample
	for _, s := range samples {
		m.split.Total += s.split.Total
		m.split.User += s.split.User
		m.split.System += s.split.System
	}
	for _, figure := range []func(*Sample) *float64{
		func(s *Sample) *float64 { return &s.RequestsPerSecond },
		func(s *Sample) *float64 { return &s.BytesPerSecond },
		func(s *Sample) *float64 { return &s.Total },
		func(s *Sample) *float64 { return &s.P50 },
		func(s *Sample) *float64 { return &s.P99 },
		func(s *Sample) *float64 { return &s.ProxyBusy },
		func(s *Sample) *float64 { return &s.GeneratorBusy },
		func(s *Sample) *float64 { return &s.Others },
	} {
		middle(figure, &m)
	}
	user, _ := m.split.Split()
	m.User = m.Total * ratio(float64(user), float64(m.split.Total))
	m.System = m.Total - m.User
	return m
}

// Result is one contender in one case.
type Result struct {
	Proxy  string   `json:"proxy"`
	Peer   bool     `json:"peer"`
	Median Sample   `json:"median"`
	Rounds []Sample `json:"rounds"`
	Error  string   `json:"error,omitempty"` // the first; there are no later rounds

	// Against the better peer of the case, the one with less CPU; absent for
	// peers themselves and without one.
	Ratio *Ratio `json:"ratio,omitempty"`
}

// measured is false when it failed, or when the run ended before its first turn.
func (r *Result) measured() bool { return r.Error == "" && len(r.Rounds) > 0 }

// Ratio is a contender's median by a peer's.
type Ratio struct {
	Peer     string  `json:"peer"`
	CPU      float64 `json:"cpu"`
	Requests float64 `json:"requests_per_second"`
	P99      float64 `json:"p99"`
}

// CaseResult is one case of a suite.
type CaseResult struct {
	Name        string   `json:"name"`
	Connections int      `json:"connections"`
	Results     []Result `json:"results"`
}

// of finds a contender's result without an error.
func (c *CaseResult) of(proxy string) (Sample, bool) {
	for _, r := range c.Results {
		if r.Proxy == proxy && r.measured() {
			return r.Median, true
		}
	}
	return Sample{}, false
}

// conclude computes medians, and ratios to the better peer.
func (c *CaseResult) conclude() {
	var better *Result
	for i := range c.Results {
		r := &c.Results[i]
		r.Median = median(r.Rounds)
		if r.Peer && r.measured() && (better == nil || r.Median.Total < better.Median.Total) {
			better = r
		}
	}
	for i := range c.Results {
		if r := &c.Results[i]; better != nil && !r.Peer && r.measured() && r.Median.Total > 0 {
			r.Ratio = &Ratio{
				Peer:     better.Proxy,
				CPU:      ratio(r.Median.Total, better.Median.Total),
				Requests: ratio(r.Median.RequestsPerSecond, better.Median.RequestsPerSecond),
				P99:      ratio(r.Median.P99, better.Median.P99),
			}
		}
	}
}

// SuiteResult is one suite.
type SuiteResult struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	CaseName string       `json:"case_name"`
	CPUUnit  string       `json:"cpu_unit"`
	Cases    []CaseResult `json:"cases"`
}

// perGB says whether CPU is counted by bytes.
func (s *SuiteResult) perGB() bool { return s.CPUUnit == msPerGB }

const (
	usPerRequest = "us/request"
	msPerGB      = "ms/GB"
)
