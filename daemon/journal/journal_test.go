package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func entry(n int) Entry {
	login := uint32(1000)
	return Entry{
		Generation: uint64(10 + n), Time: time.Unix(1e9+int64(n), 5).UTC(), Way: "netlink",
		Who:      Who{UID: 0, PID: 4711, Login: &login, Program: "tcpvsadm"},
		Services: []string{fmt.Sprintf("s%d", n%3)}, Changes: []string{fmt.Sprintf("set-dest %d", n)},
		Before: []string{"server = 10.0.0.1:80 1"}, After: []string{fmt.Sprintf("server = 10.0.0.1:80 %d", n)},
	}
}

func record(t *testing.T, j *Journal, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if number, err := j.Record(entry(n)); err != nil || number != uint64(n) {
			t.Fatalf("entry %d: number %d, %v", n, number, err)
		}
	}
}

// numbers are those of entries, which must be what was recorded under them.
func numbers(t *testing.T, entries []Entry) (is []int) {
	t.Helper()
	for _, e := range entries {
		want := entry(int(e.Number))
		want.Number = e.Number
		if !reflect.DeepEqual(e, want) {
			t.Errorf("entry %d is %+v, expected %+v", e.Number, e, want)
		}
		is = append(is, int(e.Number))
	}
	return is
}

func TestTheLastEntriesAreReadBack(t *testing.T) {
	dir := t.TempDir()
	for name, open := range map[string]func() (*Journal, error){
		"in memory": func() (*Journal, error) { return New(), nil },
		"in files":  func() (*Journal, error) { return Open(dir) },
	} {
		j, err := open()
		if err != nil {
			t.Fatal(err)
		}
		record(t, j, 1, 20)
		for range 2 {
			for _, test := range []struct {
				service string
				n       int
				want    []int
			}{
				{"", 3, []int{18, 19, 20}},
				{"s1", 2, []int{16, 19}},
				{"s0", 100, []int{3, 6, 9, 12, 15, 18}},
				{"none", 9, nil},
				{"", 0, nil},
			} {
				if is := numbers(t, j.Last(test.service, test.n)); !reflect.DeepEqual(is, test.want) {
					t.Errorf("%s: the last %d of %q are %v, expected %v", name, test.n, test.service, is, test.want)
				}
			}
			if name == "in files" { // and again, as the next daemon finds them
				j.Close()
				if j, err = open(); err != nil {
					t.Fatal(err)
				}
			}
		}
		j.Close()
	}
}

func TestAJournalIsBounded(t *testing.T) {
	dir := t.TempDir()
	const most = 10000
	j, err := open(dir, most)
	if err != nil {
		t.Fatal(err)
	}
	record(t, j, 1, 500)
	last := numbers(t, j.Last("", 1000))
	if len(last) < 20 || len(last) > 100 || last[len(last)-1] != 500 {
		t.Errorf("%d entries are held, the last ones %v", len(last), last)
	}
	j.Close()
	for i := range 2 {
		if info, err := os.Stat(filepath.Join(dir, fmt.Sprintf("journal.%d", i))); err != nil || info.Size() > most || info.Size() == 0 {
			t.Errorf("journal.%d: %v, %v", i, info, err)
		}
	}
	j, err = open(dir, most)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	again := numbers(t, j.Last("", 1000))
	if len(again) < len(last)/2-1 || again[len(again)-1] != 500 || again[len(again)-1]-again[0] != len(again)-1 {
		t.Errorf("of entries %v, %v are read back", last, again)
	}
	record(t, j, 501, 502)
}

func TestALineThatIsCutShortIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	record(t, j, 1, 3)
	j.Close()
	path := filepath.Join(dir, "journal.0")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Index(string(whole), "\n") + 1
	for cut := 2 * line; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		record(t, j, 3, 4)
		j.Close()
		if j, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		if is := numbers(t, j.Last("", 9)); !reflect.DeepEqual(is, []int{1, 2, 3, 4}) {
			t.Errorf("cut at %d: %v", cut, is)
		}
		j.Close()
	}
	// What is no entry is no obstacle either.
	if err := os.WriteFile(path, []byte("{}\nnothing\n"+string(whole)), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err = Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if is := numbers(t, j.Last("", 9)); !reflect.DeepEqual(is, []int{1, 2, 3}) {
		t.Errorf("behind lines that are no entries: %v", is)
	}
}

func TestAnEntryIsBounded(t *testing.T) {
	var many []string
	for range 10000 {
		many = append(many, strings.Repeat("x", 1000))
	}
	j := New()
	if _, err := j.Record(Entry{Services: many, Changes: many, Before: many, After: many[:2]}); err != nil {
		t.Fatal(err)
	}
	e := j.Last("", 1)[0]
	if len(e.Changes) != MostLines+1 || e.Changes[MostLines] != "... and 9968 more" || len(e.Before[0]) != mostBytes+4 || len(e.After) != 2 {
		t.Errorf("%d changes, the last %q; %d bytes before", len(e.Changes), e.Changes[len(e.Changes)-1], len(e.Before[0]))
	}
	if line, _ := json.Marshal(e); len(line) > 1<<17 {
		t.Errorf("an entry of %d bytes", len(line))
	}
}

func BenchmarkRecord(b *testing.B) {
	j, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for b.Loop() {
		if _, err := j.Record(entry(1)); err != nil {
			b.Fatal(err)
		}
	}
}
