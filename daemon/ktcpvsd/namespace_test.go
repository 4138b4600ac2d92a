package main

import "testing"

func TestANamedNetworkKeepsItsTableApart(t *testing.T) {
	for name, want := range map[string]string{
		"":     "/var/lib/ktcpvs",
		"blue": "/var/lib/ktcpvs/netns-blue",
	} {
		if got := stateDirOf(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
