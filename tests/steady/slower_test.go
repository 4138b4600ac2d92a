package steady

import (
	"slices"
	"strings"
	"testing"
)

func TestATrialThatFailsFailsNobodyAndCleansUp(t *testing.T) {
	var order []string
	tr := &trial{TB: t}
	tr.run(func() {
		tr.Cleanup(func() { order = append(order, "first") })
		tr.Cleanup(func() { order = append(order, "second"); tr.Errorf("late %d", 2) })
		tr.Logf("early %d", 1)
		tr.Fatal("in the", "middle")
		order = append(order, "behind")
	})
	if !tr.Failed() || t.Failed() {
		t.Errorf("the trial failed: %v, the test: %v", tr.Failed(), t.Failed())
	}
	if !slices.Equal(order, []string{"second", "first"}) {
		t.Errorf("cleaned up in the order %q", order)
	}
	if text := tr.text(); !strings.Contains(text, "slower_test.go") || !strings.Contains(text, "in the middle") || !strings.Contains(text, "late 2") {
		t.Errorf("it said %q", text)
	}
}

func TestWhatHoldsIsCalledOnce(t *testing.T) {
	var scales []int
	Slower(t, func(_ testing.TB, scale int) { scales = append(scales, scale) })
	if !slices.Equal(scales, []int{1}) {
		t.Errorf("called with %v, expected 1", scales)
	}
}
