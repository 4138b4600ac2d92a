package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	slots    = 3
	markName = "mark"
	markForm = "number %020d pid %010d\n"
)

// Dir is a state directory that no other daemon uses. One goroutine at a time may
// use it.
type Dir struct {
	path string
	lock *os.File
	open func(path string) (file, error)

	slots  [slots]slot
	mark   file
	number uint64 // the highest that was given out
	buffer []byte
}

// slot is one of the files that tables are written to.
type slot struct {
	path   string
	file   file
	number uint64 // of the table in it; 0 is none that is whole
	length int64
	kept   State
}

// Damage is a file that holds no table that could be used.
type Damage struct {
	Path string // where it is now
	Was  string // where it was found
	Err  error

	// Lost tells that a change may be missing that was acknowledged. Else the file
	// was cut short by the end of a daemon that had acknowledged nothing of it.
	Lost bool
}

// Open makes the directory if it is not there and takes it for this process.
// Damaged files are set aside under another name.
func Open(path string) (*Dir, []Damage, error) { return open(path, openFile) }

func open(path string, with func(string) (file, error)) (*Dir, []Damage, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, nil, fmt.Errorf("cannot make the state directory: %w", err)
	}
	d := &Dir{path: path, open: with}
	damages, err := d.take()
	if err != nil {
		d.Close()
		return nil, nil, fmt.Errorf("state directory: %w", err)
	}
	return d, damages, nil
}

func (d *Dir) take() ([]Damage, error) {
	var err error
	if d.lock, err = os.OpenFile(d.path, os.O_RDONLY|unix.O_DIRECTORY, 0); err != nil {
		return nil, err
	}
	if err := ownDirectory(d.lock); err != nil {
		return nil, err
	}
	if err := unix.Flock(int(d.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is another daemon's%s", d.path, d.holder())
		}
		return nil, fmt.Errorf("cannot lock %s: %w", d.path, err)
	}
	damages, err := d.read()
	if err != nil {
		return nil, err
	}
	// From here on the files are there, and their names are on the disk.
	if err := errors.Join(d.writeMark(), d.mark.Sync(), d.lock.Sync()); err != nil {
		return nil, fmt.Errorf("cannot write to %s: %w", d.path, err)
	}
	return damages, nil
}

// read opens the files and reads what they hold.
func (d *Dir) read() ([]Damage, error) {
	var err error
	if d.mark, err = d.open(filepath.Join(d.path, markName)); err != nil {
		return nil, err
	}
	var wrong [slots]error
	for i := range d.slots {
		d.slots[i].path = filepath.Join(d.path, fmt.Sprintf("table.%d", i))
		if wrong[i], err = d.readSlot(&d.slots[i]); err != nil {
			return nil, err
		}
	}
	marked, unmarked := d.readMark()
	d.number = max(marked, d.newest())
	lost := unmarked != nil || d.newest() < marked
	var damages []Damage
	for i := range d.slots {
		if wrong[i] == nil {
			continue
		}
		damage := Damage{Path: d.slots[i].path, Was: d.slots[i].path, Err: wrong[i], Lost: lost}
		if lost {
			damage.Path, err = d.setAside(&d.slots[i])
		} else {
			err = d.slots[i].file.Truncate(0)
			d.slots[i].length = 0
		}
		if err != nil {
			return nil, err
		}
		damages = append(damages, damage)
	}
	if lost && unmarked == nil && len(damages) == 0 {
		damages = append(damages, Damage{Path: d.path, Was: d.path, Lost: true,
			Err: fmt.Errorf("table %d was written last, and table %d is the last that is there", marked, d.newest())})
	}
	return damages, nil
}

// readSlot opens a file. wrong is what makes its content of no use.
func (d *Dir) readSlot(s *slot) (wrong, err error) {
	if s.file, err = d.open(s.path); err != nil {
		return nil, err
	}
	content, wrong := readAll(s.file)
	s.length = int64(len(content))
	if wrong == nil {
		s.number, s.kept, wrong = parseRecord(content)
	}
	if errors.Is(wrong, errEmpty) {
		wrong = nil
	}
	if wrong != nil {
		s.number, s.kept = 0, State{}
	}
	return wrong, nil
}

// setAside gives a file another name, and its own to a new one.
func (d *Dir) setAside(s *slot) (aside string, err error) {
	aside = s.path + ".damaged"
	if err := os.Rename(s.path, aside); err != nil {
		return "", err
	}
	s.file.Close()
	s.number, s.length, s.kept = 0, 0, State{}
	s.file, err = d.open(s.path)
	return aside, errors.Join(err, d.lock.Sync())
}

// newest is the highest number of a table that is there.
func (d *Dir) newest() uint64 {
	var newest uint64
	for i := range d.slots {
		newest = max(newest, d.slots[i].number)
	}
	return newest
}

func (d *Dir) readMark() (number uint64, wrong error) {
	content, err := readAll(d.mark)
	if err != nil || len(content) == 0 {
		return 0, err
	}
	var pid int
	_, err = fmt.Sscanf(string(content), markForm, &number, &pid)
	return number, err
}

func (d *Dir) writeMark() error {
	_, err := d.mark.WriteAt(fmt.Appendf(nil, markForm, d.newest(), os.Getpid()), 0)
	return err
}

// Last gives the table that was kept last, if there is one.
func (d *Dir) Last() (s State, ok bool) {
	for i := range d.slots {
		if d.slots[i].number != 0 && d.slots[i].number == d.newest() {
			return d.slots[i].kept, true
		}
	}
	return State{}, false
}

// Refuse sets the last table aside, of which the caller can make nothing, so that
// the one before is the last. It is for the start only.
func (d *Dir) Refuse(why error) (Damage, error) {
	for i := range d.slots {
		if s := &d.slots[i]; s.number != 0 && s.number == d.newest() {
			aside, err := d.setAside(s)
			return Damage{Path: aside, Was: s.path, Err: why, Lost: true}, errors.Join(err, d.writeMark())
		}
	}
	return Damage{}, errors.New("no table is kept")
}

// Path is the directory's.
func (d *Dir) Path() string { return d.path }

// Close leaves the directory to others.
func (d *Dir) Close() {
	for i := range d.slots {
		if d.slots[i].file != nil {
			d.slots[i].file.Close()
		}
	}
	if d.mark != nil {
		d.mark.Close()
	}
	if d.lock != nil {
		d.lock.Close()
	}
}
