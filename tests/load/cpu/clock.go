package cpu

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Used is processor time, of a process or of several, up to some moment. The
// total is the kernel's own nanosecond sum of the time its threads ran. How it
// divides into user and system is known only by the clock ticks that
// /proc/PID/stat counts, so User and System are exact in sum, sampled in share.
type Used struct {
	Total        time.Duration
	User, System uint64 // ticks
}

// Since is the time used from an earlier reading to this one.
func (u Used) Since(earlier Used) Used {
	return Used{u.Total - earlier.Total, u.User - earlier.User, u.System - earlier.System}
}

// Split divides the total in the ratio of the ticks. Without any tick, it is
// all system time, since a proxy that ran too short to be sampled was mostly
// in the kernel.
func (u Used) Split() (user, system time.Duration) {
	if ticks := u.User + u.System; ticks > 0 {
		user = time.Duration(float64(u.Total) * float64(u.User) / float64(ticks))
	}
	return user, u.Total - user
}

// Read sums what the processes have used so far. A process that has gone is an
// error: a measurement over it would be short.
func Read(pids []int) (Used, error) {
	var sum Used
	for _, pid := range pids {
		var clock unix.Timespec
		if err := unix.ClockGettime(processClock(pid), &clock); err != nil {
			return sum, fmt.Errorf("processor time of process %d: %w", pid, err)
		}
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			return sum, fmt.Errorf("processor time of process %d: %w", pid, err)
		}
		stat, err := ParseStat(text)
		if err != nil {
			return sum, err
		}
		sum.Total += time.Duration(clock.Nano())
		sum.User += stat.User
		sum.System += stat.System
	}
	return sum, nil
}

// processClock is the id of another process's CPU clock, as
// clock_getcpuclockid(3) makes it: the complemented pid above three bits that
// say "whole process" and "time the scheduler counted".
func processClock(pid int) int32 {
	const scheduled = 2
	return int32(^pid)<<3 | scheduled
}

// Family lists a process and all its living descendants, itself first.
func Family(pid int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		text, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		stat, err := ParseStat(text)
		if err != nil {
			return nil, err
		}
		children[stat.Parent] = append(children[stat.Parent], id)
	}
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		slices.Sort(children[family[i]])
		family = append(family, children[family[i]]...)
	}
	return family, nil
}

// ThreadTime is the processor time that the calling thread has used.
func ThreadTime() (time.Duration, error) {
	var clock unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &clock); err != nil {
		return 0, fmt.Errorf("processor time of this thread: %w", err)
	}
	return time.Duration(clock.Nano()), nil
}
