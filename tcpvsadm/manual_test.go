package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

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
	mandoc := require.Tool(t, "mandoc")
	for _, page := range []string{"../scripts/man/tcpvsadm.8", "../scripts/man/ktcpvsd.8"} {
		if out, err := exec.Command(mandoc, "-T", "lint", "-W", "warning", page).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
