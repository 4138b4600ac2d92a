package cpu

import (
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/wait"
)

func TestBusyLeavesOutWaiting(t *testing.T) {
	text := "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 1000 2000 4 5 6 7 8\ncpu10 1 0 0 0 0 0 0 0 0 0\nintr 1\n"
	for core, want := range map[int]time.Duration{0: 210 * time.Millisecond, 10: 10 * time.Millisecond} {
		if got, err := parseBusy([]byte(text), core); err != nil || got != want {
			t.Errorf("core %d: %v (%v), expected %v", core, got, err, want)
		}
	}
}

func TestBusyNamesTheCoreThatIsWrong(t *testing.T) {
	for _, text := range []string{"", "cpu1 1 2 3 4 5 6 7 8\n", "cpu0 1 2 3\n", "cpu0 1 x 3 4 5 6 7 8\n"} {
		if _, err := parseBusy([]byte(text), 0); err == nil || !strings.Contains(err.Error(), "cpu0") {
			t.Errorf("%q: error %v, expected one that names cpu0", text, err)
		}
	}
}

func TestBusyGrowsWithWork(t *testing.T) {
	cores, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	before, err := Busy(cores...)
	if err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "20 ms of work are seen", func() bool {
		_ = strings.Repeat("work", 100_000)
		after, err := Busy(cores...)
		if err != nil {
			t.Fatal(err)
		}
		return after-before >= 20*time.Millisecond
	})
}
