package arena

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Resident is how many bytes of memory the daemon has at the moment.
func (d *Daemon) Resident() int64 {
	d.t.Helper()
	path := fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid)
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(line, []byte("VmRSS:")); found {
			kilobytes, err := strconv.ParseInt(string(bytes.Fields(value)[0]), 10, 64)
			if err != nil {
				d.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	d.t.Fatalf("%s has no VmRSS", path)
	return 0
}

// Descriptors is how many files the daemon has open.
func (d *Daemon) Descriptors() int {
	d.t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	return len(entries)
}

// LimitDescriptors sets how many files the daemon may have open.
func (d *Daemon) LimitDescriptors(n int) {
	d.t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		d.t.Fatal(err)
	}
	limit := unix.Rlimit{Cur: uint64(n), Max: old.Max}
	if err := unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		d.t.Fatal(err)
	}
}
