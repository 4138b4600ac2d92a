package privilege

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Options are what serving still needs.
type Options struct {
	Mounts   bool // there are mounts to follow and to take away: a graft, sysctl files, reports
	Keeps    bool // writes to files that are open, and has them on the disk: the state directory
	AllCalls bool // install no filter: it costs 30 to 60 ns a system call, of which a request makes four or five
}

// Report is what has become of the process's privileges.
type Report struct {
	Kept     []string // capabilities that stay, as in capabilities(7)
	Filtered bool     // system calls go through the filter
	Missed   []error  // what could not be given up, one line each

	// Bounding tells that the bounding set stays as it was, which takes CAP_SETPCAP to
	// change. It gives nothing to a process that gains no privileges.
	Bounding bool
}

// Limit gives up, on all threads, what nothing needs from the start on: the right
// to gain privileges, and most of the bounding set. What it cannot give up is left
// to Drop, which says so.
//
// It comes before there are threads that wait in system calls. For each call on
// all threads Go stops the world and interrupts them, and forty such calls in a row
// meet them on their way back. Go 1.26 looks once for threads that are in system
// calls, misses one that has just looked whether to stop and enters one, and stands
// still until that ends, or for a minute.
func Limit() {
	gainNothing()
	_, stay, _ := keep(^set(0), Options{Mounts: true})
	dropBounding(stay)
	clearAmbient()
}

// Drop gives up, on all threads, what Options do not ask for. It comes after
// everything is set up: nothing can be mounted or made, and no program
// started, from then on.
//
// It does what the kernel and the process's rights allow and never fails: a
// process without capabilities has none to drop, a kernel without seccomp
// filters nothing, and Missed says so.
func Drop(o Options) Report {
	var r Report
	if err := gainNothing(); err != nil {
		r.miss("no_new_privs", err)
		if errors.Is(err, errors.ErrUnsupported) {
			return r // with cgo: nothing else can be done on all threads either
		}
	}
	var err error
	r.Kept, r.Bounding, err = dropCapabilities(o)
	r.miss("capabilities", err)
	if !o.AllCalls {
		err = installFilter(o)
		r.Filtered = err == nil
		r.miss("system calls", err)
	}
	return r
}

// gainNothing sets no_new_privs, unless it is set, for which one thread stands for all.
func gainNothing() error {
	if is, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && is == 1 {
		return nil
	}
	return onAllThreads(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
}

func (r *Report) miss(what string, err error) {
	if err != nil {
		r.Missed = append(r.Missed, fmt.Errorf("%s: %w", what, err))
	}
}

// onAllThreads makes a system call on each thread of the process, with the
// same result on each. Go's own way to do that knows no threads but Go's.
func onAllThreads(trap, a1, a2 uintptr) error {
	// The kernel wants prctl's unused arguments to be 0.
	_, _, errno := syscall.AllThreadsSyscall6(trap, a1, a2, 0, 0, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.ENOTSUP:
		return fmt.Errorf("cannot reach all threads of a program with cgo: build with CGO_ENABLED=0: %w", errors.ErrUnsupported)
	}
	return errno
}
