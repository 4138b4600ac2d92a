package control

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"ktcpvs/daemon/journal"
)

// listing is lines of an entry, of which there may be more than are kept.
type listing struct {
	lines []string
	more  int
}

func (l *listing) add(format string, args ...any) {
	if len(l.lines) == journal.MostLines-1 {
		l.more++
		return
	}
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *listing) all() []string {
	if l.more > 0 {
		return append(slices.Clip(l.lines), fmt.Sprintf("... and %d more", l.more))
	}
	return l.lines
}

// difference is what is not the same in two pictures.
type difference struct {
	services      []string
	before, after listing
}

func (d *difference) empty() bool { return len(d.services)+len(d.before.lines)+len(d.after.lines) == 0 }

// compare finds what has changed.
func compare(was, is *picture) *difference {
	d := &difference{}
	for _, name := range sortedKeys(is.knobs) {
		if was.knobs[name] != is.knobs[name] {
			d.before.add("%s = %d", name, was.knobs[name])
			d.after.add("%s = %d", name, is.knobs[name])
		}
	}
	for _, name := range was.loaded {
		if !slices.Contains(is.loaded, name) {
			d.before.add("module %s", name)
		}
	}
	for _, name := range is.loaded {
		if !slices.Contains(was.loaded, name) {
			d.after.add("module %s", name)
		}
	}
	for _, svc := range was.snapshot.Services {
		now := is.snapshot.Lookup(svc.Name)
		if now == svc && was.services[svc].state == is.services[now].state {
			continue
		}
		d.services = append(d.services, svc.Name)
		var after []byte
		if now != nil {
			after = is.services[now].text
		}
		d.service(svc.Name, was.services[svc].text, after)
	}
	for _, svc := range is.snapshot.Services {
		if was.snapshot.Lookup(svc.Name) == nil {
			d.services = append(d.services, svc.Name)
			d.service(svc.Name, nil, is.services[svc].text)
		}
	}
	return d
}

func sortedKeys(m map[string]int32) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// service compares a service's blocks line by line. One that is new, or gone, is
// written whole.
func (d *difference) service(name string, was, is []byte) {
	before, after := slices.Collect(bytes.Lines(was)), slices.Collect(bytes.Lines(is))
	for len(before) > 0 && len(after) > 0 && bytes.Equal(before[0], after[0]) {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && bytes.Equal(before[len(before)-1], after[len(after)-1]) {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	if len(before)+len(after) == 0 {
		return
	}
	there := map[string]int{}
	for _, line := range after {
		there[string(line)]++
	}
	gone, new := 0, 0
	for _, line := range before {
		if there[string(line)] > 0 {
			there[string(line)]--
			continue
		}
		gone++
		d.before.add("%s: %s", name, strings.TrimSpace(string(line)))
	}
	for _, line := range after {
		if there[string(line)] == 0 {
			continue
		}
		there[string(line)]--
		new++
		d.after.add("%s: %s", name, strings.TrimSpace(string(line)))
	}
	if gone+new == 0 {
		d.after.add("%s: its servers or rules are in another order", name)
	}
}
