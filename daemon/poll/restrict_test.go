package poll

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
)

func TestARingTakesNothingButWhatIsUsedOfIt(t *testing.T) {
	u, err := NewUring()
	require.That(t, "io_uring", err)
	defer u.Close()
	const openat = 18
	u.ring.push().opcode = openat
	if errno := u.ring.enter(time.Second, false); errno != 0 {
		t.Fatal(errno)
	}
	c, ok := u.ring.next()
	if !ok || unix.Errno(-c.res) != unix.EACCES {
		t.Errorf("openat: %v, %d, expected %v", ok, c.res, unix.EACCES)
	}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(u.ring.fd), registerBufRing, 0, 0, 0, 0); errno != unix.EACCES {
		t.Errorf("another registration: %v, expected %v", errno, unix.EACCES)
	}
}
