package conf

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAddressesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1:80":         "10.0.0.1:80",
		"10.0.0.1:www":        "10.0.0.1:80",
		"r1:80":               "10.0.0.1:80",
		"r1:webcache":         "10.0.0.1:8080",
		"r1":                  "10.0.0.1:0",
		"10.0.0.1":            "10.0.0.1:0",
		"six:65535":           "[2001:db8::6]:65535",
		"[::1]:80":            "[::1]:80",
		"[::1]:www":           "[::1]:80",
		"[::1]":               "[::1]:0",
		"::1":                 "[::1]:0",
		"fd00::1":             "[fd00::1]:0",
		"[fd00::1:80]":        "[fd00::1:80]:0",
		"fd00::1:a80":         "[fd00::1:a80]:0",
		"fd00:1:2:3:4:5:6:80": "[fd00:1:2:3:4:5:6:80]:0",
		"::ffff:10.0.0.1":     "10.0.0.1:0",
		"[::ffff:10.0.0.1]:1": "10.0.0.1:1",
	} {
		got, err := ParseAddress(text, book{})
		if err != nil || got != netip.MustParseAddrPort(want) {
			t.Errorf("%q is %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":               `"" has no host`,
		":80":            `":80" has no host`,
		"r1:":            `"r1:" has no port after the colon`,
		"r1:0":           `port "0" is not in 1..65535`,
		"r1:65536":       `port "65536" is not in 1..65535`,
		"r1:80:80":       `"r1:80:80" is no address (IPv6 with a port is written [address]:port)`,
		"10.0.0.256:80":  `"10.0.0.256" is no IPv4 address`,
		"10.1:80":        `"10.1" is no IPv4 address`,
		"[::1":           `"[::1" has no closing bracket`,
		"[::1]80":        `"[::1]80" has no port after the bracket`,
		"[::1]:":         `"[::1]:" has no port after the bracket`,
		"[10.0.0.1]:80":  `"10.0.0.1" is no IPv6 address`,
		"[r1]:80":        `"r1" is no IPv6 address`,
		"[::g]:80":       `"::g" is no IPv6 address`,
		"fd00::1:80":     `"fd00::1:80" may end in a port or not: write [fd00::1]:80, or [fd00::1:80] for the address alone`,
		"[fe80::1%e]:80": `"fe80::1%e" has a zone, which can not be used here`,
		"fe80::1%e":      `"fe80::1%e" has a zone, which can not be used here`,
	} {
		got, err := ParseAddress(text, book{})
		if err == nil || err.Error() != want {
			t.Errorf("%q is %v, %v, want error %s", text, got, err, want)
		}
		var unknown *ResolveError
		if errors.As(err, &unknown) {
			t.Errorf("%q is said to be a name that does not resolve", text)
		}
	}
}

func TestNamesThatDoNotResolveAreToldApart(t *testing.T) {
	for text, kind := range map[string]string{"nosuch": "host", "nosuch:80": "host", "r1:nosuch": "service", "[::1]:nosuch": "service"} {
		_, err := ParseAddress(text, book{})
		var unknown *ResolveError
		if !errors.As(err, &unknown) || unknown.Kind != kind || unknown.Name != "nosuch" {
			t.Errorf("%q: %v, want %s nosuch", text, err, kind)
		}
	}
}
