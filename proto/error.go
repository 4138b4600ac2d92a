package proto

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Error is a refused request: the errno that the reference gives it and the
// text that says which value stood in the way. errors.Is finds the errno.
type Error struct {
	Errno   unix.Errno
	Command Command // what was asked; CmdUnspec when not known
	Text    string  // what an operator needs to know, may be empty

	// Offset of the offending attribute from the start of its message, 0
	// when no single attribute is to blame.
	Offset int

	// Index of the change that failed in its batch, counted from 1; 0 when
	// the request was not a batch or no single change is to blame.
	Index int
}

// Error gives the words of the original for the errno, then the text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(Message(e.Command, e.Errno))
	if e.Text != "" {
		b.WriteString(": ")
		b.WriteString(e.Text)
	}
	if e.Index > 0 {
		fmt.Fprintf(&b, " (change %d of the batch)", e.Index)
	}
	return b.String()
}

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// Errorf makes an Error of an errno and a text.
func Errorf(errno unix.Errno, format string, args ...any) *Error {
	return &Error{Errno: errno, Text: fmt.Sprintf(format, args...)}
}

// AsError makes an *Error of err that is the caller's to alter: a copy of the
// one in it, or a new one of its errno, or of EIO when it has none. The text
// leaves out the errno's own words, which the message in front of it has.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		own := *e
		return &own
	}
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		text, _ := strings.CutPrefix(strings.Replace(": "+err.Error(), ": "+errno.Error(), "", 1), ": ")
		return &Error{Errno: errno, Text: text}
	}
	return &Error{Errno: unix.EIO, Text: err.Error()}
}

// anyCommand are the messages that do not depend on the command.
var anyCommand = map[unix.Errno]string{
	unix.EPERM:       "Permission denied (you must be root)",
	unix.ENOPROTOOPT: "The ktcpvs module not loaded",
	unix.ENOMEM:      "Memory allocation problem",
	unix.E2BIG:       "Past a limit",
}

// isOriginal tells whether the original could do what the command does. CmdUnspec may
// be any.
func (c Command) isOriginal() bool {
	switch c {
	case CmdZero, CmdNewModule, CmdDelModule, CmdGetModule, CmdBatchBegin, CmdBatchCommit,
		CmdSetKnob, CmdReplace, CmdMoveRule, CmdGetHistory:
		return false
	}
	return true
}

// byCommand are the messages of one command, from the reference's section 2
// and, for what the original could not do, in its manner.
var byCommand = map[Command]map[unix.Errno]string{
	CmdNewService: {unix.EEXIST: "Service already exists", unix.ENOENT: "Scheduler not found"},
	CmdSetService: {unix.ESRCH: "No such service", unix.ENOENT: "Scheduler not found", unix.EBUSY: "Service is running"},
	CmdDelService: {unix.ESRCH: "No such service", unix.EBUSY: "Service is running"},
	CmdGetService: {unix.ESRCH: "No such service"},
	CmdNewDest:    {unix.ESRCH: "Service not defined", unix.EEXIST: "Destination already exists"},
	CmdSetDest:    {unix.ESRCH: "Service not defined", unix.ENOENT: "No such destination"},
	CmdDelDest: {
		unix.ESRCH:  "Service not defined",
		unix.ENOENT: "No such destination",
		unix.EBUSY:  "Destination is busy (a rule uses it)",
	},
	CmdGetDest: {unix.ESRCH: "Service not defined", unix.ENOENT: "No such destination"},
	CmdNewRule: {
		unix.ESRCH:  "Service not defined",
		unix.ENOENT: "No such destination",
		unix.EEXIST: "Rule already exists",
	},
	CmdMoveRule:  {unix.ESRCH: "Service not defined", unix.ENOENT: "No such rule"},
	CmdDelRule:   {unix.ESRCH: "Service not defined", unix.ENOENT: "No such rule"},
	CmdGetRule:   {unix.ESRCH: "Service not defined", unix.ENOENT: "No such rule"},
	CmdFlush:     {unix.EBUSY: "Service is running"},
	CmdStart:     {unix.ESRCH: "No such service", unix.EADDRINUSE: "Address already in use", unix.EBUSY: "The daemon is unloading"},
	CmdStop:      {unix.ESRCH: "No such service"},
	CmdZero:      {unix.ESRCH: "No such service"},
	CmdNewModule: {unix.ENOENT: "Scheduler not found", unix.EEXIST: "Module is already loaded"},
	CmdDelModule: {unix.ENOENT: "Module is not loaded", unix.EBUSY: "Module is in use"},
	CmdGetModule: {unix.ENOENT: "Scheduler not found"},
	CmdSetKnob:   {unix.ENOENT: "No such knob", unix.ERANGE: "Value out of range"},
}

// Message is what the operator of the original saw for an errno (the
// reference's section 2, "Messages by errno"). An errno that it does not name
// gets the system's own words, with a capital, and so does EINVAL of a command
// that it did not have.
func Message(cmd Command, errno unix.Errno) string {
	if s, ok := byCommand[cmd][errno]; ok {
		return s
	}
	if s, ok := anyCommand[errno]; ok {
		return s
	}
	if errno == unix.EINVAL && cmd.isOriginal() {
		return "Module is wrong version"
	}
	s := errno.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}
