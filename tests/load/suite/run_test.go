package suite

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"ktcpvs/tests/load/cpu"
	"ktcpvs/tests/load/proxy"
)

func bench(t *testing.T, contenders ...Contender) *Bench {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	cores, err := cpu.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	return &Bench{ProxyCore: cores[0], LoadCore: cores[len(cores)-1], Contenders: contenders, Rounds: 2, Window: 40 * time.Millisecond, Progress: io.Discard}
}

func TestEverySuiteRunsWithoutAProxy(t *testing.T) {
	scope := Quick()
	scope.Connections, scope.BulkSizes, scope.Rate = []int{2}, []int{64 << 10}, 2000
	suites, err := scope.Named([]string{"keepalive", "rate", "new", "bulk", "rules", "rules-mix"})
	if err != nil {
		t.Fatal(err)
	}
	results, err := bench(t, Contender{Name: "none"}).Run(t.Context(), suites)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(suites) {
		t.Fatalf("%d results of %d suites", len(results), len(suites))
	}
	for _, s := range results {
		for _, c := range s.Cases {
			if r := c.Results[0]; r.Error != "" || len(r.Rounds) != 2 || r.Median.RequestsPerSecond <= 0 || r.Median.P50 <= 0 {
				t.Errorf("%s, %s %s: %+v", s.Name, c.Name, s.CaseName, r)
			}
		}
	}
}

func TestPeersTakeTurnsAndAreCharged(t *testing.T) {
	var peers []Contender
	for _, p := range []proxy.Program{proxy.Haproxy{Path: "haproxy"}, proxy.Nginx{Path: "nginx"}} {
		require.That(t, "the program "+p.Name(), p.Missing())
		peers = append(peers, Contender{Name: p.Name(), Program: p, Peer: true})
	}
	scope := Quick()
	scope.Connections, scope.Rules = []int{4}, []int{20}
	suites, err := scope.Named([]string{"keepalive", "new", "rules", "rules-mix"})
	if err != nil {
		t.Fatal(err)
	}
	results, err := bench(t, peers...).Run(t.Context(), suites)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range results {
		for _, r := range s.Cases[0].Results {
			if r.Error != "" || r.Median.Total < 1 || r.Median.ProxyBusy <= 0 {
				t.Errorf("%s, %s: %+v", s.Name, r.Proxy, r)
			}
		}
	}
}

func TestAContenderThatAnswersWronglyFailsAlone(t *testing.T) {
	turns := []turn{{Contender: Contender{Name: "wrong"}}, {Contender: Contender{Name: "right"}}}
	calls := map[string]int{}
	trial := newTrial(Case{Name: "1"}, turns, false, func(t turn, _ Case) (observed, error) {
		calls[t.Name]++
		if t.Name == "wrong" {
			return observed{}, errors.New("answered nonsense")
		}
		return observed{elapsed: time.Second, requests: 1}, nil
	})
	for range 2 {
		if err := trial.round(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	if calls["wrong"] != 1 || calls["right"] != 2 {
		t.Errorf("calls %v, expected one of the wrong and two of the right", calls)
	}
	if r := trial.result.Results; r[0].Error != "answered nonsense" || r[1].Error != "" || len(r[1].Rounds) != 2 {
		t.Errorf("results %+v", r)
	}
}

func TestAContenderThatDoesNotStartFailsAlone(t *testing.T) {
	suites, err := Quick().Named([]string{"keepalive"})
	if err != nil {
		t.Fatal(err)
	}
	broken := Contender{Name: "broken", Program: proxy.Haproxy{Path: "/bin/false"}, Peer: true}
	results, err := bench(t, broken, Contender{Name: "none"}).Run(t.Context(), suites)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range results[0].Cases {
		if c.Results[0].Error == "" || c.Results[1].Error != "" {
			t.Errorf("results %+v, expected an error of the broken one only", c.Results)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	suites, err := Full().Named([]string{"keepalive", "bulk"})
	if err != nil {
		t.Fatal(err)
	}
	b := bench(t, Contender{Name: "none"})
	b.Window = time.Minute
	reason := errors.New("time is up")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, reason)
	defer cancel()
	if _, err := b.Run(ctx, suites); !errors.Is(err, reason) {
		t.Errorf("error %v, expected %v", err, reason)
	}
}

func TestOurOwnTakePartTwiceInBulk(t *testing.T) {
	all := []Contender{{Name: "none"}, {Name: "nginx", Program: proxy.Nginx{}, Peer: true}, {Name: "ktcpvs", Program: proxy.Ktcpvs{}}}
	got := Group{Copy: true}.contenders(all)
	if len(got) != 4 || got[2].Copy || !got[3].Copy || got[2].Name == got[3].Name {
		t.Errorf("contenders %+v, expected ktcpvs twice, the second with Copy", got)
	}
	if got := (Group{}).contenders(all); len(got) != 3 {
		t.Errorf("contenders %+v, expected each once", got)
	}
}

func TestWindowsShareTheBudget(t *testing.T) {
	suites, err := Full().Named(Names)
	if err != nil {
		t.Fatal(err)
	}
	contenders := make([]Contender, 3)
	window := Window(suites, contenders, 3, 170*time.Second)
	if total := time.Duration(17*3*3) * (window*5/4 + 30*time.Millisecond); window < 500*time.Millisecond || total > 170*time.Second {
		t.Errorf("windows of %v", window)
	}
	if got := Window(suites, contenders, 3, time.Second); got != minWindow {
		t.Errorf("without time, windows of %v, expected the least, %v", got, minWindow)
	}
	if got := Window(suites[:1], contenders, 1, time.Hour); got != maxWindow {
		t.Errorf("with an hour, windows of %v, expected the longest, %v", got, maxWindow)
	}
}

func TestAnUnknownSuiteIsNamed(t *testing.T) {
	if _, err := Full().Named([]string{"keepalive", "kepalive"}); err == nil || !strings.Contains(err.Error(), `"kepalive"`) {
		t.Errorf("error %v, expected one that names it", err)
	}
}
