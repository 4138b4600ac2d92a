package steady

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what the processors that this process may run on have done so far.
type usage struct {
	busy      time.Duration // for programs and the kernel's work for them
	stolen    time.Duration // by the host of a virtual machine
	own       time.Duration // by this process and those that it has started
	others    time.Duration // by all other processes that can be seen
	throttled time.Duration // by the limit of the control group

	each map[int]process
}

// unseen is what nobody that can be seen has used.
func (u usage) unseen() time.Duration { return u.busy - u.own - u.others }

// since is what has been used since then.
func (u usage) since(then usage) usage {
	own, before := family(u.each), family(then.each)
	d := usage{busy: u.busy - then.busy, stolen: u.stolen - then.stolen, throttled: u.throttled - then.throttled}
	add := func(ours bool, spent time.Duration) {
		if ours {
			d.own += spent
		} else {
			d.others += spent
		}
	}
	for pid, p := range u.each {
		if !p.kernel { // those work for whoever wants something of them
			add(own[pid], p.spent-then.each[pid].spent)
		}
	}
	// One that has ended since then is all its parent's now, with what was before.
	for pid, p := range then.each {
		if !p.kernel && !u.each[pid].known {
			add(before[pid], -p.spent)
		}
	}
	d.own, d.others = max(d.own, 0), max(d.others, 0)
	return d
}

// process is one of the machine's.
type process struct {
	known, kernel bool
	parent        int
	spent         time.Duration // by itself and by the children that have ended
}

// tick is the unit of /proc's times: USER_HZ is 100 on every architecture of Go's.
const tick = 10 * time.Millisecond

// use reads the machine's state. What cannot be read counts as nothing.
func use() usage {
	u := usage{each: map[int]process{}}
	stat, _ := os.ReadFile("/proc/stat")
	u.busy, u.stolen = processors(stat, allowed())
	u.throttled = throttled()
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// One that has ended since then is counted by its parent.
		if text, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat")); err == nil {
			u.each[pid] = parseProcess(text)
		}
	}
	return u
}

// allowed tells which processors this process may run on.
func allowed() func(int) bool {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return func(int) bool { return true }
	}
	return set.IsSet
}

// processors adds up /proc/stat's lines of the processors that count.
func processors(stat []byte, counts func(int) bool) (busy, stolen time.Duration) {
	for line := range bytes.Lines(stat) {
		f := strings.Fields(string(line))
		if len(f) < 9 || !strings.HasPrefix(f[0], "cpu") {
			continue
		}
		n, err := strconv.Atoi(f[0][len("cpu"):])
		if err != nil || !counts(n) {
			continue
		}
		busy += ticks(f[1]) + ticks(f[2]) + ticks(f[3]) // user, nice, system
		stolen += ticks(f[8])
	}
	return busy, stolen
}

// parseProcess reads /proc/PID/stat, see proc_pid_stat(5).
func parseProcess(text []byte) process {
	const kernelThread = 0x00200000 // PF_KTHREAD
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return process{}
	}
	f := strings.Fields(string(text[end+1:]))
	if len(f) < 15 {
		return process{}
	}
	parent, _ := strconv.Atoi(f[1])
	flags, _ := strconv.ParseUint(f[6], 10, 64)
	return process{true, flags&kernelThread != 0, parent, ticks(f[11]) + ticks(f[12]) + ticks(f[13]) + ticks(f[14])}
}

// family is this process and all that descend from it.
func family(each map[int]process) map[int]bool {
	own := map[int]bool{os.Getpid(): true}
	for grew := true; grew; {
		grew = false
		for pid, p := range each {
			if own[p.parent] && !own[pid] {
				own[pid], grew = true, true
			}
		}
	}
	return own
}

// throttled is how long the control group has been stopped for having used up
// its share.
func throttled() time.Duration {
	text, _ := os.ReadFile("/sys/fs/cgroup/cpu.stat")
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) == 2 && f[0] == "throttled_usec" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return time.Duration(n) * time.Microsecond
		}
	}
	return 0
}

func ticks(text string) time.Duration {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.Duration(n) * tick
}
