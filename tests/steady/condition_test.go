package steady

import (
	"slices"
	"testing"
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
