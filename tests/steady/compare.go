package steady

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Pair is a baseline and what is compared with it, measured one right after the
// other, in any unit.
type Pair struct {
	Base, Seen float64
	Disturbed  string // by what, while it was measured; "" for a quiet machine
}

// Verdict is what pairs tell.
type Verdict int

// What pairs tell.
const (
	Open         Verdict = iota // more of them are needed
	Holds                       // within the bound
	Fails                       // past it, on a quiet machine
	Inconclusive                // past it, on one that was disturbed
)

// Question is what pairs are measured for.
type Question struct {
	What  string  // "the p99 of others"
	Bound float64 // how often the baseline may go into what is seen
	Floor float64 // a smaller baseline counts as this
	Least int     // pairs, at the least; at most three times as many are taken
}

// Ratio is the median of what was seen to the median of the baselines.
func (q Question) Ratio(pairs []Pair) float64 {
	base := median(pairs, func(p Pair) float64 { return p.Base })
	return median(pairs, func(p Pair) float64 { return p.Seen }) / max(base, q.Floor)
}

// Judge tells what pairs tell. What holds on a disturbed machine holds; what
// does not is judged by quiet pairs only.
func (q Question) Judge(pairs []Pair) Verdict {
	var quiet []Pair
	for _, p := range pairs {
		if p.Disturbed == "" {
			quiet = append(quiet, p)
		}
	}
	switch {
	case len(pairs) < q.Least:
		return Open
	case q.Ratio(pairs) <= q.Bound || len(quiet) >= q.Least && q.Ratio(quiet) <= q.Bound:
		return Holds
	case len(pairs) < 3*q.Least:
		return Open
	case len(quiet) >= q.Least:
		return Fails
	}
	return Inconclusive
}

// Ask measures pairs until they tell something, and fails the test where that
// is a failure.
func (q Question) Ask(t testing.TB, measure func() (base, seen float64)) Verdict {
	t.Helper()
	var pairs []Pair
	for {
		meter := Begin()
		base, seen := measure()
		pairs = append(pairs, Pair{base, seen, meter.Disturbed()})
		if t.Failed() {
			return Fails // and has said why
		}
		if verdict := q.Judge(pairs); verdict != Open {
			q.Tell(t, verdict, pairs)
			return verdict
		}
	}
}

// Tell logs a verdict, fails the test or counts it as inconclusive.
func (q Question) Tell(t testing.TB, verdict Verdict, pairs []Pair) {
	t.Helper()
	text := fmt.Sprintf("%s: %.2f times the baseline, expected %.2f at most; %s", q.What, q.Ratio(pairs), q.Bound, list(pairs))
	switch verdict {
	case Fails:
		t.Error(text)
	case Inconclusive:
		t.Log("INCONCLUSIVE: the machine was disturbed: " + text)
		if err := count(os.Getenv(Counted), t.Name(), text); err != nil {
			t.Error(err)
		}
	default:
		t.Log(text)
	}
}

// Counted is the environment variable with the path of the file that gets a line
// for each inconclusive comparison.
const Counted = "KTCPVS_INCONCLUSIVE"

func count(path, name, text string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s: %s\n", name, text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func list(pairs []Pair) string {
	var b strings.Builder
	b.WriteString("baseline and seen:")
	for _, p := range pairs {
		fmt.Fprintf(&b, " %.4g %.4g", p.Base, p.Seen)
		if p.Disturbed != "" {
			fmt.Fprintf(&b, " (%s)", p.Disturbed)
		}
		b.WriteString(";")
	}
	return b.String()
}

func median(pairs []Pair, of func(Pair) float64) float64 {
	if len(pairs) == 0 {
		return 0
	}
	var values []float64
	for _, p := range pairs {
		values = append(values, of(p))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
