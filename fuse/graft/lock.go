package graft

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/mounts"
)

// Who starts, undoes or lives holds a lock, and the lock is where nobody but root
// can be: a user who may open a file may lock it, and keep every daemon from
// its place.

const (
	// lockFile is in the tmpfs's own directory of that name, which the FUSE mount
	// covers: who may copy mounts finds it, without asking FUSE.
	lockFile = curtain + "/lock"

	// starters is a file of procfs that root alone may open: there is no other place
	// in sight of just those who see the same /proc/sys/net.
	starters = "/proc/sys/kernel/usermodehelper/bset"
)

// makeLock makes the lock of a new graft and takes it.
func (s *staged) makeLock() (err error) {
	const flags = unix.O_RDWR | unix.O_CREAT | unix.O_EXCL
	if s.lock, err = openLock(s.names, flags); err != nil {
		return err
	}
	return mounts.Lock(s.lock)
}

func openLock(tmpfs *os.File, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(tmpfs.Fd()), lockFile, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: netDir + "/" + lockFile, Err: err}
	}
	return os.NewFile(uintptr(fd), netDir+"/"+lockFile), nil
}

// claimStarters takes the lock of those who start or undo, so that they come one
// after the other. Where the kernel lacks that file, or root of a user namespace
// may not open it, there is none (nil); who starts two daemons at the same moment
// there may see one cover the other.
func claimStarters() (*os.File, error) {
	place, err := mounts.Claim(starters, unix.O_RDONLY)
	if errors.Is(err, mounts.ErrClaimed) {
		return nil, fmt.Errorf("%w: it is just starting or stopping", ErrAlive)
	}
	if err != nil {
		return nil, nil
	}
	return place, nil
}

// isStale tells whether the process is gone whose graft entry is, by the lock that
// it held.
func isStale(entry mounts.Entry) (bool, error) {
	var tree int
	err := mounts.Privileged(func() (err error) {
		tree, err = unix.OpenTree(unix.AT_FDCWD, netDir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("cannot look behind the mounts of %s: %w", netDir, mounts.Explain(err))
	}
	tmpfs := os.NewFile(uintptr(tree), netDir)
	defer tmpfs.Close()
	lock, err := openLock(tmpfs, unix.O_RDONLY)
	if errors.Is(err, unix.ENOENT) {
		return false, fmt.Errorf("%s carries the graft of another version of ktcpvsd (%s): stop that, or umount %s", netDir, entry.Source, netDir)
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	err = mounts.Lock(lock)
	if errors.Is(err, mounts.ErrClaimed) {
		return false, nil
	}
	return err == nil, err
}
