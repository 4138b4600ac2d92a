package graft

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// relinkEvery is how often the names are compared with procfs, which tells
// nobody about a new one.
const relinkEvery = 2 * time.Second

// relink makes the links those of the names that procfs has now. It needs no
// capability, only to be the tmpfs's owner.
func (s *staged) relink() error {
	wanted, err := list(s.procfs, "sys/net")
	if err != nil {
		return err
	}
	present, err := list(s.names, ".")
	if err != nil {
		return err
	}
	if wanted[name] {
		return fmt.Errorf("%s/%s exists: the kernel's own ktcpvs is loaded", netDir, name)
	}
	wanted[curtain], wanted[name] = true, true
	at := int(s.names.Fd())
	for link := range wanted {
		if present[link] {
			continue
		}
		if err := unix.Symlinkat(curtain+"/"+oldNet+"/"+link, at, link); err != nil {
			return fmt.Errorf("cannot link %s: %w", link, err)
		}
	}
	for link := range present {
		if wanted[link] {
			continue
		}
		if err := unix.Unlinkat(at, link, 0); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("cannot unlink %s: %w", link, err)
		}
	}
	return nil
}

// list is the set of names in the directory path below dir.
func list(dir *os.File, path string) (map[string]bool, error) {
	fd, err := unix.Openat(int(dir.Fd()), path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	opened := os.NewFile(uintptr(fd), path)
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(names))
	for _, entry := range names {
		set[entry] = true
	}
	return set, nil
}
