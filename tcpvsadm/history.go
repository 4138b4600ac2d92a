package main

import (
	"fmt"
	"math"
	"time"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// entriesShown is how many changes --history prints when no number is given.
const entriesShown = 20

// history prints who changed what, the oldest first.
func (s *session) history(c *cli.Context) error {
	name, err := ident(c)
	if err != nil {
		return err
	}
	last, err := valueOf(c, optionLast).number(1, math.MaxUint32)
	if err != nil {
		return err
	}
	return s.with(c, func(d daemon) error {
		entries, err := d.History(name, uint32(last))
		if err != nil {
			return err
		}
		var text []byte
		for i := range entries {
			text = appendEntry(text, &entries[i], time.Local)
		}
		_, err = s.out.Write(text)
		return err
	})
}

// appendEntry writes a change: a line of who made it and when, a line for each thing
// that was asked for, and what is no more and what is new, as a difference has it.
func appendEntry(dst []byte, e *proto.Entry, zone *time.Location) []byte {
	dst = fmt.Appendf(dst, "%d generation %d %s %s uid %d", e.Number, e.Generation, e.Time.In(zone).Format("2006-01-02 15:04:05.000 -0700"), e.Way, e.UID)
	if e.HasLogin {
		dst = fmt.Appendf(dst, " login %d", e.Login)
	}
	dst = fmt.Appendf(dst, " pid %d", e.PID)
	if e.Program != "" {
		dst = fmt.Appendf(dst, " %s", e.Program)
	}
	dst = append(dst, '\n')
	for _, list := range []struct {
		sign  string
		lines []string
	}{{" ", e.Changes}, {"-", e.Before}, {"+", e.After}} {
		for _, line := range list.lines {
			dst = fmt.Appendf(dst, "  %s %s\n", list.sign, line)
		}
	}
	return dst
}
