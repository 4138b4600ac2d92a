package differential

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

const (
	// casesVariable and seedVariable change how many cases are sent, and which.
	casesVariable = "KTCPVS_CASES"
	seedVariable  = "KTCPVS_SEED"

	defaultCases = 8000

	atOnce = 16 // cases under way
	shown  = 4  // differences of a kind that are told in full
)

// number is what an environment variable says, or otherwise.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s=%s: expected a number", variable, text)
	}
	return n
}

func TestNothingIsForwardedButWhatTheBytesMean(t *testing.T) {
	cases := uint64(defaultCases)
	if testing.Short() {
		cases = defaultCases / 4
	}
	cases, seed := number(t, casesVariable, cases), number(t, seedVariable, 1)
	host := lab.NewHost(t, "proxy")
	proxies := startProxies(t, host, atOnce)
	explained := readExplanations(t)
	report := newReport(proxies)
	began := time.Now()
	var next atomic.Uint64
	var workers sync.WaitGroup
	for i := range atOnce {
		workers.Go(func() {
			for index := next.Add(1) - 1; index < cases; index = next.Add(1) - 1 {
				c := Generate(seed, index)
				want := Read(c.Bytes)
				outcomes := make([]outcome, len(proxies))
				for j, p := range proxies {
					outcomes[j] = p.send(host, i, &c)
				}
				report.add(&c, want, outcomes, explained)
			}
		})
	}
	workers.Wait()
	t.Logf("%d cases of seed %d in %v\n%s", cases, seed, time.Since(began).Round(time.Second), report)
	for _, text := range report.failures {
		t.Error(text)
	}
	for kind, n := range report.unexplained {
		t.Errorf("%d unexplained cases in which ours %s", n, kind)
	}
	if !t.Failed() && cases >= defaultCases {
		explained.mustAllBeUsed(t)
	}
}

// report gathers what came of all cases.
type report struct {
	mu          sync.Mutex
	proxies     []*proxy
	messages    int
	valid       int // cases
	kinds       []map[Kind]int
	refusals    map[string][]int // by what the bytes end with: cases, and which proxies forwarded something else
	explained   map[string]int
	unexplained map[Kind]int
	failures    []string
}

func newReport(proxies []*proxy) *report {
	r := &report{proxies: proxies, refusals: map[string][]int{}, explained: map[string]int{}, unexplained: map[Kind]int{}}
	for range proxies {
		r.kinds = append(r.kinds, map[Kind]int{})
	}
	return r
}

func (r *report) add(c *Case, want Reading, outcomes []outcome, explained *explanations) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages += len(want.Messages)
	if want.End == allRead || want.End == closing {
		r.valid++
	}
	if r.refusals[want.End] == nil {
		r.refusals[want.End] = make([]int, 1+len(outcomes))
	}
	r.refusals[want.End][0]++
	for i := range outcomes {
		o := &outcomes[i]
		d := Compare(want, o.got, i == 0)
		if d.Kind == "" && i == 0 {
			d = CompareAnswers(want, o.got, o.answers)
		}
		if d.Kind == "" {
			d = CompareEnds(want, o.failure)
		}
		r.count(i, d, want)
		if d.Kind == "" || i > 0 {
			continue
		}
		if reason := explained.find(d); reason != "" {
			r.explained[reason]++
			continue
		}
		if r.unexplained[d.Kind]++; r.unexplained[d.Kind] <= shown {
			text := fmt.Sprintf("seed %d case %d, %s: %s: %s\nbytes  %s\ncut at %v\nends   %s", c.Seed, c.Index, strings.Join(c.Mutations, ", "), d.Kind, d.Detail, quote(c.Bytes), c.Cuts, want.End)
			for j := range outcomes {
				text += fmt.Sprintf("\n%-7s %s", r.proxies[j].name, &outcomes[j])
			}
			r.failures = append(r.failures, text)
		}
	}
}

func (r *report) count(i int, d Difference, want Reading) {
	if d.Kind == "" {
		return
	}
	r.kinds[i][d.Kind]++
	if d.Kind == More || d.Kind == Other || d.Kind == Malformed {
		r.refusals[want.End][1+i]++
	}
}
