package mounts

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Unmount takes the file system with the given device ("major:minor") away from
// path, an absolute path without symbolic links. A mount that is in use, or
// that carries others, is detached at once and ends with its last user, so this
// never waits for anybody. If that file system is no longer mounted there,
// there is nothing to do and no error; if another mount covers it, nothing
// changes and the error names the cover. Needs CAP_SYS_ADMIN, permitted at least.
func Unmount(path, device string) error {
	top, err := At(path)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	if top.Point != path || top.Device != device {
		return covered(path, device)
	}
	err = Privileged(func() error {
		err := unix.Unmount(path, unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, unix.EBUSY) {
			err = unix.Unmount(path, unix.UMOUNT_NOFOLLOW|unix.MNT_DETACH)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot unmount %s: %w", path, Explain(err))
	}
	return nil
}

// covered tells a mount that is gone (no error) from one that another hides.
func covered(path, device string) error {
	table, err := Table()
	if err != nil {
		return err
	}
	hidden := false
	for _, entry := range table {
		if entry.Point != path {
			continue
		}
		if entry.Device == device {
			hidden = true
		} else if hidden {
			return fmt.Errorf("cannot unmount %s: a mount of %s (%s) covers it: unmount that first", path, entry.Source, entry.Type)
		}
	}
	return nil
}

// Explain adds what to do to the errnos that a mount call answers a process
// which may not mount, or a kernel which cannot.
func Explain(err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: mounting needs CAP_SYS_ADMIN: run as root, or use --sysctl-dir=none", err)
	case errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: needs Linux 5.12 or newer", err)
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%w: the kernel lacks this file system: load its module (modprobe fuse)", err)
	}
	return err
}
