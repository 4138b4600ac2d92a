//go:build amd64 || arm64

package privilege

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// answer runs the filter's program on one call. Go's machine reads the network's
// byte order, the kernel's its own: each word is where both expect it.
func answer(t *testing.T, vm *bpf.VM, arch, number uint32, arguments ...uint32) uint32 {
	t.Helper()
	data := make([]byte, 64)
	binary.BigEndian.PutUint32(data[numberWord:], number)
	binary.BigEndian.PutUint32(data[archWord:], arch)
	for i, a := range arguments {
		binary.BigEndian.PutUint32(data[argumentWord+argumentSize*i:], a)
	}
	result, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(result)
}

func machine(t *testing.T, o Options) *bpf.VM {
	t.Helper()
	vm, err := bpf.NewVM(program(allowed(o), limited(7)))
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func TestOnlyListedCallsAreAllowed(t *testing.T) {
	for _, o := range []Options{{}, {Mounts: true}} {
		vm := machine(t, o)
		limits := map[uint32]bool{}
		for _, l := range limited(7) {
			limits[uint32(l.number)] = true
		}
		for number := range uint32(1024) {
			if limits[number] {
				continue
			}
			want := uint32(refuse)
			if slices.Contains(allowed(o), uintptr(number)) {
				want = allow
			}
			for _, argument := range []uint32{0, 1, 2, ^uint32(0)} {
				if got := answer(t, vm, auditArch, number, argument, argument, argument); got != want {
					t.Errorf("%+v: call %d with %d: %#x, expected %#x", o, number, argument, got, want)
				}
			}
			// Another architecture's numbers mean other calls; so do those of x32.
			if got := answer(t, vm, auditArch^1, number); got != refuse {
				t.Errorf("call %d of another architecture: %#x", number, got)
			}
			if got := answer(t, vm, auditArch, number|1<<30); got != refuse {
				t.Errorf("call %d of x32: %#x", number, got)
			}
		}
	}
}

func TestNoCallIsListedTwice(t *testing.T) {
	calls := allowed(Options{Mounts: true})
	for i, number := range calls {
		if slices.Contains(calls[:i], number) {
			t.Errorf("call %d is listed twice", number)
		}
	}
	for _, l := range limited(7) {
		if slices.Contains(calls, l.number) {
			t.Errorf("call %d is limited, and allowed in any case", l.number)
		}
	}
}

func TestLimitsLookAtTheirOwnArguments(t *testing.T) {
	const any = ^uint32(0)
	vm := machine(t, Options{})
	for _, c := range []struct {
		what      string
		allowed   bool
		number    uint32
		arguments []uint32
	}{
		{"TCP", true, unix.SYS_SOCKET, []uint32{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC, any}},
		{"TCP over IPv6", true, unix.SYS_SOCKET, []uint32{unix.AF_INET6, unix.SOCK_STREAM | unix.SOCK_CLOEXEC}},
		{"UDP", false, unix.SYS_SOCKET, []uint32{unix.AF_INET, unix.SOCK_DGRAM}},
		{"raw IPv6", false, unix.SYS_SOCKET, []uint32{unix.AF_INET6, unix.SOCK_RAW}},
		{"UNIX datagram", true, unix.SYS_SOCKET, []uint32{unix.AF_UNIX, unix.SOCK_DGRAM | unix.SOCK_CLOEXEC}},
		{"UNIX stream", false, unix.SYS_SOCKET, []uint32{unix.AF_UNIX, unix.SOCK_STREAM}},
		{"netlink", false, unix.SYS_SOCKET, []uint32{unix.AF_NETLINK, unix.SOCK_DGRAM}},
		// Families whose numbers are those of mmap and mprotect on amd64.
		{"family 9", false, unix.SYS_SOCKET, []uint32{9, unix.SOCK_STREAM}},
		{"family 10", false, unix.SYS_SOCKET, []uint32{10, unix.SOCK_SEQPACKET}},
		{"memory", true, unix.SYS_MMAP, []uint32{any, any, unix.PROT_READ | unix.PROT_WRITE}},
		{"memory to run", false, unix.SYS_MMAP, []uint32{0, 0, unix.PROT_READ | unix.PROT_EXEC}},
		{"protection", true, unix.SYS_MPROTECT, []uint32{any, any, unix.PROT_NONE}},
		{"protection that lets run", false, unix.SYS_MPROTECT, []uint32{0, 0, any}},
		{"a thread", true, unix.SYS_CLONE, []uint32{unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD}},
		{"a process", false, unix.SYS_CLONE, []uint32{unix.CLONE_VM | uint32(unix.SIGCHLD)}},
		{"a thread in namespaces", false, unix.SYS_CLONE, []uint32{unix.CLONE_THREAD | unix.CLONE_NEWNS}},
		{"our own threads", true, unix.SYS_TGKILL, []uint32{7, any, any}},
		{"another's threads", false, unix.SYS_TGKILL, []uint32{8, 7, 7}},
		{"asking who is there", true, unix.SYS_KILL, []uint32{any, 0}},
		{"ending who is there", false, unix.SYS_KILL, []uint32{any, uint32(unix.SIGKILL)}},
		{"naming memory", true, unix.SYS_PRCTL, []uint32{unix.PR_SET_VMA, any, any}},
		{"keeping capabilities", false, unix.SYS_PRCTL, []uint32{unix.PR_SET_KEEPCAPS, unix.PR_SET_VMA}},
		{"reading", true, unix.SYS_OPENAT, []uint32{any, any, unix.O_RDONLY | unix.O_CLOEXEC | unix.O_DIRECTORY | unix.O_NOFOLLOW}},
		{"writing", false, unix.SYS_OPENAT, []uint32{any, any, unix.O_WRONLY}},
		{"both", false, unix.SYS_OPENAT, []uint32{0, 0, unix.O_RDWR}},
		{"making", false, unix.SYS_OPENAT, []uint32{0, 0, unix.O_WRONLY | unix.O_CREAT}},
		{"emptying", false, unix.SYS_OPENAT, []uint32{0, 0, unix.O_WRONLY | unix.O_TRUNC}},
		{"nameless", false, unix.SYS_OPENAT, []uint32{0, 0, unix.O_WRONLY | unix.O_TMPFILE}},
		{"typing into a terminal", false, unix.SYS_IOCTL, []uint32{0, unix.TIOCSTI}},
		{"enabling a ring", true, unix.SYS_IO_URING_REGISTER, []uint32{any, uringEnable}},
		{"another ring's matter", false, unix.SYS_IO_URING_REGISTER, []uint32{uringEnable, uringEnable - 1}},
	} {
		want := uint32(refuse)
		if c.allowed {
			want = allow
		}
		if got := answer(t, vm, auditArch, c.number, c.arguments...); got != want {
			t.Errorf("%s: %#x, expected %#x", c.what, got, want)
		}
	}
}
