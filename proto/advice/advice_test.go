package advice

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// warned reads a configuration of the service v and gives its warnings, a line each.
func warned(t *testing.T, block string) string {
	t.Helper()
	vs, err := conf.Parse("f", []byte(block), noNames{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, w := range Of(vs) {
		name := func(rule int) string { return fmt.Sprint(rule) }
		lines = append(lines, fmt.Sprintf("%s %d: %s", vs[w.Virtual].Service.Name, w.Rule, w.Describe(name)))
	}
	return strings.Join(lines, "\n")
}

type noNames struct{}

func (noNames) Host(name string) (netip.Addr, error) { return netip.Addr{}, fmt.Errorf("no %s", name) }
func (noNames) Port(name string) (uint16, error)     { return 0, fmt.Errorf("no %s", name) }

func TestWhatCanHardlyBeMeantIsWarnedOf(t *testing.T) {
	rules := func(conditions ...string) string {
		block := "virtual v { listen = 10.0.0.1:80 server = 10.0.0.2:80"
		for _, c := range conditions {
			block += " rule = " + c + " use server 10.0.0.2:80"
		}
		return block + " }"
	}
	for name, c := range map[string]struct{ block, want string }{
		"nothing":         {rules("pattern /", "pattern /a", "host www method GET"), ""},
		"small method":    {rules("method get"), "v 0: method get has small letters, and methods are compared letter by letter: GET may be meant"},
		"port of a host":  {rules(`host "example.com:8080$"`), `v 0: host "example.com:8080$" asks for a port, and hosts are compared without theirs: leave out :8080`},
		"IPv6 as a host":  {rules(`host "fd00::1"`), ""},
		"hidden":          {rules("pattern /a", "pattern /"), "v 0: no request gets to this rule: rule 1 takes all that it would"},
		"hidden by two":   {rules("pattern /[ab]", "pattern /a", "pattern /b"), "v 0: no request gets to this rule: rules 1 and 2 take all that it would"},
		"not hidden":      {rules("pattern /", "pattern /a"), ""},
		"default first":   {rules("pattern .*", "pattern /a"), ""},
		"default last":    {rules("pattern /a", "pattern .*"), ""},
		"longer prefix":   {rules("prefix /a/b", "prefix /a/"), "v 0: no request gets to this rule: rule 1 takes all that it would"},
		"path and query":  {rules("pattern /a", "path /a"), ""},
		"case ignored":    {rules("prefix /a", "prefix /A i"), "v 0: no request gets to this rule: rule 1 takes all that it would"},
		"path of a query": {rules(`path "a[?]b"`), "v 0: no request is like this rule: nothing that can be asked for has such a URI"},
		"prefix of all":   {rules("prefix /", "prefix /a"), ""},
		"fewer asked":     {rules("pattern /a host x", "pattern /"), "v 0: no request gets to this rule: rule 1 takes all that it would"},
		"of another host": {rules("pattern /a", "pattern / host x"), ""},
		"none at all":     {rules("pattern ^images/"), "v 0: no request is like this rule: nothing that can be asked for has such a URI"},
		"two servers": {"virtual v { listen = 10.0.0.1:80 server = 10.0.0.2:80 server = 10.0.0.3:80 " +
			"rule = pattern /a use server 10.0.0.2:80 rule = pattern /a use server 10.0.0.3:80 }", ""},
		"running without a rule": {"virtual v { state = running }", "v -1: it runs without a rule: no request gets to a server"},
		"stopped without a rule": {"virtual v { state = stopped }", ""},
		"wlc without a rule":     {"virtual v { scheduler = wlc state = running }", ""},
		"rules of wlc": {"virtual v { scheduler = wlc server = 10.0.0.2:80 rule = pattern /a use server 10.0.0.2:80 }",
			"v -1: its scheduler, wlc, looks at no request: rules mean nothing to it"},
		"an address of two": {"virtual v { } virtual w { listen = 0.0.0.0:8080 }",
			`w -1: it has the address of service "v", 0.0.0.0:8080, as both are given none: only one of them can run`},
	} {
		if got := warned(t, c.block); got != c.want {
			t.Errorf("%s: %s\n got %q\nwant %q", name, c.block, got, c.want)
		}
	}
}

func TestOneRuleAloneIsLookedAt(t *testing.T) {
	texts := OfRule(&proto.Conditions{Method: "Post", Host: "a:1"})
	if len(texts) != 2 || !strings.Contains(texts[0], "POST") || !strings.Contains(texts[1], ":1") {
		t.Errorf("got %q, expected a warning for the method and one for the host", texts)
	}
	if OfScheduler("http") != "" || OfScheduler("wlc") == "" {
		t.Error("rules are for http, and mean nothing to wlc")
	}
}
