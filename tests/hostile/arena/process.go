package arena

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/load/cpu"
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

// Processor is how much processor time the daemon has had.
func (d *Daemon) Processor() time.Duration {
	d.t.Helper()
	used, err := cpu.Read([]int{d.cmd.Process.Pid})
	if err != nil {
		d.t.Fatal(err)
	}
	return used.Total
}

// Descriptors is how many files the daemon has open.
func (d *Daemon) Descriptors() int {
	d.t.Helper()
	return len(d.descriptors())
}

// PipeEnds is how many of them are ends of pipes.
func (d *Daemon) PipeEnds() (n int) {
	d.t.Helper()
	for fd := range d.descriptors() {
		// One that has been closed since then is none.
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", d.cmd.Process.Pid, fd))
		if strings.HasPrefix(to, "pipe:") {
			n++
		}
	}
	return n
}

// descriptors are the numbers of the files that the daemon has open.
func (d *Daemon) descriptors() map[int]bool {
	d.t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	open := map[int]bool{}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			d.t.Fatal(err)
		}
		open[fd] = true
	}
	return open
}

// LeaveDescriptors sets the limit of open files so that the daemon can open so
// many more. The kernel's limit is on their numbers, between which there may be
// free ones.
func (d *Daemon) LeaveDescriptors(n int) {
	d.t.Helper()
	open, limit := d.descriptors(), 0
	for ; n > 0 || open[limit]; limit++ {
		if !open[limit] {
			n--
		}
	}
	var old unix.Rlimit
	if err := unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		d.t.Fatal(err)
	}
	if err := unix.Prlimit(d.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(limit), Max: old.Max}, nil); err != nil {
		d.t.Fatal(err)
	}
}
