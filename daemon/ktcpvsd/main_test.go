package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ktcpvs/daemon/knob"
)

// TestMain lets the tests run this program itself.
func TestMain(m *testing.M) {
	if os.Getenv("KTCPVSD_TEST_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func ktcpvsd(args ...string) (output string, status int) {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), "KTCPVSD_TEST_MAIN=1")
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestAWrongCommandLineIsOneLineAndStatus2(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--poll=select"}, "--poll=select: expected auto, epoll or io_uring"},
		{[]string{"--sandbox=half"}, "--sandbox=half: expected full, capabilities or none"},
		{[]string{"--loops=0"}, "--loops=0: expected 1 to 256"},
		{[]string{"--loops=many"}, "--loops=many: expected 1 to 256"},
		{[]string{"--loops=257"}, "--loops=257: expected 1 to 256"},
		{[]string{"--loops=18446744073709551617"}, "--loops=18446744073709551617: expected 1 to 256"},
		{[]string{"--drain=-1"}, "--drain=-1: expected 0 to 31536000 seconds"},
		{[]string{"--drain=9999999999"}, "--drain=9999999999: expected 0 to 31536000 seconds"},
		{[]string{"--drain=31536001"}, "--drain=31536001: expected 0 to 31536000 seconds"},
		{[]string{"--drain=9223372036854775808"}, "--drain=9223372036854775808: expected 0 to 31536000 seconds"},
		{[]string{"--drain=1m"}, "--drain=1m: expected 0 to 31536000 seconds"},
		{[]string{"--drain="}, "--drain=: expected 0 to 31536000 seconds"},
		{[]string{"--run-dir="}, "--run-dir=: expected a directory"},
		{[]string{"--sysctl-dir=here"}, `--sysctl-dir=here: expected "auto", "none" or an absolute path`},
		{[]string{"--nlport=0"}, "--nlport=0: expected 1 to 4294967295"},
		{[]string{"--nlport=4294967296"}, "--nlport=4294967296: expected 1 to 4294967295"},
		{[]string{"--log=syslog"}, `log format "syslog" is not known`},
		{[]string{"--fast"}, "fast"},
		{[]string{"start"}, `"start" is not an option`},
	} {
		out, status := ktcpvsd(c.args...)
		last := strings.TrimSpace(out[strings.LastIndexByte(strings.TrimSpace(out), '\n')+1:])
		if status != exitUsage || !strings.HasPrefix(last, "ktcpvsd: ") || !strings.Contains(last, c.want) {
			t.Errorf("%q: status %d, %q; want status 2 and %q", c.args, status, out, c.want)
		}
	}
}

func TestHelpAndVersionNeedNothing(t *testing.T) {
	for _, arg := range []string{"-h", "--help", "--version"} {
		if out, status := ktcpvsd(arg); status != 0 || !strings.Contains(out, "ktcpvsd") {
			t.Errorf("%s: status %d, %q", arg, status, out)
		}
	}
}

func TestARunDirectoryThatCannotBeWrittenToIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, status := ktcpvsd("--run-dir", filepath.Join(file, "below"))
	if status != exitFailure || !strings.Contains(out, file) || !strings.Contains(out, "--run-dir") {
		t.Errorf("status %d, %q", status, out)
	}
}

func TestTheManualHasEveryOptionAndEveryKnobWithItsDefault(t *testing.T) {
	text, err := os.ReadFile("../../scripts/man/ktcpvsd.8")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(text)
	for _, f := range flags() {
		if name := f.Names()[0]; !strings.Contains(manual, ".It Fl -"+name) {
			t.Errorf("the manual does not have --%s", name)
		}
	}
	for _, k := range knob.New().All() {
		_, entry, found := strings.Cut(manual, ".It Pa "+k.Name()+"\n")
		entry, _, _ = strings.Cut(entry, "\n.It ")
		if !found || !strings.Contains(entry, strconv.Itoa(int(k.Default()))) {
			t.Errorf("the manual does not have %s with its default %d", k.Name(), k.Default())
		}
	}
}
