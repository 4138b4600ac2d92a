package state

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// file is what is done to a file that stays open.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error         // what was written is on the disk
	Links() (int, error) // names that the file has
	Length() (int64, error)
	Close() error
}

// diskFile is a file of the system's.
type diskFile struct{ *os.File }

// openFile opens a file of the directory, and makes it if it is not there.
func openFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link, expected a regular file: remove it", path)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file but %v, expected one: remove it", path, info.Mode())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return diskFile{f}, nil
}

// Sync leaves out what reading the file does not need, such as when it was written.
func (f diskFile) Sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

func (f diskFile) Links() (int, error) {
	var stat unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &stat)
	return int(stat.Nlink), os.NewSyscallError("fstat", err)
}

func (f diskFile) Length() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// readAll gives a file's content.
func readAll(f file) ([]byte, error) {
	length, err := f.Length()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, 0, length))
}
