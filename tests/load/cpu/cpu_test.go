package cpu

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

func TestParseStatCountsFieldsFromTheLastParenthesis(t *testing.T) {
	text := "4242 (a) (b c) S 17 4242 4242 0 -1 4194560 100 0 3 0 250 75 1 2 20 0 1 0 99 1000 10\n"
	got, err := ParseStat([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Stat{PID: 4242, Parent: 17, User: 250, System: 75}); got != want {
		t.Errorf("parsed %+v, expected %+v", got, want)
	}
}

func TestParseStatNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "command name in parentheses",
		"12 )(":                              "command name in parentheses",
		"x (sh) S 1 1 1 0 0 0 0 0 0 0 1 1":   "process id",
		"12 (sh) S 1 1 1 0 0 0 0 0 0 0 1":    "at least 13 fields",
		"12 (sh) S p 1 1 0 0 0 0 0 0 0 1 1":  "parent",
		"12 (sh) S 1 1 1 0 0 0 0 0 0 0 -1 1": "utime",
		"12 (sh) S 1 1 1 0 0 0 0 0 0 0 1 x":  "stime",
	} {
		if _, err := ParseStat([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, expected one that says %q", text, err, want)
		}
	}
}

func TestSplitKeepsTheTotal(t *testing.T) {
	used := Used{Total: 10 * time.Millisecond, User: 1, System: 3}
	if user, system := used.Split(); user != 2500*time.Microsecond || user+system != used.Total {
		t.Errorf("split into %v and %v, expected 2.5ms and 7.5ms", user, system)
	}
	if user, system := (Used{Total: 3}).Split(); user != 0 || system != 3 {
		t.Errorf("without ticks: %v and %v, expected 0 and the total", user, system)
	}
}

func TestReadSeesThisProcessWork(t *testing.T) {
	own := []int{os.Getpid()}
	before, err := Read(own)
	if err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "30 ms of work are seen", func() bool {
		_ = strings.Repeat("work", 100_000)
		after, err := Read(own)
		if err != nil {
			t.Fatal(err)
		}
		return after.Since(before).Total >= 30*time.Millisecond
	})
}

func TestReadRefusesAProcessThatHasGone(t *testing.T) {
	command := exec.Command(require.Tool(t, "true"))
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read([]int{command.Process.Pid}); err == nil {
		t.Error("the time of an ended process was read without an error")
	}
}

func TestStartPlacesTheChildAndFamilyFindsIt(t *testing.T) {
	cores, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	last := cores[len(cores)-1]
	command := exec.Command("sleep", "10")
	if err := Start(command, last); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(command.Process.Pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Cpus_allowed_list:\t" + strconv.Itoa(last) + "\n"; !strings.Contains(string(status), want) {
		t.Errorf("the child's status lacks %q:\n%s", want, status)
	}
	if now, err := Allowed(); err != nil || !slices.Equal(now, cores) {
		t.Errorf("this thread may now use %v (%v), expected %v as before", now, err, cores)
	}
	family, err := Family(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if family[0] != os.Getpid() || !slices.Contains(family, command.Process.Pid) {
		t.Errorf("family %v, expected %d first and %d in it", family, os.Getpid(), command.Process.Pid)
	}
}
