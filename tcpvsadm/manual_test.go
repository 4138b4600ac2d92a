package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// needProgram skips a test whose program is not installed.
func needProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("KTCPVS_REQUIRE") == "1":
		t.Fatalf("%s is not installed", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return path
}

func TestTheManualHasEveryCommandAndOption(t *testing.T) {
	page, err := os.ReadFile("../scripts/man/tcpvsadm.8")
	if err != nil {
		t.Fatal(err)
	}
	app := (&session{}).app()
	flags := app.Flags
	var names []string
	for _, command := range app.Commands {
		names = append(names, command.Names()...)
		flags = append(flags, command.Flags...)
	}
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	described := make(map[string]bool)
	for line := range strings.Lines(string(page)) {
		if item, ok := strings.CutPrefix(line, ".It "); ok {
			for _, part := range strings.Split(item, "Fl ")[1:] {
				described[strings.TrimPrefix(strings.Fields(part)[0], "-")] = true
			}
		}
	}
	for _, name := range append(names, "h", "help", "version") {
		if !described[name] {
			t.Errorf("the manual does not describe %s", dashed(name))
		}
	}
}

func TestTheManualsAreWellFormed(t *testing.T) {
	mandoc := needProgram(t, "mandoc")
	for _, page := range []string{"../scripts/man/tcpvsadm.8", "../scripts/man/ktcpvsd.8"} {
		if out, err := exec.Command(mandoc, "-T", "lint", "-W", "warning", page).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
