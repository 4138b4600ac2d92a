package house

import (
	"go/parser"
	"go/token"
	"testing"
)

// The rules themselves, on small cases: a rule that catches nothing would pass
// over any tree.

func TestLayersAllowTheLeftAndNotTheRight(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"daemon/table", "daemon/match", true},
		{"daemon/table", "daemon/sched", false},
		{"daemon/table", "proto", false},
		{"daemon/sched", "daemon/table", true},
		{"daemon/relay", "daemon/http1", true},
		{"daemon/relay", "daemon/pool", false},
		{"daemon/loop", "daemon/relay", true},
		{"daemon/loop", "daemon/sched", false},
		{"daemon/control", "daemon/sched", true},
		{"daemon/control", "daemon/loop", false},
		{"daemon/ktcpvsd", "daemon/loop", true},
		{"daemon/ktcpvsd", "fuse/graft", true},
		{"fuse/sysctlfs", "daemon/knob", false},
		{"tcpvsadm", "proto", true},
		{"tcpvsadm", "proto/client", true},
		{"tcpvsadm", "protocol", false},
		{"tcpvsadm", "daemon/stats", false},
		{"tests/netns", "daemon/stats", true},
	}
	for _, test := range tests {
		l, known := layerOf(test.from)
		if !known || l.allows(test.to) != test.allowed {
			t.Errorf("%s may import %s: %v, want %v", test.from, test.to, !test.allowed, test.allowed)
		}
	}
	if _, known := layerOf("daemon/nowhere"); known {
		t.Error("a package that no line speaks of is known")
	}
}

func TestPurityIsAboutInputOutputClockAndGoroutines(t *testing.T) {
	for path, want := range map[string]bool{
		"net": true, "net/http": true, "net/url": true, "net/netip": false,
		"os": true, "os/exec": true, "syscall": true, "log": true, "log/slog": true, "runtime": true,
		"time": false, "sync": false, "fmt": false, "osmosis": false,
		"golang.org/x/sys/unix": true,
	} {
		if got := impure("daemon/table", path); got != want {
			t.Errorf("%s is impure: %v, want %v", path, got, want)
		}
	}
	if impure("proto", "golang.org/x/sys/unix") {
		t.Error("proto may not have errno constants")
	}
}

func TestSkipsAreFoundOnRunningTestsOnly(t *testing.T) {
	const source = `package p
func TestA(t *testing.T) { t.Skip(); t.Run("", func(u *testing.T) { u.Skipf("") }) }
func BenchmarkB(b *testing.B) { b.SkipNow() }
func need(tb testing.TB) { tb.Skip() }
func read(c *chunks) { c.Skip(3); log.Skip() }`
	syntax, err := parser.ParseFile(token.NewFileSet(), "p_test.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(skips(syntax)); n != 4 {
		t.Errorf("%d skips found, want 4", n)
	}
}

func TestVagueNamesAreFoundAmongWords(t *testing.T) {
	for name, want := range map[string]bool{
		"util": true, "daemon/netutil/x.go": false, "net_util.go": true, "testHelper": true, "HelperFor": true,
		"utility": false, "commonPrefix": false, "proto/common/x.go": true,
	} {
		got := isVague(name)
		if name == "commonPrefix" {
			got = isVagueIdentifier(name)
		}
		if got != want {
			t.Errorf("%s is vague: %v, want %v", name, got, want)
		}
	}
}

func TestDescriptionsNameThePackage(t *testing.T) {
	tests := []struct {
		text, pkg, dir string
		want           bool
	}{
		{"Package stats owns counters.", "stats", "stats", true},
		{"Package stat owns counters.", "stats", "stats", false},
		{"Command ktcpvsd is the daemon.", "main", "ktcpvsd", true},
		{"Ktcpvsd is the daemon.", "main", "ktcpvsd", true},
		{"The daemon.", "main", "ktcpvsd", false},
	}
	for _, test := range tests {
		if got := opens(test.text, test.pkg, test.dir); got != test.want {
			t.Errorf("%q describes %s in %s: %v, want %v", test.text, test.pkg, test.dir, got, test.want)
		}
	}
}

func TestTheTreeIsFoundWhole(t *testing.T) {
	here := false
	eachFile(t, func(_ *testing.T, f *file) { here = here || f.path == "tests/house/rules_test.go" })
	if !here {
		t.Error("this file is not found in the tree")
	}
}
