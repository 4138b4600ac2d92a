//go:build !cgo

package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ignoreReserved ignores the signals that Go leaves to the C libraries, glibc's and
// musl's, which are not there: nobody else would, and they end a process, too. The
// one between them is Go's own, by which it reaches all threads.
func ignoreReserved() {
	ignore := struct {
		handler, flags, restorer uintptr
		mask                     uint64
	}{handler: 1} // SIG_IGN
	for _, reserved := range []uintptr{32, 34} {
		unix.RawSyscall6(unix.SYS_RT_SIGACTION, reserved, uintptr(unsafe.Pointer(&ignore)), 0, unsafe.Sizeof(ignore.mask), 0, 0)
	}
}
