package suite

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Report is all that a run found, as it is written to JSON.
type Report struct {
	Environment Environment   `json:"environment"`
	Suites      []SuiteResult `json:"suites"`
	Claims      []Claim       `json:"claims"`
}

// Environment is what the figures depend on.
type Environment struct {
	Begun      time.Time         `json:"begun"`
	Kernel     string            `json:"kernel"`
	Processor  string            `json:"processor"`
	Congestion string            `json:"tcp_congestion_control"`
	ProxyCore  int               `json:"proxy_core"`
	LoadCore   int               `json:"load_core"`
	Nice       int               `json:"nice"` // of the proxies and the load
	Rounds     int               `json:"rounds"`
	Window     float64           `json:"window_seconds"`
	Versions   map[string]string `json:"versions"`
	Method     []string          `json:"method"`
}

// method says how the figures came to be.
var method = []string{
	"Load generator and servers are one epoll loop on one thread of the load core; the proxy has the proxy core to itself. Suite wrk: wrk and nginx instead.",
	"In each round every case of a suite comes, and in each case every proxy has its turn; figures are medians of the rounds, ratios are ratios of medians; warm-up is not counted.",
	"CPU is the kernel's nanosecond clock of all the proxy's processes over the window alone, divided into user and system by the clock ticks of /proc/PID/stat.",
	"haproxy: 1 thread, http-reuse always, path_beg and path_reg; nginx: 1 worker, upstream keepalive, prefix and regex locations, pcre_jit on; ktcpvs: 1 loop, phttp. HTTP/1.1, connections kept on both sides, no logs.",
	"Every response's status, length and server were checked.",
}

// Describe fills in what can be read from this machine.
func (b *Bench) Describe() Environment {
	e := Environment{
		Begun: time.Now().UTC().Truncate(time.Second), Kernel: "unknown", Processor: processor(), Congestion: "unknown",
		ProxyCore: b.ProxyCore, LoadCore: b.LoadCore, Nice: b.Nice, Rounds: b.Rounds, Window: b.Window.Seconds(), Versions: map[string]string{}, Method: method,
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		e.Kernel = unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:])
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control"); err == nil {
		e.Congestion = strings.TrimSpace(string(text))
	}
	for _, c := range b.Contenders {
		if c.Program != nil {
			e.Versions[c.Name] = c.Program.Version()
		}
	}
	return e
}

// processor is the model name in /proc/cpuinfo, or the architecture.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// JSON is the report for programs.
func (r *Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// Failed lists what went wrong with contenders, one line each.
func (r *Report) Failed() (lines []string) {
	for _, s := range r.Suites {
		for _, c := range s.Cases {
			for _, result := range c.Results {
				if result.Error != "" {
					lines = append(lines, s.Name+", "+c.Name+" "+s.CaseName+", "+result.Proxy+": "+result.Error)
				}
			}
		}
	}
	return lines
}
