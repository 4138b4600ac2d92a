package state

import (
	"errors"
	"fmt"
	"os"
)

// Write keeps a state: when it returns nil, what Last gives after any end of the
// process or the machine is this state or a later one. After an error it is the
// state before, and the error has the reason.
func (d *Dir) Write(s *State) error {
	oldest := &d.slots[0]
	for i := range d.slots {
		if d.slots[i].number < oldest.number {
			oldest = &d.slots[i]
		}
	}
	d.buffer = appendRecord(d.buffer[:0], d.number+1, s)
	if err := oldest.write(d.buffer); err != nil {
		// What may have come to the disk must not be taken for the last table.
		oldest.number, oldest.length = 0, -1
		if oldest.file.Truncate(0) == nil {
			oldest.length = 0
		}
		return fmt.Errorf("cannot keep the change in %s: %w", oldest.path, reason(err))
	}
	d.number++
	oldest.number, oldest.kept = d.number, State{}
	_ = d.writeMark() // the table is kept without it; only damage would be taken for less than it is
	return nil
}

// write puts a table in place of the one that the file holds.
func (s *slot) write(content []byte) error {
	if links, err := s.file.Links(); err != nil {
		return err
	} else if links == 0 {
		return errors.New("the file was removed while the daemon ran: save the table (tcpvsadm -S), restart the daemon, and load it again")
	}
	s.number = 0
	if length := int64(len(content)); length != s.length {
		if err := s.file.Truncate(length); err != nil {
			return err
		}
		s.length = length
	}
	if _, err := s.file.WriteAt(content, 0); err != nil {
		return err
	}
	return s.file.Sync()
}

// reason leaves out of a file's error the path, which the message has.
func reason(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}
