package mounts

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Privileged runs call on one thread with CAP_SYS_ADMIN effective, if the
// thread's permitted set has it, and puts the thread's capabilities back
// afterwards. A process can so keep the capability out of its effective set,
// and hold it permitted only for what this package and its callers do. Without
// it in either set call runs all the same, and the kernel decides.
func Privileged(call func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var before [2]unix.CapUserData
	if err := unix.Capget(&header, &before[0]); err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	const word, bit = unix.CAP_SYS_ADMIN / 32, uint32(1) << (unix.CAP_SYS_ADMIN % 32)
	if before[word].Effective&bit != 0 || before[word].Permitted&bit == 0 {
		return call()
	}
	raised := before
	raised[word].Effective |= bit
	if err := unix.Capset(&header, &raised[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	result := call()
	if err := unix.Capset(&header, &before[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	return result
}
