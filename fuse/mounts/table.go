package mounts

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// Entry is one line of /proc/thread-self/mountinfo (proc_pid_mountinfo(5)).
type Entry struct {
	ID     int    // unique among the mounts that exist now
	Device string // "major:minor" of the file system, the same for all its mounts
	Root   string // the path inside the file system that is mounted
	Point  string // where, seen from this process's root
	Type   string // with its subtype, as in "fuse.ktcpvs"
	Source string
}

// Table lists the mounts of the calling thread's mount namespace, parents
// before children.
func Table() ([]Entry, error) {
	file, err := os.Open("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(file)
}

func read(text io.Reader) ([]Entry, error) {
	list, err := mountinfo.GetMountsFromReader(text, nil)
	if err != nil {
		return nil, fmt.Errorf("mountinfo: %w", err)
	}
	table := make([]Entry, len(list))
	for i, m := range list {
		table[i] = Entry{
			ID:     m.ID,
			Device: fmt.Sprintf("%d:%d", m.Major, m.Minor),
			Root:   m.Root,
			Point:  m.Mountpoint,
			Type:   m.FSType,
			Source: m.Source,
		}
	}
	return table, nil
}

// At is the mount that path, an absolute path without symbolic links, leads to:
// the topmost one if several are stacked. path is itself a mount point if
// Entry.Point equals it.
func At(path string) (Entry, error) {
	const tries = 100
	for range tries {
		entry, found, err := at(path)
		if found || err != nil {
			return entry, err
		}
		// Somebody else has taken away just the mount that path led to.
	}
	return Entry{}, fmt.Errorf("%s: its mount is not in /proc/thread-self/mountinfo", path)
}

func at(path string) (entry Entry, found bool, err error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return Entry{}, false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	id, err := mountID(fd)
	if err != nil {
		return Entry{}, false, err
	}
	table, err := Table()
	if err != nil {
		return Entry{}, false, err
	}
	for _, entry := range table {
		if entry.ID == id {
			return entry, true, nil
		}
	}
	return Entry{}, false, nil
}

// mountID reads the mnt_id line of /proc/self/fdinfo, which, unlike statx's
// STATX_MNT_ID, kernels before 5.8 have too.
func mountID(fd int) (int, error) {
	name := "/proc/thread-self/fdinfo/" + strconv.Itoa(fd)
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.Atoi(strings.TrimSpace(value))
		}
	}
	return 0, fmt.Errorf("%s: no mnt_id line", name)
}
