package cpu

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAChildInheritsThePriority(t *testing.T) {
	if os.Getenv("KTCPVS_PRIORITY_CHILD") == "" {
		// In a process of its own: a nice value may not be lowered again.
		// And in a session of its own, whose value this sets too.
		command := exec.Command(os.Args[0], "-test.run", "^TestAChildInheritsThePriority$")
		command.Env = append(os.Environ(), "KTCPVS_PRIORITY_CHILD=1")
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v:\n%s", err, said)
		}
		return
	}
	restore, err := Prioritise(7)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(sessionNice); err == nil && !strings.HasSuffix(string(text), " nice 7\n") {
		t.Errorf("the session has %q, expected nice 7", text)
	}
	said, err := exec.Command("nice").Output()
	if err != nil || string(said) != "7\n" {
		t.Errorf("a child's nice value is %q (%v), expected 7", said, err)
	}
	if err := restore(); err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EPERM) {
		t.Errorf("restore: %v", err) // without privileges it may be refused, or too early
	}
}

func TestTheNiceValueOfASessionIsRead(t *testing.T) {
	if nice, err := parseSessionNice([]byte("/autogroup-8 nice -5\n")); err != nil || nice != -5 {
		t.Errorf("%d (%v), expected -5", nice, err)
	}
	for _, text := range []string{"", "/autogroup-8 nice", "/autogroup-8 nice x", "/autogroup-8 mean 5"} {
		if _, err := parseSessionNice([]byte(text)); err == nil || !strings.Contains(err.Error(), "expected a name") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}
