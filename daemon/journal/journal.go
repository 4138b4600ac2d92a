package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// fileBytes is how long a file may become, and half of what is held in memory.
const fileBytes = 1 << 20

// Journal may be used by any goroutine.
type Journal struct {
	most int // fileBytes

	mu     sync.Mutex
	number uint64   // of the last entry
	lines  [][]byte // the last entries, as they are written, without the line's end
	bytes  int      // of lines

	files  [2]*os.File // nil: in memory only
	active int         // the one that is written to
	length int64       // of the active one
}

// New makes a journal in memory.
func New() *Journal { return &Journal{most: fileBytes} }

// Open opens a directory's journal, and makes it if it is not there. What stands
// in its files and is no entry is left out.
func Open(dir string) (*Journal, error) { return open(dir, fileBytes) }

func open(dir string, most int) (*Journal, error) {
	j := &Journal{most: most}
	var entries [2]content
	for i := range j.files {
		path := filepath.Join(dir, fmt.Sprintf("journal.%d", i))
		f, err := openFile(path)
		if err != nil {
			j.Close()
			return nil, fmt.Errorf("cannot open the journal: %w", err)
		}
		j.files[i] = f
		if entries[i], err = readFile(f); err != nil {
			j.Close()
			return nil, fmt.Errorf("cannot read the journal: %w", err)
		}
	}
	if entries[1].last > entries[0].last {
		j.active = 1
	}
	for _, i := range []int{1 - j.active, j.active} {
		for _, line := range entries[i].lines {
			j.hold(line)
		}
		j.number = max(j.number, entries[i].last)
	}
	j.length = entries[j.active].length
	return j, nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is no regular file, expected one: remove it", path))
	}
	return f, nil
}

// content is what a file holds.
type content struct {
	lines  [][]byte // its entries
	last   uint64   // the number of the last of them
	length int64    // of all whole lines
}

// readFile reads a file, and takes away a last line that was cut short.
func readFile(f *os.File) (c content, err error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return c, err
	}
	for line := range bytes.Lines(text) {
		whole, found := bytes.CutSuffix(line, []byte("\n"))
		if !found {
			break
		}
		c.length += int64(len(line))
		var e Entry
		if json.Unmarshal(whole, &e) == nil && e.Number > c.last {
			c.lines, c.last = append(c.lines, whole), e.Number
		}
	}
	return c, f.Truncate(c.length)
}

// hold keeps a line in memory.
func (j *Journal) hold(line []byte) {
	j.lines = append(j.lines, line)
	j.bytes += len(line)
	drop := 0
	for ; j.bytes > 2*j.most; drop++ {
		j.bytes -= len(j.lines[drop])
	}
	j.lines = j.lines[drop:]
}

// Record adds an entry, whose Number it gives. The error is the file's: the entry
// is held in memory all the same.
func (j *Journal) Record(e Entry) (uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e = e.bounded()
	j.number++
	e.Number = j.number
	line, err := json.Marshal(e)
	if err != nil {
		return e.Number, err
	}
	j.hold(line)
	return e.Number, j.write(append(line, '\n'))
}

// write appends a line to the active file, or begins the other one with it.
func (j *Journal) write(line []byte) error {
	if j.files[0] == nil {
		return nil
	}
	if j.length > 0 && j.length+int64(len(line)) > int64(j.most) {
		if err := j.files[1-j.active].Truncate(0); err != nil {
			return err
		}
		j.active, j.length = 1-j.active, 0
	}
	if _, err := j.files[j.active].WriteAt(line, j.length); err != nil {
		return err // the next entry goes over what was written of it
	}
	j.length += int64(len(line))
	return nil
}

// Last gives the last n entries about a service, "" for whichever, the oldest
// first.
func (j *Journal) Last(service string, n int) []Entry {
	j.mu.Lock()
	lines := slices.Clone(j.lines)
	j.mu.Unlock()
	var entries []Entry
	for _, line := range slices.Backward(lines) {
		if len(entries) >= n {
			break
		}
		var e Entry
		if json.Unmarshal(line, &e) == nil && e.about(service) {
			entries = append(entries, e)
		}
	}
	slices.Reverse(entries)
	return entries
}

// Close closes the files.
func (j *Journal) Close() {
	for _, f := range j.files {
		if f != nil {
			f.Close()
		}
	}
}
