package steady

import (
	"slices"
	"sync"
	"testing"
	"time"
)

func TestConditionsAreAListOfSysctls(t *testing.T) {
	t.Setenv(Conditions, "net.ipv4.tcp_rmem=4096 8192 16384; net.ipv4.tcp_congestion_control = bbr")
	want := []Sysctl{{"net.ipv4.tcp_rmem", "4096 8192 16384"}, {"net.ipv4.tcp_congestion_control", "bbr"}}
	if got := Sysctls(); !slices.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
	t.Setenv(Conditions, "")
	if got := Sysctls(); len(got) != 0 {
		t.Errorf("%q, expected none", got)
	}
}

func TestATestThatKeepsTheProcessorsBusyMayBeLate(t *testing.T) {
	if said := saturation(0.95); said != "the processors were busy for 95 % of the time" {
		t.Errorf("95 %% of the processors' time: %q", said)
	}
	if said := saturation(0.5); said != "" {
		t.Errorf("half of the processors' time: %q", said)
	}
}

func TestTestsThatRunSideBySideHaveMetersOfTheirOwn(t *testing.T) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { Begin().TooBusy() })
	}
	all.Wait()
	if known := fastest.Load(); known <= 0 || known == int64(time.Hour) {
		t.Errorf("the fastest spin took %v", time.Duration(known))
	}
}
