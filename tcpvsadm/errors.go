package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

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
// status; of a file that is wrong it is a line for each mistake. A refusal of the daemon is the reference's message for its errno,
// then the daemon's own words.
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
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}
