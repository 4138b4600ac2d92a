package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ktcpvs/tests/steady"
)

// A program with nothing but the library of the command line starts in 1.75 times
// the time of an empty one (importing it alone takes 1.5), and tcpvsadm in 1.8.
func TestStartingTakesLittleMoreThanTheCommandLinesLibrary(t *testing.T) {
	dir := t.TempDir()
	program := func(name, source string) string {
		path := filepath.Join(dir, name)
		build := exec.Command("go", "build", "-trimpath", "-tags", "urfave_cli_no_docs", "-o", path, source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make does: nothing is linked at the start
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", source, err, out)
		}
		return path
	}
	own := program("tcpvsadm", ".")
	for _, c := range []struct {
		baseline string
		bound    float64
	}{
		{"library", 1.4},
		{"empty", 2.3},
	} {
		baseline := program(c.baseline, "./testdata/start/"+c.baseline)
		question := steady.Question{What: "tcpvsadm's start by that of " + c.baseline, Bound: c.bound, Least: 3}
		question.Ask(t, func() (base, seen float64) {
			var bases, seens []float64
			for range 20 {
				bases = append(bases, start(t, baseline))
				seens = append(seens, start(t, own))
			}
			return median(bases), median(seens)
		})
	}
}

// start is how many seconds a call of the program takes.
func start(t *testing.T, program string) float64 {
	t.Helper()
	began := time.Now() // clock: compared with that of another program, by turns
	if out, err := exec.Command(program, "--version").CombinedOutput(); err != nil {
		t.Fatalf("%s --version: %v\n%s", program, err, out)
	}
	return time.Since(began).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
