package state

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// disk counts what is done to its files, and fails from a step on.
type disk struct {
	left  int   // steps that still succeed
	why   error // what the next one fails with
	short bool  // a write that fails has written half
	dead  bool  // nothing at all happens any more: the process has ended
}

type faultyFile struct {
	file
	disk *disk
}

func (d *disk) open(path string) (file, error) {
	f, err := openFile(path)
	return &faultyFile{f, d}, err
}

func (d *disk) step() error {
	if d.left > 0 {
		d.left--
		return nil
	}
	return d.why
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	err := f.disk.step()
	if err == nil {
		return f.file.WriteAt(b, off)
	}
	if f.disk.short {
		f.disk.short = false
		f.file.WriteAt(b[:len(b)/2], off)
	}
	return 0, err
}

func (f *faultyFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(n int64) error {
	if err := f.disk.step(); err != nil && f.disk.dead {
		return err // else that a file becomes shorter works on a full disk too
	}
	return f.file.Truncate(n)
}

// TestAWriteThatFailsAtAnyStepChangesNothing has the disk full, or the process
// ended, at each step of each of many writes.
func TestAWriteThatFailsAtAnyStepChangesNothing(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for _, short := range []bool{false, true} {
			for steps := range 40 {
				path := filepath.Join(t.TempDir(), "state")
				d := &disk{left: 1 << 30, why: unix.ENOSPC, short: short, dead: dead}
				dir, _, err := open(path, d.open)
				if err != nil {
					t.Fatal(err)
				}
				d.left = steps
				acknowledged, refused := 0, error(nil)
				for n := 1; n <= 12 && refused == nil; n++ {
					long := text(n)
					for len(long) < n*3000 {
						long = append(long, "# a table that grows\n"...)
					}
					refused = dir.Write(&State{Generation: uint64(n), Text: long})
					if refused == nil {
						acknowledged = n
					}
				}
				if refused != nil && (!errors.Is(refused, unix.ENOSPC) || !strings.Contains(refused.Error(), "cannot keep the change in "+path)) {
					t.Errorf("refused with %v", refused)
				}
				if !dead && refused != nil {
					// Once there is room again, it goes on.
					d.left = 1 << 30
					if err := dir.Write(&State{Generation: uint64(acknowledged + 1), Text: text(acknowledged + 1)}); err != nil {
						t.Fatalf("dead %v, short %v, %d steps: once there is room: %v", dead, short, steps, err)
					}
					acknowledged++
				}
				dir.Close()
				again, damages := openDir(t, path)
				s, ok := again.Last()
				// One that was not acknowledged may be whole when the process ended.
				if is := int(s.Generation); ok != (is > 0) || is < acknowledged || is > acknowledged && !dead {
					t.Errorf("dead %v, short %v, %d steps: table %d is there, expected %d", dead, short, steps, is, acknowledged)
				}
				for _, damage := range damages {
					if damage.Lost {
						t.Errorf("dead %v, short %v, %d steps: a write that was cut short counts as damage: %+v", dead, short, steps, damage)
					}
				}
				again.Close()
			}
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(appendRecord(nil, 3, &State{Generation: 7, Text: text(1)}))
	f.Add(appendRecord(nil, 1<<63, &State{Config: strings.Repeat("f", 64)}))
	f.Fuzz(func(t *testing.T, content []byte) {
		number, s, err := parseRecord(content)
		if err != nil {
			return
		}
		again, same, err := parseRecord(appendRecord(nil, number, &s))
		if err != nil || again != number || string(same.Text) != string(s.Text) || same.Generation != s.Generation || same.Config != s.Config {
			t.Errorf("%d %+v became %d %+v, %v", number, s, again, same, err)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	d, _, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	s := &State{Text: []byte(strings.Repeat("    server = 10.0.0.1:80 1\n", 100))}
	for b.Loop() {
		if err := d.Write(s); err != nil {
			b.Fatal(err)
		}
	}
}
