package cpu

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// sessionNice is the nice value of this session's group, where the kernel
// schedules sessions as groups (sched(7), "The autogroup feature"): within one,
// a thread's own nice value says nothing about threads of other sessions.
const sessionNice = "/proc/self/autogroup"

// Prioritise sets the nice value (-20, first, to 19) of every present thread of
// this process, which later threads and child processes inherit, and of its
// session. A lower value than before needs CAP_SYS_NICE. restore gives the
// session, which others share, its old value back.
func Prioritise(nice int) (restore func() error, err error) {
	err = eachThread(func(thread int) error {
		if err := unix.Setpriority(unix.PRIO_PROCESS, thread, nice); err != nil {
			return fmt.Errorf("nice value %d: %w", nice, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(sessionNice)
	if errors.Is(err, os.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := parseSessionNice(text)
	if err != nil {
		return nil, err
	}
	set := func(nice int) error { return os.WriteFile(sessionNice, []byte(strconv.Itoa(nice)), 0) }
	return func() error { return set(before) }, set(nice)
}

// parseSessionNice reads "/autogroup-8 nice 0". The error shows the text.
func parseSessionNice(text []byte) (int, error) {
	fields := bytes.Fields(text)
	if len(fields) == 3 && string(fields[1]) == "nice" {
		if nice, err := strconv.Atoi(string(fields[2])); err == nil {
			return nice, nil
		}
	}
	return 0, fmt.Errorf("%s: %q: expected a name, \"nice\" and a number", sessionNice, text)
}
