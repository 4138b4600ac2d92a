// Package wait is how a test lets time pass. A test waits for what happens, and
// Limit is only there to end one that would hang: no machine is that slow. No
// test calls time.Sleep, or bounds by a time what a slow machine may take longer
// for; tests/house looks. It judges nothing.
package wait

import (
	"fmt"
	"testing"
	"time"
)

// Limit ends what hangs.
const Limit = 3 * time.Minute

// often is how long lies between two looks.
const often = 2 * time.Millisecond

// Until waits until it holds.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	UntilSays(t, what, func() (string, bool) { return "not so", holds() })
}

// UntilIs waits until a value is the one wanted.
func UntilIs[T comparable](t testing.TB, what string, want T, get func() T) {
	t.Helper()
	UntilSays(t, what, func() (string, bool) {
		got := get()
		return fmt.Sprintf("%v, expected %v", got, want), got == want
	})
}

// UntilSays waits until holds says so; it also says how things are, for whoever
// reads why the test has failed.
func UntilSays(t testing.TB, what string, holds func() (state string, is bool)) {
	t.Helper()
	var state string
	for end := time.Now().Add(Limit); ; time.Sleep(often) {
		var is bool
		if state, is = holds(); is {
			return
		}
		if time.Now().After(end) {
			break
		}
	}
	t.Fatalf("waited %v for: %s; at last it was: %s", Limit, what, state)
}

// For waits for what a channel brings, or for its end.
func For[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	late := time.NewTimer(Limit)
	defer late.Stop()
	select {
	case v := <-c:
		return v
	case <-late.C:
	}
	t.Fatalf("waited %v for: %s", Limit, what)
	panic("unreachable")
}

// End is when a connection or a call that is still waiting hangs.
func End() time.Time { return time.Now().Add(Limit) }

// Stays looks for a while whether it goes on to hold. A slow machine may miss a
// fault so, and never finds one that is not there.
func Stays(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(d); ; time.Sleep(often) {
		if !holds() {
			t.Fatalf("it does not stay so: %s", what)
		}
		if time.Now().After(end) {
			return
		}
	}
}

// Settles waits until a value has not changed for a while, and gives it. What a
// machine's buffers hold is found out so.
func Settles[T comparable](t testing.TB, d time.Duration, what string, get func() T) T {
	t.Helper()
	last, since := get(), time.Now()
	UntilSays(t, what, func() (string, bool) {
		if now := get(); now != last {
			last, since = now, time.Now()
		}
		return fmt.Sprintf("%v, and changing", last), time.Since(since) >= d
	})
	return last
}

// Gap leaves others a moment to act in. The test must hold whether they did or
// not: all that a gap does is to make the rarer order of events likely.
func Gap(d time.Duration) { time.Sleep(d) }

// Pass lets time go by that a program counts by its own clock, such as the life
// of a session. Afterwards at least as much has passed, and maybe much more.
func Pass(d time.Duration) { time.Sleep(d) }
