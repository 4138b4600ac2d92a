package privilege

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// starting is empty: a new thread sets its thread-local storage without a call.
var starting []uintptr
