package suite

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/load/cpu"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

func TestASampleIsPerRequestOrPerGB(t *testing.T) {
	o := observed{
		elapsed: 2 * time.Second, busy: time.Second, requests: 100000, bytes: 4e9, p50: 150 * time.Microsecond, p99: time.Millisecond,
		used: cpu.Used{Total: 1600 * time.Millisecond, User: 40, System: 120}, machine: 3 * time.Second,
	}
	s := o.sample()
	for name, pair := range map[string][2]float64{
		"requests/s": {s.RequestsPerSecond, 50000}, "total us": {s.Total, 16}, "user us": {s.User, 4}, "system us": {s.System, 12},
		"p50": {s.P50, 150}, "p99": {s.P99, 1000}, "proxy": {s.ProxyBusy, 0.8}, "generator": {s.GeneratorBusy, 0.5}, "others": {s.Others, 0.2},
	} {
		if !near(pair[0], pair[1]) {
			t.Errorf("%s is %v, expected %v", name, pair[0], pair[1])
		}
	}
	o.perGB = true
	if s := o.sample(); !near(s.Total, 400) || !near(s.BytesPerSecond, 2e9) {
		t.Errorf("%v ms/GB at %v bytes/s, expected 400 at 2e9", s.Total, s.BytesPerSecond)
	}
	o.requests, o.perGB = 0, false
	if s := o.sample(); s.Total != 0 {
		t.Errorf("without a request %v us each, expected 0", s.Total)
	}
}

func TestMediansAreOfEachFigureByItself(t *testing.T) {
	samples := []Sample{
		{Total: 10, P99: 3, split: cpu.Used{Total: 10, User: 1, System: 1}},
		{Total: 30, P99: 1, split: cpu.Used{Total: 30, User: 0, System: 4}},
		{Total: 20, P99: 2, split: cpu.Used{Total: 20, User: 1, System: 1}},
	}
	m := median(samples)
	if m.Total != 20 || m.P99 != 2 {
		t.Errorf("CPU %v, p99 %v; expected 20 and 2", m.Total, m.P99)
	}
	if !near(m.User, 5) || !near(m.User+m.System, m.Total) {
		t.Errorf("user %v, system %v; expected a quarter of the ticks, 5, and the rest", m.User, m.System)
	}
	if m := median(samples[:2]); m.Total != 20 {
		t.Errorf("of two samples %v, expected their mean 20", m.Total)
	}
	if m := median(nil); m != (Sample{}) {
		t.Errorf("of no sample %+v, expected zeros", m)
	}
}

// figures is a case whose contenders have used the given CPU.
func figures(name string, connections int, haproxy, nginx, ours float64) CaseResult {
	c := CaseResult{Name: name, Connections: connections}
	for _, r := range []Result{{Proxy: "haproxy", Peer: true}, {Proxy: "nginx", Peer: true}, {Proxy: "ktcpvs"}} {
		total := map[string]float64{"haproxy": haproxy, "nginx": nginx, "ktcpvs": ours}[r.Proxy]
		if total > 0 {
			r.Rounds = []Sample{{Total: total, RequestsPerSecond: 1e6 / total, P99: 100}}
		} else {
			r.Error = "gone"
		}
		c.Results = append(c.Results, r)
	}
	c.conclude()
	return c
}

func TestTheBetterPeerIsTheOneOfLessCPU(t *testing.T) {
	c := figures("16", 16, 20, 16, 12)
	if c.Results[0].Ratio != nil || c.Results[1].Ratio != nil {
		t.Error("a peer has a ratio")
	}
	if r := c.Results[2].Ratio; r == nil || r.Peer != "nginx" || !near(r.CPU, 0.75) || !near(r.Requests, 16./12) || !near(r.P99, 1) {
		t.Errorf("ratio %+v, expected 0.75 of nginx's CPU and 1.33 of its requests/s", r)
	}
	c = figures("16", 16, 20, 0, 12)
	if r := c.Results[2].Ratio; r == nil || r.Peer != "haproxy" {
		t.Errorf("ratio %+v, expected one to haproxy, since nginx failed", r)
	}
	c = figures("16", 16, 0, 0, 12)
	if c.Results[2].Ratio != nil {
		t.Error("a ratio without a peer")
	}
}

func verdicts(claims []Claim) string {
	var all strings.Builder
	for _, c := range claims {
		all.WriteByte(c.verdict()[0])
	}
	return all.String()
}

func TestClaimsAboutKeptConnections(t *testing.T) {
	cases := []CaseResult{figures("1", 1, 10, 10, 50), figures("16", 16, 17, 15, 16), figures("64", 64, 17, 15, 18), figures("256", 256, 0, 15, 1)}
	r := Report{Suites: []SuiteResult{{Name: "keepalive", Cases: cases}}}
	claims := r.Judge([]string{"ktcpvs"})
	if got := verdicts(claims); got != "hFF" {
		t.Errorf("verdicts %s, expected hFF: below haproxy, above it, haproxy failed; nothing at 1 connection\n%+v", got, claims)
	}
	if claims[2].Found != "not measured" {
		t.Errorf("found %q, expected that it was not measured", claims[2].Found)
	}
}

func TestClaimsAboutManyRules(t *testing.T) {
	good := []CaseResult{figures("1", 16, 14, 14, 10), figures("1000", 16, 145, 59, 11), figures("10000", 16, 1500, 600, 11.4)}
	bad := []CaseResult{figures("1", 16, 14, 14, 10), figures("1000", 16, 145, 40, 15), figures("10000", 16, 1500, 200, 11.4)}
	for want, cases := range map[string][]CaseResult{"hhhh": good, "FFFF": bad} {
		r := Report{Suites: []SuiteResult{{Name: "rules", Cases: cases}}}
		claims := r.Judge([]string{"ktcpvs"})
		if got := verdicts(claims); got != want {
			t.Errorf("verdicts %s, expected %s\n%+v", got, want, claims)
		}
	}
}

func TestTheReportShowsFiguresAndFailures(t *testing.T) {
	r := Report{Suites: []SuiteResult{
		{Name: "keepalive", Title: "Kept", CaseName: "connections", CPUUnit: usPerRequest, Cases: []CaseResult{figures("16", 16, 20, 16, 12)}},
		{Name: "bulk", Title: "Bulk", CaseName: "body", CPUUnit: msPerGB, Cases: []CaseResult{figures("1 MiB", 8, 0, 500, 250)}},
	}}
	r.Claims = r.Judge([]string{"ktcpvs"})
	text := r.Text()
	for _, want := range []string{"0.750 of nginx", "0.500 of nginx", "failed: gone", "holds", "us/request", "MB/s"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if failed := r.Failed(); len(failed) != 1 || !strings.Contains(failed[0], "bulk, 1 MiB body, haproxy: gone") {
		t.Errorf("failures %q, expected haproxy's alone", failed)
	}
	encoded, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var decoded struct {
		Suites []struct {
			Cases []struct {
				Results []struct {
					Median map[string]float64
					Ratio  *struct{ CPU float64 }
				}
			}
		}
	}
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	ours := decoded.Suites[0].Cases[0].Results[2]
	if ours.Ratio == nil || ours.Ratio.CPU != 0.75 || ours.Median["cpu_total"] != 12 {
		t.Errorf("JSON has %+v for ktcpvs, expected ratio 0.75 and cpu_total 12:\n%s", ours, encoded)
	}
}
