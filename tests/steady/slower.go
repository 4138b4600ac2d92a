package steady

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Slower calls a test in which something must be done before a time is over that
// the program under test counts by its own clock: a part of a message each second,
// say. On a machine that was too busy for that it fails for no fault of the
// program's, also when the test itself is all the work. It is then called again, with times that are longer by scale; what is
// at fault fails again. On a quiet machine the first failure counts.
func Slower(t *testing.T, test func(t testing.TB, scale int)) {
	t.Helper()
	for _, scale := range []int{1, 4, 12} {
		meter := Begin()
		trial := &trial{TB: t}
		trial.run(func() { test(trial, scale) })
		if !trial.Failed() {
			return
		}
		disturbed := meter.TooBusy()
		text := fmt.Sprintf("with times longer by %d:\n%s", scale, trial.text())
		if disturbed == "" || scale == 12 {
			t.Error(text)
			return
		}
		t.Logf("INCONCLUSIVE: the machine was disturbed (%s): %s", disturbed, text)
		if err := count(os.Getenv(Counted), t.Name(), "it fails with times longer by "+fmt.Sprint(scale)+", as "+disturbed); err != nil {
			t.Error(err)
		}
	}
}

// trial is a call of a test that may fail without failing it.
type trial struct {
	testing.TB

	mu      sync.Mutex
	failed  bool
	said    []string
	cleanup []func()
}

// run calls a test as package testing does: in a goroutine that may end in the
// middle of it, with what is to be cleaned up behind it.
func (t *trial) run(test func()) {
	t.goroutine(test)
	for {
		t.mu.Lock()
		n := len(t.cleanup)
		var last func()
		if n > 0 {
			last = t.cleanup[n-1]
			t.cleanup = t.cleanup[:n-1]
		}
		t.mu.Unlock()
		if n == 0 {
			return
		}
		t.goroutine(last)
	}
}

func (t *trial) goroutine(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

func (t *trial) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.said, "\n")
}

func (t *trial) say(text string, fails bool) {
	_, file, line, _ := runtime.Caller(2)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = append(t.said, fmt.Sprintf("%s:%d: %s", file[strings.LastIndexByte(file, '/')+1:], line, strings.TrimSuffix(text, "\n")))
	t.failed = t.failed || fails
}

func (t *trial) Helper() {}

func (t *trial) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanup = append(t.cleanup, f)
}

func (t *trial) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

func (t *trial) Fail() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
}

func (t *trial) FailNow() {
	t.Fail()
	runtime.Goexit()
}

func (t *trial) Log(args ...any)                   { t.say(fmt.Sprintln(args...), false) }
func (t *trial) Logf(format string, args ...any)   { t.say(fmt.Sprintf(format, args...), false) }
func (t *trial) Error(args ...any)                 { t.say(fmt.Sprintln(args...), true) }
func (t *trial) Errorf(format string, args ...any) { t.say(fmt.Sprintf(format, args...), true) }

func (t *trial) Fatal(args ...any) {
	t.say(fmt.Sprintln(args...), true)
	runtime.Goexit()
}

func (t *trial) Fatalf(format string, args ...any) {
	t.say(fmt.Sprintf(format, args...), true)
	runtime.Goexit()
}
