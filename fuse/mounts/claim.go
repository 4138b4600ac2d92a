package mounts

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrClaimed says that a living process holds the place.
var ErrClaimed = errors.New("claimed by another process")

// Claim opens path with the given flags and takes an exclusive advisory lock
// (flock(2)) on it. The kernel drops the lock with the last descriptor, however
// the process ends, so a claim that can be had means that its last holder is
// gone; nothing is asked of that holder, and so nothing can hang. Closing the
// file gives the place up. The error is ErrClaimed (wrapped) if the lock is
// held, otherwise the one from opening, or that of Lock.
func Claim(path string, flags int) (*os.File, error) {
	const tries = 100
	for range tries {
		file, err := os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
		if err != nil {
			return nil, err
		}
		if err := Lock(file); err != nil {
			file.Close()
			return nil, err
		}
		// The holder before us may have removed or covered what was opened.
		if leadsTo(path, file) {
			return file, nil
		}
		file.Close()
	}
	return nil, fmt.Errorf("%s: keeps being replaced: %w", path, ErrClaimed)
}

// Lock takes the claim on a file that is open already, ErrClaimed (wrapped) if
// somebody has it. Whoever can open a file can lock it, for as long as they like:
// so one that others than the daemon's user can open is no place for a claim, and
// the error says so.
func Lock(file *os.File) error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return fmt.Errorf("%s: %w", file.Name(), os.NewSyscallError("fstat", err))
	}
	own := uint32(os.Geteuid())
	if stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Mode&0o077 != 0 || stat.Uid != own {
		return fmt.Errorf("%s has type and mode %06o and belongs to user %d, so that others could lock it; expected a regular file of mode 0600 and user %d: remove it",
			file.Name(), stat.Mode, stat.Uid, own)
	}
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrClaimed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	return nil
}

func leadsTo(path string, file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, named)
}
