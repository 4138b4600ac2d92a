package differential

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// explanations is testdata/explained.txt: reasons for which a valid message
// may be refused, and why that is right.
type explanations struct {
	mu   sync.Mutex
	used map[string]bool // by reason
}

const explainedFile = "testdata/explained.txt"

func readExplanations(t *testing.T) *explanations {
	t.Helper()
	text, err := os.ReadFile(explainedFile)
	if err != nil {
		t.Fatal(err)
	}
	e := &explanations{used: map[string]bool{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		reason, why, found := strings.Cut(line, " | ")
		if !found || len(why) < 20 {
			t.Fatalf("%s: %q, expected REASON | WHY IT IS RIGHT", explainedFile, line)
		}
		e.used[reason] = false
	}
	return e
}

// find is the reason that explains a difference, "" for none.
func (e *explanations) find(d Difference) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.Kind != Fewer {
		return ""
	}
	for _, reason := range d.May {
		if _, known := e.used[reason]; known {
			e.used[reason] = true
			return reason
		}
	}
	return ""
}

func (e *explanations) mustAllBeUsed(t *testing.T) {
	t.Helper()
	for reason, used := range e.used {
		if !used {
			t.Errorf("%s explains %q, which did not occur", explainedFile, reason)
		}
	}
}

// String is the figures, a table for the peers' sake.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d messages; %d cases wholly valid\n", r.messages, r.valid)
	fmt.Fprintf(&b, "%-60s", "difference from what the bytes mean, cases")
	for _, p := range r.proxies {
		fmt.Fprintf(&b, "%9s", p.name)
	}
	b.WriteString("\n")
	for _, kind := range []Kind{Malformed, More, Other, Fewer, Misdirect, Silent, Unanswered} {
		fmt.Fprintf(&b, "%-60s", kind)
		for i := range r.proxies {
			fmt.Fprintf(&b, "%9d", r.kinds[i][kind])
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%-52s%8s  of them forwarded otherwise\n", "what the bytes end with", "cases")
	for _, end := range slices.Sorted(maps.Keys(r.refusals)) {
		row := r.refusals[end]
		fmt.Fprintf(&b, "  %-50s%8d", end, row[0])
		for i := range r.proxies {
			fmt.Fprintf(&b, "%9d", row[1+i])
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "refused although valid, with a reason in %s\n", explainedFile)
	for _, reason := range slices.Sorted(maps.Keys(r.explained)) {
		fmt.Fprintf(&b, "  %-58s%9d\n", reason, r.explained[reason])
	}
	return b.String()
}
