package http1

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestIPv6LiteralIsWhatNetipSays(t *testing.T) {
	check := func(text string) (valid bool) {
		addr, err := netip.ParseAddr(text)
		valid = err == nil && addr.Is6() && addr.Zone() == ""
		if got := isIPv6([]byte(text)); got != valid {
			t.Errorf("%q: %v, netip says %v", text, got, valid)
		}
		return valid
	}
	for _, text := range []string{
		"", ":", "::", ":::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1::2::3", "1:", ":1", "12345::", "1::g", "::ffff:1.2.3.4", "::1.2.3", "::01.2.3.4", "::256.2.3.4", "1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::1.2.3.4:5", "::.1.2.3", "fe80::1%eth0", "::0.0.0.0", "1:2:3:4:5:6::1.2.3.4",
	} {
		check(text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 200_000 {
		parts := make([]string, 1+random.IntN(9))
		for i := range parts {
			parts[i] = []string{"", "", "1", "ab", "FFFF", "0", "12345", "1.2.3.4", "g"}[min(random.IntN(40), random.IntN(12), 8)]
		}
		if check(strings.Join(parts, ":")) {
			valid++
		}
	}
	if valid < 1000 {
		t.Errorf("only %d of the random texts are addresses", valid)
	}
}
