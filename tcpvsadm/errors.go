package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
)

// Exit statuses.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2 // or, with --diff, nothing could be compared
	exitNoDaemon = 3
	exitAlready  = 4 // it exists already, or is not there
)

// uncompared is what kept a comparison from being made. Its status is not that of one
// that found something, as with diff(1).
type uncompared struct{ error }

func (e *uncompared) Unwrap() error { return e.error }

// usageError is a command line that can not be carried out as it is written.
type usageError struct {
	text string
}

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// missingValue is a command line that ends where a value would come next.
type missingValue struct {
	usageError
	flag cli.Flag // whose value it is; nil: the command's own
}

func (e *missingValue) Unwrap() error { return &e.usageError }

// report says in one line what went wrong, if anything did, and gives the exit
// status; of a file that is wrong it is a line for each mistake. A refusal of the daemon
// is the reference's message for its errno, then the daemon's own words.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errDiffers) {
		return exitFailed
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(stderr, "tcpvsadm: %s\n", line)
	}
	if isUsage(err) {
		return exitUsage
	}
	status := statusOf(err)
	if _, ok := errors.AsType[*uncompared](err); ok && status != exitNoDaemon {
		return exitUsage
	}
	return status
}

func statusOf(err error) int {
	refused, ok := errors.AsType[*proto.Error](err)
	switch {
	case !ok:
		return exitFailed
	case refused.Errno == unix.ENOPROTOOPT:
		return exitNoDaemon
	case isThere(refused) || isMissing(refused):
		return exitAlready
	}
	return exitFailed
}

func isUsage(err error) bool {
	_, ok := errors.AsType[*usageError](err)
	return ok
}

// isThere tells that what was to be added exists already.
func isThere(refused *proto.Error) bool { return refused.Errno == unix.EEXIST }

// isMissing tells that what the command is about, or belongs to, is not there. A
// scheduler of a service that nobody knows is no such thing, but a wrong value.
func isMissing(refused *proto.Error) bool {
	switch refused.Command {
	case proto.CmdNewService, proto.CmdSetService:
		return refused.Errno == unix.ESRCH
	}
	return refused.Errno == unix.ESRCH || refused.Errno == unix.ENOENT
}
