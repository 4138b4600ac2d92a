package suite

import (
	"fmt"
	"strings"
	"time"
)

// Text is the report for people.
func (r *Report) Text() string {
	var text strings.Builder
	e := r.Environment
	fmt.Fprintf(&text, "%s, %s, TCP congestion control %s; %s\n", e.Processor, e.Kernel, e.Congestion, e.Begun.Format(time.DateTime))
	fmt.Fprintf(&text, "proxies on core %d, load on core %d, nice %d; medians of %d rounds of %.2f s\n", e.ProxyCore, e.LoadCore, e.Nice, e.Rounds, e.Window)
	for _, result := range r.Suites {
		result.table(&text)
	}
	if len(r.Claims) > 0 {
		text.WriteString("\nClaims\n")
		for _, c := range r.Claims {
			fmt.Fprintf(&text, "  %-5s %s: %s\n", c.verdict(), c.Text, c.Found)
		}
	}
	text.WriteString("\nHow\n")
	for _, line := range e.Method {
		fmt.Fprintf(&text, "  %s\n", line)
	}
	return text.String()
}

// table writes one suite; the case is named in its first row only.
func (s *SuiteResult) table(text *strings.Builder) {
	speed := "requests/s"
	if s.perGB() {
		speed = "MB/s"
	}
	fmt.Fprintf(text, "\n%s. CPU in %s.\n", s.Title, s.CPUUnit)
	fmt.Fprintf(text, "%11s  %-26s %10s %8s %8s %8s %9s %9s %6s %6s %6s  %s\n", s.CaseName, "proxy", speed, "user", "system", "CPU", "p50", "p99", "proxy", "load", "others", "CPU against the better peer")
	for _, c := range s.Cases {
		for i, r := range c.Results {
			name := c.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(text, "%11s  %-26s ", name, r.Proxy)
			if r.Error != "" {
				fmt.Fprintf(text, "failed: %s\n", r.Error)
				continue
			}
			if !r.measured() {
				text.WriteString("not measured\n")
				continue
			}
			m := r.Median
			rate := m.RequestsPerSecond
			if s.perGB() {
				rate = m.BytesPerSecond / 1e6
			}
			fmt.Fprintf(text, "%10.0f %8.2f %8.2f %8.2f %9s %9s %5.0f%% %5.0f%% %5.0f%%", rate, m.User, m.System, m.Total, latency(m.P50), latency(m.P99), 100*m.ProxyBusy, 100*m.GeneratorBusy, 100*m.Others)
			if r.Ratio != nil {
				fmt.Fprintf(text, "  %.3f of %s", r.Ratio.CPU, r.Ratio.Peer)
			}
			text.WriteByte('\n')
		}
	}
}

// latency is a number of microseconds with its unit.
func latency(us float64) string {
	if us >= 10000 {
		return fmt.Sprintf("%.1fms", us/1000)
	}
	return fmt.Sprintf("%.0fus", us)
}
