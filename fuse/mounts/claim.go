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
// held, otherwise the one from opening.
func Claim(path string, flags int) (*os.File, error) {
	const tries = 100
	for range tries {
		file, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			file.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				err = ErrClaimed
			}
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		// The holder before us may have removed or covered what was opened.
		if leadsTo(path, file) {
			return file, nil
		}
		file.Close()
	}
	return nil, fmt.Errorf("%s: keeps being replaced: %w", path, ErrClaimed)
}

func leadsTo(path string, file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, named)
}
