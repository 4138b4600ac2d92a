package privilege

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// starting is what a new thread gets its thread-local storage with.
var starting = []uintptr{unix.SYS_ARCH_PRCTL}
