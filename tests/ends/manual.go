package ends

import (
	"fmt"
	"os"
	"strings"
)

// verdicts are the two words of a cell: what the receiver sees and what the
// sender does. A dash is nothing that would have to do with the event.
type verdicts struct{ receiver, sender string }

// manual is the table by event and by kind of stream.
type manual map[string]map[string]verdicts

// readManual reads the table that stands under ENDS.
func readManual(file string) (manual, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	_, section, found := strings.Cut(string(text), "\n.Sh ENDS\n")
	if !found {
		return nil, fmt.Errorf("%s has no section ENDS", file)
	}
	section, _, _ = strings.Cut(section, "\n.Sh ")
	var columns []string
	table := manual{}
	for line := range strings.Lines(section) {
		row, is := strings.CutPrefix(strings.TrimSpace(line), ".It ")
		if !is || !strings.Contains(row, " Ta ") {
			continue
		}
		cells := strings.Split(row, " Ta ")
		if columns == nil {
			columns = cells
			continue
		}
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("%s: %q has %d cells, expected %d", file, line, len(cells), len(columns))
		}
		event := map[string]verdicts{}
		for i, cell := range cells[1:] {
			if cell == "-" {
				continue // there is no such thing
			}
			receiver, sender, found := strings.Cut(cell, " / ")
			if !found {
				return nil, fmt.Errorf("%s: %q is not what a receiver and a sender see", file, cell)
			}
			event[columns[i+1]] = verdicts{receiver, sender}
		}
		table[cells[0]] = event
	}
	return table, nil
}
