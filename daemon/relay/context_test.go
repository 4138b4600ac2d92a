package relay

import "testing"

func TestRulesSeeTheHostWithoutItsPort(t *testing.T) {
	for authority, want := range map[string]string{
		"":                   "",
		"example.org":        "example.org",
		"example.org:8080":   "example.org",
		"192.0.2.1:80":       "192.0.2.1",
		"[2001:db8::1]":      "[2001:db8::1]",
		"[2001:db8::1]:8080": "[2001:db8::1]",
	} {
		if got := hostOnly([]byte(authority)); string(got) != want {
			t.Errorf("%q: %q, want %q", authority, got, want)
		}
	}
}
