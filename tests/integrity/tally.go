package integrity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Tally counts what came of exchanges, and keeps what must not be.
type Tally struct {
	mu         sync.Mutex
	counts     map[string]int
	violations []string
	late       []string
}

// NewTally makes an empty one.
func NewTally() *Tally { return &Tally{counts: map[string]int{}} }

// Count notes one more of what.
func (t *Tally) Count(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what]++
}

// Of is how many there were of what.
func (t *Tally) Of(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[what]
}

// Violation notes a broken promise.
func (t *Tally) Violation(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.violations = append(t.violations, fmt.Sprintf(format, args...))
}

// Violations are the broken promises so far.
func (t *Tally) Violations() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.violations)
}

// CutOff notes an exchange that was ended without a fault: because a side was late
// for the daemon's timeouts, if for any reason that is good.
func (t *Tally) CutOff(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late = append(t.late, fmt.Sprintf(format, args...))
}

// Late are the exchanges that were ended without a fault.
func (t *Tally) Late() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.late)
}

// String is the counts, in the order of their names.
func (t *Tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", t.counts[what], what))
	}
	return strings.Join(parts, ", ")
}
