package sysctlfs

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ktcpvs/fuse/fusetest"
)

// counting is a report that is different each time it is made.
type counting struct {
	made atomic.Int64
	size atomic.Int64
}

func (c *counting) Name() string { return "services" }

func (c *counting) Read() ([]byte, error) {
	size := c.size.Load()
	if size < 0 {
		return nil, errors.New("no table")
	}
	return []byte(strings.Repeat(fmt.Sprintf("state %d\n", c.made.Add(1)), int(size))), nil
}

func TestAReportIsOneStateForEachOpen(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	report := new(counting)
	report.size.Store(100_000)
	mounted, err := Mount(filepath.Join(t.TempDir(), "proc"), Reports([]File{report}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer mounted.Unmount()
	file := filepath.Join(mounted.Dir(), "services")

	for _, reader := range []string{`cat "$1"`, `dd if="$1" bs=777 status=none`, `cat < "$1"`} {
		if got := fusetest.Shell(t, reader+` | sort | uniq -c | wc -l`, file); got != "1\n" {
			t.Errorf("%s: %s states in one read", reader, got)
		}
		if got := fusetest.Shell(t, reader+` | wc -l`, file); got != "100000\n" {
			t.Errorf("%s: %s lines", reader, got)
		}
	}
	if got := fusetest.Shell(t, `exec 3<"$1"; head -n 1 <&3 >/dev/null; tail -n 1 "$1" >/dev/null; tail -n 1 <&3; stat -c '%s %a' "$1"`, file); got != "state 7\n0 444\n" {
		t.Errorf("across another open: %q", got)
	}
	for _, script := range []string{`echo 1 > "$1"`, `echo 1 >> "$1"`, `exec 3<>"$1"`} {
		if got, err := fusetest.ShellStatus(script, file); err == nil || !strings.Contains(got, "Permission denied") {
			t.Errorf("%s, by root: %v, %q", script, err, got)
		}
	}
	report.size.Store(0)
	if got := fusetest.Shell(t, `wc -c < "$1"`, file); got != "0\n" {
		t.Errorf("an empty report has %s bytes", got)
	}
	report.size.Store(-1)
	if got, err := fusetest.ShellStatus(`cat "$1"`, file); err == nil || !strings.Contains(got, "Input/output error") {
		t.Errorf("a report that cannot be made: %v, %q", err, got)
	}
}
