package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func text(n int) []byte { return fmt.Appendf(nil, "Virtual s%d {\n    state = running\n}\n", n) }

// tables writes states 1 to n into a directory.
func tables(t *testing.T, d *Dir, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		if err := d.Write(&State{Generation: uint64(i), Config: "abc", Text: text(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func openDir(t *testing.T, path string) (*Dir, []Damage) {
	t.Helper()
	d, damages, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, damages
}

// holds checks which table a directory gives.
func holds(t *testing.T, d *Dir, n int) {
	t.Helper()
	s, ok := d.Last()
	if n == 0 {
		if ok {
			t.Errorf("table %d is there, expected none", s.Generation)
		}
		return
	}
	if !ok || s.Generation != uint64(n) || s.Config != "abc" || string(s.Text) != string(text(n)) {
		t.Errorf("got %v, %+v with text %q, expected table %d", ok, s, s.Text, n)
	}
}

func TestTheLastTableIsThereAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "var/ktcpvs")
	for n := range 8 {
		d, damages := openDir(t, path)
		if len(damages) != 0 {
			t.Errorf("damage: %+v", damages)
		}
		holds(t, d, n)
		if err := d.Write(&State{Generation: uint64(n + 1), Config: "abc", Text: text(n + 1)}); err != nil {
			t.Fatal(err)
		}
		d.Close()
	}
	files, _ := os.ReadDir(path)
	for _, f := range files {
		if info, _ := f.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
	}
	if len(files) != slots+1 {
		t.Errorf("%d files in the directory, expected %d tables and a mark", len(files), slots)
	}
}

func TestADamagedTableIsSetAsideAndTheOneBeforeIsUsed(t *testing.T) {
	for name, spoil := range map[string]func(path string, content []byte) error{
		"a bit": func(path string, c []byte) error { c[len(c)/100] ^= 4; return os.WriteFile(path, c, 0o600) },
		"cut":   func(path string, c []byte) error { return os.Truncate(path, 90) },
		"empty": func(path string, c []byte) error { return os.Truncate(path, 0) },
		"other": func(path string, c []byte) error { return os.WriteFile(path, []byte("Virtual a {}\n"), 0o600) },
		"too long": func(path string, c []byte) error {
			return os.WriteFile(path, []byte("# ktcpvs table 1 number 9 generation 9 config none bytes 9999999999 crc32c 00000000\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			d, _ := openDir(t, path)
			tables(t, d, 5)
			d.Close()
			last := filepath.Join(path, "table.1") // 5 after 0, 1, 2, 0
			content, err := os.ReadFile(last)
			if err != nil || !strings.Contains(string(content), "Virtual s5 ") {
				t.Fatalf("%s holds %q, %v", last, content, err)
			}
			if err := spoil(last, content); err != nil {
				t.Fatal(err)
			}

			d, damages := openDir(t, path)
			holds(t, d, 4)
			if len(damages) != 1 || !damages[0].Lost || damages[0].Err == nil {
				t.Fatalf("damage: %+v", damages)
			}
			if name != "empty" && (damages[0].Was != last || damages[0].Path != last+".damaged") {
				t.Errorf("damage: %+v", damages[0])
			}
			if _, err := os.Stat(damages[0].Path); err != nil {
				t.Error(err)
			}
			// Another table can be written, and counts.
			if err := d.Write(&State{Generation: 6, Config: "abc", Text: text(6)}); err != nil {
				t.Fatal(err)
			}
			d.Close()
			d, damages = openDir(t, path)
			holds(t, d, 6)
			if len(damages) != 0 {
				t.Errorf("damage: %+v", damages)
			}
		})
	}
}

func TestATableThatIsRefusedLeavesTheOneBefore(t *testing.T) {
	path := t.TempDir()
	d, _ := openDir(t, path)
	tables(t, d, 3)
	d.Close()
	d, _ = openDir(t, path)
	damage, err := d.Refuse(errors.New("no such scheduler"))
	if err != nil || damage.Path != filepath.Join(path, "table.2.damaged") || !damage.Lost {
		t.Errorf("got %+v, %v", damage, err)
	}
	holds(t, d, 2)
	d.Close()
	d, damages := openDir(t, path)
	holds(t, d, 2)
	if len(damages) != 0 {
		t.Errorf("damage: %+v", damages)
	}
	for range 2 {
		d.Refuse(nil)
	}
	if _, err := d.Refuse(nil); err == nil {
		t.Error("a table can be refused that is not there")
	}
	holds(t, d, 0)
}

func TestADirectoryIsOneDaemons(t *testing.T) {
	path := t.TempDir()
	openDir(t, path)
	_, _, err := Open(path)
	want := fmt.Sprintf("state directory: %s is another daemon's (process %d)", path, os.Getpid())
	if err == nil || err.Error() != want {
		t.Errorf("got %v, expected %s", err, want)
	}
}

func TestADirectoryThatOthersWriteToIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), "has mode 0777, expected that only its owner may write there") {
		t.Errorf("got %v", err)
	}
	os.Chmod(path, 0o700)
	if err := unix.Mkfifo(filepath.Join(path, "table.0"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), "table.0 is no regular file but") {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(path, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(file); err == nil || !strings.Contains(err.Error(), "cannot make the state directory") {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatWasRemovedTakesNoTable(t *testing.T) {
	path := t.TempDir()
	d, _ := openDir(t, path)
	tables(t, d, 3)
	if err := os.Remove(filepath.Join(path, "table.0")); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(&State{Text: text(4)}); err == nil || !strings.Contains(err.Error(), "was removed while the daemon ran") {
		t.Errorf("got %v", err)
	}
}
