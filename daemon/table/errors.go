package table

import (
	"errors"
	"fmt"

	"ktcpvs/daemon/match"
)

// What a change can be refused for. An error of this package is one of these
// to errors.Is. Its text says which service, server or rule it is about, and
// leaves what is wrong with it to the kind where that says all: an operator
// reads the kind in the reference's words, and then the text.
var (
	ErrExists      = errors.New("already exists")
	ErrNoService   = errors.New("no such service")
	ErrNoServer    = errors.New("no such server")
	ErrNoRule      = errors.New("no such rule")
	ErrNoScheduler = errors.New("no such scheduler")
	ErrBusy        = errors.New("busy")
	ErrInvalid     = errors.New("invalid value")
	ErrLimit       = errors.New("past a limit")
	ErrInUse       = errors.New("address in use")
)

// refusal is one of the errors above in words for an operator.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

// Refuse makes an error of a kind in words for an operator.
func Refuse(kind error, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

// RuleError is a rule, or a service's rules together, that can not be
// compiled. It shows at the end of a transaction, when the rules of a service
// are compiled at once. It is ErrInvalid, or ErrLimit when no single rule is
// to blame.
type RuleError struct {
	Service string
	Pattern match.Pattern // of the rule to blame, when there is one
	Err     *match.Error
}

func (e *RuleError) Error() string {
	if e.Err.Index < 0 {
		return fmt.Sprintf("service %q: %s", e.Service, e.Err.Reason)
	}
	return fmt.Sprintf("service %q: %s \"%s\": %s", e.Service, e.Err.Field, e.Err.Expr, e.Err.Reason)
}

// Unwrap gives the kind of the error and what the compiler said.
func (e *RuleError) Unwrap() []error {
	if e.Err.Index < 0 {
		return []error{ErrLimit, e.Err}
	}
	return []error{ErrInvalid, e.Err}
}

// ListenError is a service that is to run and cannot listen. It wraps the kernel's
// errno.
type ListenError struct {
	Service string
	Err     error
}

func (e *ListenError) Error() string { return fmt.Sprintf("service %q: %v", e.Service, e.Err) }

// Unwrap gives what the kernel said.
func (e *ListenError) Unwrap() error { return e.Err }
