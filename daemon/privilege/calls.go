//go:build amd64 || arm64

package privilege

import "golang.org/x/sys/unix"

// serving is what the event loops call, the most frequent first.
var serving = []uintptr{
	unix.SYS_RECVFROM, unix.SYS_SENDTO, unix.SYS_EPOLL_PWAIT, unix.SYS_IO_URING_ENTER, unix.SYS_SENDMSG,
	unix.SYS_ACCEPT4, unix.SYS_CLOSE, unix.SYS_FUTEX, unix.SYS_EPOLL_CTL, unix.SYS_SPLICE,
	unix.SYS_SETSOCKOPT, unix.SYS_GETSOCKOPT, unix.SYS_CONNECT, unix.SYS_SHUTDOWN,
	unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_PIPE2, unix.SYS_FCNTL, unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME,
}

// answering is what netlink, the sysctl files, the log and Go's files call.
var answering = []uintptr{
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_RECVMSG, unix.SYS_PREAD64,
	unix.SYS_FSTAT, unix.SYS_GETDENTS64, unix.SYS_UNLINKAT,
}

// running is what Go's runtime calls for memory, threads, clocks and signals,
// and the kernel itself where a stop has interrupted a call.
var running = []uintptr{
	unix.SYS_NANOSLEEP, unix.SYS_SCHED_YIELD, unix.SYS_GETPID, unix.SYS_GETTID,
	unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGACTION, unix.SYS_SIGALTSTACK,
	unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_MINCORE, unix.SYS_CLOCK_GETTIME, unix.SYS_GETRANDOM,
	unix.SYS_SCHED_GETAFFINITY, unix.SYS_EPOLL_CREATE1, unix.SYS_EVENTFD2,
	unix.SYS_RESTART_SYSCALL, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}

// mounted is what keeping a graft's names and taking mounts away calls.
var mounted = []uintptr{unix.SYS_SYMLINKAT, unix.SYS_UMOUNT2, unix.SYS_CAPGET, unix.SYS_CAPSET}

// keeping is what keeping the table calls, on files that it has opened before:
// none can be made, renamed or removed.
var keeping = []uintptr{unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FDATASYNC}

// allowed are the calls whose arguments do not matter.
func allowed(o Options) []uintptr {
	var calls []uintptr
	for _, some := range [][]uintptr{serving, answering, running, starting} {
		calls = append(calls, some...)
	}
	if o.Mounts {
		calls = append(calls, mounted...)
	}
	if o.Keeps {
		calls = append(calls, keeping...)
	}
	return calls
}

// limit allows a call if all conditions hold. A call may have several limits,
// each a way in which it is allowed.
type limit struct {
	number     uintptr
	conditions []condition
}

// condition holds if argument & mask == value. That is about the low 32 bits:
// what is limited here is an int, or has all its flags there.
type condition struct {
	argument    uint32 // counted from 0
	mask, value uint32
}

func is(argument, value uint32) condition   { return condition{argument, ^uint32(0), value} }
func has(argument, bit uint32) condition    { return condition{argument, bit, bit} }
func lacks(argument, bits uint32) condition { return condition{argument, bits, 0} }

// ofType is about the type of a socket, without its flags (SOCK_TYPE_MASK of
// linux/net.h).
func ofType(argument, kind uint32) condition { return condition{argument, 0xf, kind} }

const (
	namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWPID |
		unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP

	making = unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | unix.O_RDWR | unix.O_TMPFILE&^unix.O_DIRECTORY

	uringEnable = 12 // IORING_REGISTER_ENABLE_RINGS of linux/io_uring.h
)

// limited are the calls that depend on their arguments.
func limited(pid int) []limit {
	call := func(number uintptr, conditions ...condition) limit { return limit{number, conditions} }
	return []limit{
		// TCP, and the datagrams that tell a service manager of our state.
		call(unix.SYS_SOCKET, is(0, unix.AF_INET), ofType(1, unix.SOCK_STREAM)),
		call(unix.SYS_SOCKET, is(0, unix.AF_INET6), ofType(1, unix.SOCK_STREAM)),
		call(unix.SYS_SOCKET, is(0, unix.AF_UNIX), ofType(1, unix.SOCK_DGRAM)),
		// Memory, but none that can be run.
		call(unix.SYS_MMAP, lacks(2, unix.PROT_EXEC)),
		call(unix.SYS_MPROTECT, lacks(2, unix.PROT_EXEC)),
		// Threads, not processes, which Go wakes with signals and names memory for.
		call(unix.SYS_CLONE, has(0, unix.CLONE_THREAD), lacks(0, namespaces)),
		call(unix.SYS_TGKILL, is(0, uint32(pid))),
		// Asking whether a process is there, by the signal that is none.
		call(unix.SYS_KILL, is(1, 0)),
		call(unix.SYS_PRCTL, is(0, unix.PR_SET_VMA)),
		// Files that are there.
		call(unix.SYS_OPENAT, lacks(2, making)),
		// A loop enables its ring when it first waits.
		call(unix.SYS_IO_URING_REGISTER, is(1, uringEnable)),
	}
}
