package mounts

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

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

// Table lists the mounts of the calling process's mount namespace, parents
// before children.
func Table() ([]Entry, error) {
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads the text of a mountinfo file. A line that does not have the
// documented fields is an error which shows it; the cost is linear.
func Parse(text []byte) ([]Entry, error) {
	var table []Entry
	for line := range bytes.Lines(text) {
		entry, ok := parseLine(strings.TrimSuffix(string(line), "\n"))
		if !ok {
			return nil, fmt.Errorf("mountinfo: %q is not a mount line", line)
		}
		table = append(table, entry)
	}
	return table, nil
}

// parseLine splits "ID parent major:minor root point options tag... - type source options".
func parseLine(line string) (Entry, bool) {
	fields := strings.Split(line, " ")
	dash := -1
	for i := 6; i < len(fields); i++ {
		if fields[i] == "-" {
			dash = i
			break
		}
	}
	if dash < 0 || len(fields) < dash+3 {
		return Entry{}, false
	}
	id, err := strconv.Atoi(fields[0])
	if err != nil {
		return Entry{}, false
	}
	return Entry{
		ID:     id,
		Device: fields[2],
		Root:   unescape(fields[3]),
		Point:  unescape(fields[4]),
		Type:   fields[dash+1],
		Source: unescape(fields[dash+2]),
	}, true
}

// unescape undoes the kernel's \ooo for blanks and backslashes.
func unescape(field string) string {
	if !strings.Contains(field, `\`) {
		return field
	}
	var out strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+4 <= len(field) {
			if octal, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(octal))
				i += 3
				continue
			}
		}
		out.WriteByte(field[i])
	}
	return out.String()
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
