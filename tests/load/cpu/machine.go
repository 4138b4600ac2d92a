package cpu

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of /proc/stat: USER_HZ is 100 for every Linux program.
const tick = 10 * time.Millisecond

// Busy is how long the given cores together have not been idle since the
// machine started, whoever used them, a hypervisor included.
func Busy(cores ...int) (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, core := range cores {
		busy, err := parseBusy(text, core)
		if err != nil {
			return 0, err
		}
		sum += busy
	}
	return sum, nil
}

// parseBusy reads a core's line of /proc/stat (proc_stat(5)): user, nice,
// system, idle, iowait, irq, softirq, steal; guest time is part of user. It
// returns an error that names the core whose line is missing or malformed; the
// cost is linear in the text.
func parseBusy(text []byte, core int) (time.Duration, error) {
	const idle, iowait, steal = 4, 5, 8
	name := "cpu" + strconv.Itoa(core)
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) <= steal || string(fields[0]) != name {
			continue
		}
		var busy time.Duration
		for i, field := range fields[:steal+1] {
			if i == 0 || i == idle || i == iowait {
				continue
			}
			ticks, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc/stat: %s: %q: expected a number", name, field)
			}
			busy += time.Duration(ticks) * tick
		}
		return busy, nil
	}
	return 0, fmt.Errorf("/proc/stat: expected a line %s with at least %d numbers", name, steal)
}
