package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
)

// ends are the signals that end the daemon. SIGKILL does too.
var ends = []os.Signal{unix.SIGTERM, unix.SIGINT}

// said are the signals that mean nothing here but would end a process that does
// not ask for them: a terminal that is closed, a timer that somebody has set
// before the start, a program that takes us for another. A fault of our own comes
// by some of the same numbers, and ends the daemon all the same: Go tells those
// that were sent from those that happened.
var said = []os.Signal{
	unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM, unix.SIGPROF, unix.SIGIO, unix.SIGPWR,
	unix.SIGSTKFLT, unix.SIGXCPU, unix.SIGABRT, unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
}

// unheard come with a write or read that fails, which is noticed there: a log that
// nobody reads any more, a file at its largest, a terminal that is another's now.
var unheard = []os.Signal{unix.SIGPIPE, unix.SIGXFSZ, unix.SIGTTIN, unix.SIGTTOU}

// signals is what was sent to the daemon. A crowd of those that mean nothing
// takes no place of those that end it.
type signals struct {
	end, reload, other chan os.Signal
}

func catchSignals() *signals {
	// One SIGHUP that waits stands for all that come meanwhile.
	s := &signals{end: make(chan os.Signal, 4), reload: make(chan os.Signal, 1), other: make(chan os.Signal, 4)}
	signal.Ignore(unheard...)
	ignoreReserved()
	signal.Notify(s.other, said...)
	for n := 35; n <= 64; n++ { // the real-time signals that Go leaves to programs
		signal.Notify(s.other, syscall.Signal(n))
	}
	signal.Notify(s.reload, unix.SIGHUP)
	signal.Notify(s.end, ends...)
	return s
}

// stop lets the signals that end the daemon do it at once.
func (s *signals) stop() { signal.Stop(s.end) }

// tell logs what else comes, for as long as the process lives.
func (s *signals) tell(logger *klog.Logger) {
	for sig := range s.other {
		if sig == unix.SIGQUIT {
			logger.Say(klog.Announce, "SIGQUIT: the daemon goes on, and writes to standard error what each goroutine does, which is for developers")
			os.Stderr.Write(goroutines())
			continue
		}
		logger.Say(klog.Announce, "a signal that means nothing to the daemon, which goes on", "signal", unix.SignalName(sig.(syscall.Signal)), "number", int(sig.(syscall.Signal)))
	}
}

// goroutines is what each goroutine does, as far as it goes into a megabyte.
func goroutines() []byte {
	text := make([]byte, 1<<20)
	return text[:runtime.Stack(text, true)]
}
