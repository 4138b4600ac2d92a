package hostile

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
)

// deaf are the places for a log that take nothing, each with the file that the
// daemon gets as its standard error.
var deaf = map[string]func(t *testing.T) *os.File{
	"a full disk": func(t *testing.T) *os.File {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f
	},
	"a pipe whose reader is gone": func(t *testing.T) *os.File {
		r, w := pipe(t)
		r.Close()
		return w
	},
	"a pipe whose reader stands still": func(t *testing.T) *os.File {
		r, w := pipe(t)
		t.Cleanup(func() { r.Close() })
		return w
	},
}

func pipe(t *testing.T) (r, w *os.File) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// A log that cannot be written is lost, and nothing else is.
func TestServiceGoesOnWhenTheLogCannotBeWritten(t *testing.T) {
	for name, open := range deaf {
		t.Run(name, func(t *testing.T) {
			stderr := open(t)
			d := arena.StartDaemonSaying(t, stderr)
			stderr.Close()
			web := d.Serve(arena.Service{Servers: []netip.AddrPort{arena.StartEcho(t).Addr}})
			// Some 20 lines a request: a pipe of 64 KiB is full after 30 of them.
			d.Knobs("debug_level=12")
			v := newVisitor(t, web, false)
			began, requests := time.Now(), 0
			for ; requests < 500 || time.Since(began) < time.Second; requests++ { // clock: for a while
				if !v.served() {
					t.Fatal("not served after", requests)
				}
			}
			if d.Ended() {
				t.Error("the daemon has ended")
			}
		})
	}
}
