package privilege_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/privilege"
)

// Each would succeed, or fail with another errno, if it were not filtered.
func TestWhatServingDoesNotNeedIsRefused(t *testing.T) {
	dir, ok := t.TempDir(), false
	if _, ok = confined(t, before{}, privilege.Options{Mounts: true}); !ok {
		return
	}
	call := func(trap, a1, a2, a3 uintptr) func() error {
		return func() error {
			if _, _, errno := unix.Syscall6(trap, a1, a2, a3, 0, 0, 0); errno != 0 {
				return errno
			}
			return nil
		}
	}
	socket := func(family, kind int) func() error {
		return func() error {
			_, err := unix.Socket(family, kind, 0)
			return err
		}
	}
	open := func(flags int) func() error {
		return func() error {
			_, err := unix.Open(filepath.Join(dir, "file"), flags, 0o600)
			return err
		}
	}
	for name, do := range map[string]func() error{
		"execve":                    func() error { return unix.Exec("/bin/true", []string{"true"}, nil) },
		"starting a program":        func() error { return exec.Command("/bin/true").Run() },
		"fork":                      call(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0),
		"clone3":                    call(unix.SYS_CLONE3, 0, 0, 0),
		"a thread with namespaces":  call(unix.SYS_CLONE, unix.CLONE_THREAD|unix.CLONE_NEWUSER, 0, 0),
		"a user namespace":          func() error { return unix.Unshare(unix.CLONE_NEWUSER) },
		"entering a namespace":      func() error { return unix.Setns(-1, 0) },
		"mount":                     func() error { return unix.Mount("none", "/none", "tmpfs", 0, "") },
		"fsopen":                    call(unix.SYS_FSOPEN, 0, 0, 0),
		"ptrace":                    func() error { return unix.PtraceAttach(1 << 22) },
		"process_vm_readv":          call(unix.SYS_PROCESS_VM_READV, uintptr(os.Getpid()), 0, 0),
		"bpf":                       call(unix.SYS_BPF, 0, 0, 0),
		"perf_event_open":           call(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0),
		"userfaultfd":               call(unix.SYS_USERFAULTFD, 0, 0, 0),
		"keyctl":                    call(unix.SYS_KEYCTL, 0, 0, 0),
		"init_module":               call(unix.SYS_INIT_MODULE, 0, 0, 0),
		"io_uring_setup":            call(unix.SYS_IO_URING_SETUP, 1, 0, 0),
		"registering with io_uring": call(unix.SYS_IO_URING_REGISTER, ^uintptr(0), 0, 0),
		"seccomp":                   call(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, 0),
		"PR_SET_DUMPABLE":           func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
		"memory that can be run":    call(unix.SYS_MMAP, 0, 4096, unix.PROT_READ|unix.PROT_EXEC),
		"making memory runnable":    call(unix.SYS_MPROTECT, 0, 0, unix.PROT_EXEC),
		"memfd_create":              func() error { _, err := unix.MemfdCreate("x", 0); return err },
		"a signal to a process":     func() error { return unix.Kill(os.Getpid(), unix.SIGCONT) },
		"a signal to a parent":      func() error { return unix.Tgkill(1, 1, 0) },
		"a UNIX stream socket":      socket(unix.AF_UNIX, unix.SOCK_STREAM),
		"a netlink socket":          socket(unix.AF_NETLINK, unix.SOCK_RAW),
		"a packet socket":           socket(unix.AF_PACKET, unix.SOCK_RAW),
		"a UDP socket":              socket(unix.AF_INET, unix.SOCK_DGRAM),
		"a raw socket":              socket(unix.AF_INET6, unix.SOCK_RAW),
		"making a file":             open(unix.O_CREAT | unix.O_WRONLY),
		"a file without a name":     open(unix.O_TMPFILE | unix.O_WRONLY),
		"emptying a file":           open(unix.O_TRUNC | unix.O_WRONLY),
		"reading and writing":       open(unix.O_RDWR),
		"openat2":                   call(unix.SYS_OPENAT2, 0, 0, 0),
		"open_by_handle_at":         call(unix.SYS_OPEN_BY_HANDLE_AT, 0, 0, 0),
		"making a directory":        func() error { return unix.Mkdir(filepath.Join(dir, "d"), 0o700) },
		"rename":                    func() error { return unix.Rename(dir, dir+"2") },
		"link":                      func() error { return unix.Link("/proc/self/status", dir+"/l") },
		"chmod":                     func() error { return unix.Chmod(dir, 0o777) },
		"chown":                     func() error { return unix.Chown(dir, 0, 0) },
		"chroot":                    func() error { return unix.Chroot("/none") },
		"another user":              call(unix.SYS_SETUID, 0, 0, 0),
		"more descriptors": func() error {
			return unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1, Max: 1}, nil)
		},
		"an ioctl of a terminal": call(unix.SYS_IOCTL, 0, unix.TIOCSTI, 0),
	} {
		if err := do(); !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: %v, expected %v", name, err, unix.EPERM)
		}
	}
	for _, raised := range []int{unix.CAP_SYS_PTRACE, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_MODULE} {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		data[0].Effective, data[0].Permitted = 1<<raised, 1<<raised
		if err := unix.Capset(&header, &data[0]); err != unix.EPERM {
			t.Errorf("capability %d: %v, expected %v", raised, err, unix.EPERM)
		}
	}
}
