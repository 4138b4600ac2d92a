package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
)

// ends are the signals that end the daemon. SIGKILL does too, and SIGQUIT, with
// what every goroutine does, which is for developers.
var ends = []os.Signal{unix.SIGTERM, unix.SIGINT}

// said are the signals that mean nothing here but would end a process that does
// not ask for them: a terminal that is closed, a timer that somebody has set
// before the start, a program that takes us for another. A fault of our own comes
// by some of the same numbers, and ends the daemon all the same: Go tells those
// that were sent from those that happened.
var said = []os.Signal{
	unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM, unix.SIGPROF, unix.SIGIO, unix.SIGPWR,
	unix.SIGSTKFLT, unix.SIGXCPU, unix.SIGABRT, unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
}

// unheard come with a write or read that fails, which is noticed there: a log that
// nobody reads any more, a file at its largest, a terminal that is another's now.
var unheard = []os.Signal{unix.SIGPIPE, unix.SIGXFSZ, unix.SIGTTIN, unix.SIGTTOU}

// signals is what was sent to the daemon. A crowd of those that mean nothing
// takes no place of those that end it.
type signals struct {
	end, other chan os.Signal
}

func catchSignals() *signals {
	s := &signals{end: make(chan os.Signal, 4), other: make(chan os.Signal, 4)}
	signal.Ignore(unheard...)
	ignoreReserved()
	signal.Notify(s.other, said...)
	for n := 35; n <= 64; n++ { // the real-time signals that Go leaves to programs
		signal.Notify(s.other, syscall.Signal(n))
	}
	signal.Notify(s.end, ends...)
	return s
}

// stop lets the signals that end the daemon do it at once.
func (s *signals) stop() { signal.Stop(s.end) }

// tell logs what else comes, for as long as the process lives.
func (s *signals) tell(logger *klog.Logger) {
	for sig := range s.other {
		if sig == unix.SIGHUP {
			logger.Say(klog.Announce, "SIGHUP: the daemon goes on, and nothing is read again: tcpvsadm changes the table and the knobs")
			continue
		}
		logger.Say(klog.Announce, "a signal that means nothing to the daemon, which goes on", "signal", unix.SignalName(sig.(syscall.Signal)), "number", int(sig.(syscall.Signal)))
	}
}
