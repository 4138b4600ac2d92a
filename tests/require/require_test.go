package require

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// recorder is a testing.TB that notes how a test would have ended. The first
// ending stops it, as a real one.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.ended = "failed: " + fmt.Sprintf(format, args...)
	panic(r)
}

func (r *recorder) Skipf(format string, args ...any) {
	r.ended = "skipped: " + fmt.Sprintf(format, args...)
	panic(r)
}

// ending runs a requirement and returns how it ended, "" when it was met.
func ending(requirement func(testing.TB)) (ended string) {
	r := &recorder{}
	defer func() {
		if stopped := recover(); stopped != nil && stopped != any(r) {
			panic(stopped)
		}
		ended = r.ended
	}()
	requirement(r)
	return ""
}

func TestWhatIsMissingSkipsByName(t *testing.T) {
	t.Setenv(Everything, "")
	got := ending(func(t testing.TB) { That(t, "a sunny day", errors.New("it rains")) })
	if want := "skipped: missing: a sunny day: it rains"; got != want {
		t.Errorf("it %s, want %s", got, want)
	}
}

func TestWhatIsMissingFailsWhereEverythingIsRequired(t *testing.T) {
	t.Setenv(Everything, "1")
	for name, requirement := range map[string]func(testing.TB){
		"a sunny day":             func(t testing.TB) { That(t, "a sunny day", errors.New("it rains")) },
		"the program no-such-one": func(t testing.TB) { Tool(t, "no-such-one") },
	} {
		if got := ending(requirement); !strings.HasPrefix(got, "failed: missing, and required by KTCPVS_REQUIRE=1: "+name) {
			t.Errorf("without %s it %s", name, got)
		}
	}
}

func TestWhatIsThereLetsTheTestGoOn(t *testing.T) {
	for _, everything := range []string{"", "1"} {
		t.Setenv(Everything, everything)
		if got := ending(func(t testing.TB) {
			That(t, "a sunny day", nil)
			if path := Tool(t, "sh"); !strings.HasSuffix(path, "/sh") {
				t.Fatalf("sh is at %q", path)
			}
		}); got != "" {
			t.Errorf("with everything there it %s", got)
		}
	}
}

func TestRootIsUserZero(t *testing.T) {
	t.Setenv(Everything, "1")
	if got := ending(Root); (got == "") != (os.Geteuid() == 0) {
		t.Errorf("as user %d it %s", os.Geteuid(), got)
	}
}

func TestCapabilitiesAreTheEffectiveOnes(t *testing.T) {
	t.Setenv(Everything, "1")
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "CapEff:\t")
	var effective uint64
	if _, err := fmt.Sscanf(rest, "%x", &effective); err != nil {
		t.Fatal(err)
	}
	for name, number := range capabilities {
		got := ending(func(t testing.TB) { Capability(t, name) })
		if want := effective&(1<<number) != 0; (got == "") != want {
			t.Errorf("%s is effective: %v, and it ended %q", name, want, got)
		}
	}
	if got := ending(func(t testing.TB) { Capability(t, "CAP_FLY") }); !strings.Contains(got, "not known") {
		t.Errorf("an unknown capability ended %q", got)
	}
}

func TestNamespacesAreNamedByKind(t *testing.T) {
	t.Setenv(Everything, "1")
	const both = unix.CLONE_NEWNET | unix.CLONE_NEWNS
	got := ending(func(t testing.TB) { Namespaces(t, both) })
	if got != "" && !strings.Contains(got, "network and mount namespaces: ") {
		t.Errorf("it %s", got)
	}
	if got := ending(func(t testing.TB) { Namespaces(t, 0) }); got != "" {
		t.Errorf("without new namespaces it %s", got)
	}
}

func TestFuseIsTheDevice(t *testing.T) {
	t.Setenv(Everything, "1")
	_, missing := os.Stat("/dev/fuse")
	if got := ending(Fuse); missing != nil && !strings.Contains(got, "/dev/fuse: ") || missing == nil && os.Geteuid() == 0 && got != "" {
		t.Errorf("with /dev/fuse %v it %s", missing, got)
	}
}
