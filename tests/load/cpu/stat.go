package cpu

import (
	"bytes"
	"fmt"
	"strconv"
)

// Stat is what this package needs of a line of /proc/PID/stat (proc_pid_stat(5)).
type Stat struct {
	PID, Parent  int
	User, System uint64 // clock ticks, of all the process's threads
}

// ParseStat reads the text of /proc/PID/stat. The command name stands in
// parentheses and may itself hold blanks and parentheses, so fields are counted
// from the last closing one. It returns an error that names the missing or
// malformed field; the cost is linear in the text.
func ParseStat(text []byte) (Stat, error) {
	var s Stat
	opening, closing := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if opening < 0 || closing < opening {
		return s, fmt.Errorf("process stat %q: expected a command name in parentheses", text)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text[:opening])))
	if err != nil {
		return s, fmt.Errorf("process stat %q: expected a process id first", text)
	}
	s.PID = pid
	fields := bytes.Fields(text[closing+1:]) // fields[0] is the state, field 3 of the manual
	const parent, user, system = 4 - 3, 14 - 3, 15 - 3
	if len(fields) <= system {
		return s, fmt.Errorf("process stat %q: expected at least %d fields after the name, found %d", text, system+1, len(fields))
	}
	if s.Parent, err = strconv.Atoi(string(fields[parent])); err != nil {
		return s, fmt.Errorf("process stat: parent %q: expected a number", fields[parent])
	}
	if s.User, err = strconv.ParseUint(string(fields[user]), 10, 64); err != nil {
		return s, fmt.Errorf("process stat: utime %q: expected a number", fields[user])
	}
	if s.System, err = strconv.ParseUint(string(fields[system]), 10, 64); err != nil {
		return s, fmt.Errorf("process stat: stime %q: expected a number", fields[system])
	}
	return s, nil
}
