package control

import (
	"errors"

	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// errnos are what the reference's section 2 has a kernel answer for what the
// table refuses.
var errnos = []struct {
	kind  error
	errno unix.Errno
}{
	{table.ErrExists, unix.EEXIST},
	{table.ErrNoService, unix.ESRCH},
	{table.ErrNoServer, unix.ENOENT},
	{table.ErrNoRule, unix.ENOENT},
	{table.ErrNoScheduler, unix.ENOENT},
	{table.ErrBusy, unix.EBUSY},
	{table.ErrInvalid, unix.EINVAL},
	{table.ErrLimit, unix.E2BIG},
	{table.ErrInUse, unix.EADDRINUSE},
}

// errorOf gives an error its errno and its command; the text stays. What has
// no errno of the table's is the kernel's own, in whatever wraps it.
func errorOf(cmd proto.Command, err error) *proto.Error {
	e := proto.AsError(err)
	e.Command = cmd
	for _, m := range errnos {
		if errors.Is(err, m.kind) {
			e.Errno = m.errno
			return e
		}
	}
	if _, ok := errors.AsType[*knob.RangeError](err); ok {
		e.Errno = unix.ERANGE
	}
	return e
}
