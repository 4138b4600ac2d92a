package state

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ownDirectory refuses a directory that others may put files in.
func ownDirectory(dir *os.File) error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &stat); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	switch {
	case int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d, expected %d", dir.Name(), stat.Uid, os.Geteuid())
	case stat.Mode&0o022 != 0:
		return fmt.Errorf("%s has mode %04o, expected that only its owner may write there: chmod go-w", dir.Name(), stat.Mode&0o7777)
	}
	return nil
}

// holder says which process has the directory, if that can be known.
func (d *Dir) holder() string {
	text, _ := os.ReadFile(filepath.Join(d.path, markName))
	var number uint64
	var pid int
	if _, err := fmt.Sscanf(string(text), markForm, &number, &pid); err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
