package netns

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
)

// withEachPoller runs a test of the data path for each of the kernel's
// interfaces that the daemon can use.
func withEachPoller(t *testing.T, test func(t *testing.T, poller string)) {
	t.Parallel()
	for _, name := range []string{"epoll", "io_uring"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "io_uring" {
				needIOUring(t)
			}
			test(t, "--poll="+name)
		})
	}
}

func needIOUring(t testing.TB) {
	t.Helper()
	var parameters [120]byte
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&parameters)), 0)
	var reason error
	if errno != 0 {
		reason = errno
	} else {
		unix.Close(int(fd))
	}
	require.That(t, "io_uring", reason)
}
