//go:build amd64 || arm64

package privilege

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The words of struct seccomp_data, linux/seccomp.h. Of an argument, the low
// half: both architectures are little-endian.
const (
	numberWord   = 0
	archWord     = 4
	argumentWord = 16
	argumentSize = 8
)

const (
	allow  = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
)

// program allows the calls that are listed and refuses all others. The kernel
// (since 5.11) runs it once for each call whose answer depends on no argument,
// and remembers; otherwise it goes through the lists in their order.
func program(calls []uintptr, limits []limit) []bpf.Instruction {
	load := func(word uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: word, Size: 4} }
	p := []bpf.Instruction{
		load(archWord),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		bpf.RetConstant{Val: refuse},
		load(numberWord),
	}
	for _, number := range calls {
		p = append(p,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(number), SkipTrue: 1},
			bpf.RetConstant{Val: allow})
	}
	for _, l := range limits {
		// Where it leaves the block, the number is loaded again.
		end := 3*len(l.conditions) + 1
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(l.number), SkipTrue: uint8(end + 1)})
		for i, c := range l.conditions {
			p = append(p,
				load(argumentWord+argumentSize*c.argument),
				bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.mask},
				bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: c.value, SkipTrue: uint8(end - 3*(i+1))})
		}
		p = append(p, bpf.RetConstant{Val: allow}, load(numberWord))
	}
	return append(p, bpf.RetConstant{Val: refuse})
}

// installFilter puts the filter before every thread. The process must have
// no_new_privs, or CAP_SYS_ADMIN.
func installFilter(o Options) error {
	assembled, err := bpf.Assemble(program(allowed(o), limited(os.Getpid())))
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, 0, len(assembled))
	for _, i := range assembled {
		filter = append(filter, unix.SockFilter{Code: i.Op, Jt: i.Jt, Jf: i.Jf, K: i.K})
	}
	// TSYNC: all threads, or with TSYNC_ESRCH an error. LOG: what is refused
	// shows in the kernel's log. SPEC_ALLOW: speculation stays as it is, since
	// nobody else's code runs in here that must not observe ours.
	const flags = unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
		unix.SECCOMP_FILTER_FLAG_LOG | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	fprog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// no_new_privs is the thread's, and so is what the kernel compares others with.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&fprog))); errno != 0 {
		return fmt.Errorf("seccomp: %w: a filter needs Linux 5.7 or newer", errno)
	}
	return nil
}
