package poll

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadableIsToldOnceAndRecheckFindsTheRest(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		p.WantRead(1)
		unix.Write(b, []byte("0123456789"))
		expect(t, p, Readable, 1)
		var five [5]byte
		unix.Read(a, five[:])
		p.Recheck(1)
		p.Recv(1, 100)
		if ev := expect(t, p, Received, 1); string(ev.Data) != "56789" {
			t.Fatalf("received %q", ev.Data)
		}
	})
}

// Who has read by other means does not wait for that any more: what is armed
// then must not be kept waiting for it.
func TestAReceiveAfterReadingByOtherMeansFindsWhatCameMeanwhile(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		ours, theirs := pair(t)
		if err := p.Add(5, ours, false); err != nil {
			t.Fatal(err)
		}
		p.WantRead(5)
		quiet(t, p)
		p.Recheck(5) // given up
		p.Recv(5, ReceiveSize)
		unix.Write(theirs, []byte("late"))
		for {
			ev, ok := next(t, p)
			if !ok {
				t.Fatal("what came was not received")
			}
			if ev.Kind == Received {
				if string(ev.Data) != "late" {
					t.Fatalf("%q", ev.Data)
				}
				return
			}
		}
	})
}
