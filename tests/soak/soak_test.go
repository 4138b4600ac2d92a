package soak

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ktcpvs/tests/require"
)

// soak calls the script, with a program in place of make, and gives what it said.
func soak(t *testing.T, state, program string, args ...string) (said string, status int) {
	t.Helper()
	maker := filepath.Join(t.TempDir(), "make")
	if err := os.WriteFile(maker, []byte("#!/bin/sh\n"+program+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(require.Tool(t, "bash"), append([]string{"soak"}, args...)...)
	cmd.Env = append(os.Environ(), "MAKE="+maker, "SOAK_STATE="+state)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("something that it has started goes on: %v", err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func lines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

func TestWhatHasBeenRunIsNotRunAgain(t *testing.T) {
	require.Tool(t, "git")
	state := t.TempDir()
	calls := filepath.Join(state, "calls")
	program := `echo "$2 $GOMAXPROCS" >>` + calls
	for range 2 {
		said, status := soak(t, state, program, "-n", "2", "^busy/check$", "^procs8/test$")
		if status != 0 || !strings.Contains(said, "cell") {
			t.Fatalf("status %d, %s", status, said)
		}
		for _, cell := range []string{"busy/check", "procs8/test"} {
			if got := row(said, cell); len(got) < 4 || got[1] != "2" || got[2] != "2" || got[3] != "0" {
				t.Errorf("%s: %q, expected 2 runs, 2 passed, 0 failed, in\n%s", cell, got, said)
			}
		}
	}
	text, _ := os.ReadFile(calls)
	if n := lines(t, calls); n != 4 || strings.Count(string(text), "test 8") != 2 {
		t.Errorf("%d calls, expected 4, two of test with GOMAXPROCS 8:\n%s", n, text)
	}
}

func TestAFailureIsInTheTableAndTheStatus(t *testing.T) {
	require.Tool(t, "git")
	said, status := soak(t, t.TempDir(), "echo why; exit 1", "-n", "1", "^onecore/test$")
	if got := row(said, "onecore/test"); status != 1 || len(got) < 4 || got[3] != "1" || !strings.Contains(said, "failed 1 times: onecore/test") {
		t.Errorf("status %d, %q, expected 1 failed run, in\n%s", status, got, said)
	}
}

func TestTheListHasEachConditionAndTheTestsThatWait(t *testing.T) {
	require.Tool(t, "git")
	said, status := soak(t, t.TempDir(), "true", "-l", "^bbr/", "^busy/test$")
	if status != 0 || row(said, "busy/test") == nil || row(said, "bbr/each/tests/netns/TestTheDrainHasADeadline") == nil {
		t.Errorf("status %d, %.2000s", status, said)
	}
}

// row is the line of a table that begins with a word.
func row(table, word string) []string {
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == word {
			return f
		}
	}
	return nil
}
