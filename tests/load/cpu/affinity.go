// Package cpu places processes on cores and reads the processor time they have
// used. It never decides which process deserves which core.
package cpu

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Allowed lists the cores this process may use, in rising order.
func Allowed() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var cores []int
	for core := range len(set) * 64 {
		if set.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores, nil
}

// PinProcess keeps every present thread of this process, and by inheritance
// every later one, on one core.
func PinProcess(core int) error {
	return eachThread(func(thread int) error { return pin(thread, core) })
}

// eachThread calls do with the id of every thread of this process.
func eachThread(do func(thread int) error) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, entry := range threads {
		thread, err := strconv.Atoi(entry.Name())
		if err != nil {
			return fmt.Errorf("/proc/self/task: thread id %q: expected a number", entry.Name())
		}
		if err := do(thread); err != nil {
			return err
		}
	}
	return nil
}

// Start starts command on one core: the child inherits the affinity of the
// thread that forks it, which is given back its own afterwards. The caller's
// thread must not end before the child where command asks for a death signal.
func Start(command *exec.Cmd, core int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	if err := pin(0, core); err != nil {
		return err
	}
	started := command.Start()
	if err := unix.SchedSetaffinity(0, &before); err != nil && started == nil {
		_ = command.Process.Kill()
		_ = command.Wait()
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return started
}

// pin keeps one thread (0: the calling one) on one core.
func pin(thread, core int) error {
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(thread, &set); err != nil {
		return fmt.Errorf("keep thread %d on core %d: %w", thread, core, err)
	}
	return nil
}
