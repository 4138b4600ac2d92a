package poll

import (
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// Who reads on is told by that; who has stopped reading is told by an event, or
// with the last bytes that were read, so that it never goes unknown.
func TestTheEndOfAStreamThatNobodyReadsIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, p Poller, ours int, send func(), seen map[Kind]bool)
		read bool // a receive brings the bytes
	}{
		{"with the bytes, before the receive", func(t *testing.T, p Poller, ours int, send func(), _ map[Kind]bool) {
			send()
			arrive(t, ours, uint64(len("request")))
			p.Add(1, ours, true)
			p.Recv(1, 100)
		}, true},
		{"with the bytes, after the receive was armed", func(t *testing.T, p Poller, ours int, send func(), _ map[Kind]bool) {
			p.Add(1, ours, false)
			p.Recv(1, 100)
			quiet(t, p)
			send()
		}, true},
		{"with the bytes, for a large receive", func(t *testing.T, p Poller, ours int, send func(), _ map[Kind]bool) {
			p.Add(1, ours, false)
			p.Recv(1, ReceiveSize)
			quiet(t, p)
			send()
		}, true},
		{"while the bytes wait", func(t *testing.T, p Poller, ours int, send func(), _ map[Kind]bool) {
			p.Add(1, ours, false)
			quiet(t, p)
			send()
		}, false},
		{"while it is read by other means", func(t *testing.T, p Poller, ours int, send func(), seen map[Kind]bool) {
			p.Add(1, ours, false)
			p.WantRead(1)
			quiet(t, p)
			send()
			arrive(t, ours, uint64(len("request")))
			expectAmong(t, p, Readable, seen)
			unix.Read(ours, make([]byte, 100))
			p.Recheck(1)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			forEach(t, func(t *testing.T, p Poller) {
				ours, theirs := tcpPair(t)
				told, seen := false, map[Kind]bool{}
				c.end(t, p, ours, func() { io.WriteString(theirs, "request"); theirs.CloseWrite() }, seen)
				if c.read {
					ev := expect(t, p, Received, 1)
					if string(ev.Data) != "request" {
						t.Fatalf("received %q, expected the request", ev.Data)
					}
					told = ev.Last
				}
				if !told {
					expectAmong(t, p, HalfClosed, seen)
				}
				p.Recv(1, 100)
				for {
					ev := expect(t, p, Received, 1)
					if len(ev.Data) == 0 && ev.Err == 0 {
						break
					}
					if string(ev.Data) != "request" || c.read {
						t.Fatalf("%+v, expected the end of the stream", ev)
					}
					p.Recv(1, 100)
				}
			})
		})
	}
}

// expectAmong waits for an event of the kind, or finds it among those that were seen
// while another was waited for.
func expectAmong(t *testing.T, p Poller, kind Kind, seen map[Kind]bool) {
	t.Helper()
	for !seen[kind] {
		ev, ok := next(t, p)
		if !ok {
			t.Fatalf("no event of kind %d; there were %v", kind, seen)
		}
		seen[ev.Kind] = true
	}
}

func TestTheEndOfAStreamThatIsReadIsToldByTheReceiveAlone(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		ours, theirs := tcpPair(t)
		p.Add(1, ours, false)
		p.Recv(1, 100)
		quiet(t, p)
		theirs.CloseWrite()
		if ev := expect(t, p, Received, 1); len(ev.Data) != 0 || ev.Err != 0 {
			t.Fatalf("%+v, expected the end", ev)
		}
		quiet(t, p)
	})
}
