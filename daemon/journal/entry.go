package journal

import (
	"fmt"
	"slices"
	"time"
)

// Entry is one change, or the changes of one batch.
type Entry struct {
	Number     uint64    `json:"number"`     // counted from 1
	Generation uint64    `json:"generation"` // of the table, after the change
	Time       time.Time `json:"time"`

	// Way is how it came: netlink, sysctl, config, restore or unload.
	Way string `json:"way"`
	Who

	Services []string `json:"services,omitempty"` // that it touched
	Changes  []string `json:"changes"`            // what was asked for
	Before   []string `json:"before,omitempty"`   // lines of the table that are no more
	After    []string `json:"after,omitempty"`    // lines that are new
}

// Who is the process that asked.
type Who struct {
	UID     uint32  `json:"uid"`
	PID     int32   `json:"pid"`             // 0: not seen from here
	Login   *uint32 `json:"login,omitempty"` // the user of the login session, as audit has it
	Program string  `json:"program,omitempty"`
}

const (
	// MostLines bounds each list of an entry, and mostBytes each line, so that an entry
	// goes into one message of netlink.
	MostLines = 32
	mostBytes = 256
)

// bounded cuts off what a journal of bounded size has no room for.
func (e Entry) bounded() Entry {
	e.Services, e.Changes, e.Before, e.After = cut(e.Services), cut(e.Changes), cut(e.Before), cut(e.After)
	return e
}

// cut leaves of a long list its begin and how many more there were.
func cut(lines []string) []string {
	cutOff := len(lines) - MostLines
	if cutOff <= 0 && !slices.ContainsFunc(lines, tooLong) {
		return lines
	}
	short := slices.Clone(lines[:min(len(lines), MostLines)])
	for i, line := range short {
		if tooLong(line) {
			short[i] = line[:mostBytes] + " ..."
		}
	}
	if cutOff > 0 {
		short = append(short, fmt.Sprintf("... and %d more", cutOff))
	}
	return short
}

func tooLong(line string) bool { return len(line) > mostBytes }

// about reports whether an entry touched the service; "" is whichever. Of one whose
// list of services was cut off that is not known, and it counts as one that did.
func (e *Entry) about(service string) bool {
	return service == "" || len(e.Services) > MostLines || slices.Contains(e.Services, service)
}
