package conf

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"ktcpvs/proto"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readFile(t, name); string(got) != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// reported is a table as the daemon reports it: newest first, the default
// rules at the end.
func reported() []proto.Virtual {
	a, b := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("[2001:db8::6]:8081")
	rule := func(match uint8, pattern string, servers ...netip.AddrPort) proto.Rule {
		return proto.Rule{Service: "web", Conditions: proto.Conditions{Pattern: pattern}, Match: match, Dests: servers}
	}
	service := proto.Service{
		Name: "web", Scheduler: "hhttp", Listen: netip.MustParseAddrPort("0.0.0.0:8080"),
		StartServers: 8, MaxClients: 256, MinSpareServers: 6, MaxSpareServers: 18,
	}
	web := proto.Virtual{
		Service: service,
		Dests:   []proto.Dest{{Service: "web", Addr: b, Weight: 0}, {Service: "web", Addr: a, Weight: 3}},
		Rules: []proto.Rule{
			rule(1, `/users/([^/]+)/.*`, b, a),
			rule(0, `say "x" \\`, a),
			rule(0, ".*", a),
			rule(0, "^/.*", b),
		},
	}
	service.Name, service.Scheduler = "a-b", "http"
	service.Running = true
	service.Redirect = netip.MustParseAddrPort("127.0.0.1:80")
	other := proto.Virtual{
		Service: service,
		Dests:   []proto.Dest{{Service: "a-b", Addr: a, Weight: 1}},
		Rules: []proto.Rule{
			{Service: "a-b", Match: 2, Dests: []netip.AddrPort{a}, Conditions: proto.Conditions{Host: "^x$", Method: "GET"}},
			{Service: "a-b", Dests: []netip.AddrPort{a}, Conditions: proto.Conditions{
				Headers: []proto.NamedPattern{{Name: "X-A"}, {Name: "X-B", Pattern: "b c"}},
				Cookies: []proto.NamedPattern{{Name: "c#", Pattern: "1"}},
				Queries: []proto.NamedPattern{{Name: `q"r`}},
				Source:  netip.MustParsePrefix("2001:db8::/32"),
			}},
		},
	}
	return []proto.Virtual{web, other}
}

var reportedKnobs = []proto.KnobValue{{Name: "debug_level", Value: -1}, {Name: "unload", Value: 1}, {Name: "max_backlog", Value: 2048}}

func TestListingIsInTheReferencesFormat(t *testing.T) {
	golden(t, "list-names.golden", AppendList(nil, "1.2.3", reported(), names{}))
	golden(t, "list-numeric.golden", AppendList(nil, "1.2.3", reported(), Numeric{}))
	golden(t, "list-empty.golden", AppendList(nil, "1.2.3", nil, Numeric{}))
}

func TestSavingIsOldestFirst(t *testing.T) {
	golden(t, "save.golden", AppendSave(nil, &File{Virtuals: reported(), Knobs: reportedKnobs, Modules: []string{"http", "wlc"}}, Numeric{}))
}

func TestWritingAppends(t *testing.T) {
	if got := AppendSave([]byte("before\n"), &File{}, Numeric{}); string(got) != "before\n" {
		t.Errorf("got %q", got)
	}
}
