package poll

import (
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// A pass that took all of 100 large bodies would keep everybody else waiting
// for as long as it takes to copy them.
func TestAPassTakesOnlySoMuchOfLargeBodiesAndAllOfThemInTurn(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		const bodies, size = 100, 128 << 10
		for i := range bodies {
			body(t, p, uint32(i), size)
		}
		got := [bodies]int{}
		all := 0
		for passes := 0; all < bodies*size; passes++ {
			if passes > 2*bodies {
				t.Fatalf("after %d passes there are %d bytes of %d", passes, all, bodies*size)
			}
			if err := p.Wait(wait.Limit); err != nil {
				t.Fatal(err)
			}
			var ev Event
			pass := 0
			for p.Next(&ev) {
				pass += len(ev.Data)
				got[ev.Slot] += len(ev.Data)
				if got[ev.Slot] < size {
					p.Recv(ev.Slot, ReceiveSize)
				}
			}
			if pass > bulkPass+ReceiveSize {
				t.Fatalf("%d bytes in one pass, expected %d at most", pass, bulkPass+ReceiveSize)
			}
			all += pass
		}
	})
}

// Each of them costs time, though it brings a byte.
func TestAPassTakesOnlySoManyLargeReceivesThatBringLittle(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		const bodies, most = 400, 200
		for i := range bodies {
			body(t, p, uint32(i), 1)
		}
		for all := 0; all < bodies; {
			if err := p.Wait(wait.Limit); err != nil {
				t.Fatal(err)
			}
			var ev Event
			pass := 0
			for ; p.Next(&ev); pass++ {
				if len(ev.Data) != 1 {
					t.Fatalf("slot %d: %d bytes, %v", ev.Slot, len(ev.Data), ev.Err)
				}
			}
			if pass == 0 || pass > most {
				t.Fatalf("%d receives in one pass, expected 1 to %d", pass, most)
			}
			all += pass
		}
	})
}

// More bodies than there are buffers always have something to be received.
func TestEndlessBodiesKeepNeitherASmallMessageWaitingNorEachOther(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		const bodies, size, passes, most = 400, 128 << 10, 200, 4
		ends := [bodies]int{}
		for i := range ends {
			ends[i] = body(t, p, uint32(i), size)
		}
		ours, theirs := pair(t)
		if err := p.Add(bodies, ours, false); err != nil {
			t.Fatal(err)
		}
		p.Recv(bodies, 1024)
		served := map[uint32]bool{}
		waited, messages := 0, 0
		for range passes {
			if waited == 0 {
				unix.Write(theirs, []byte("small"))
			}
			waited++
			if err := p.Wait(wait.Limit); err != nil {
				t.Fatal(err)
			}
			var ev Event
			for p.Next(&ev) {
				if ev.Slot == bodies {
					waited = 0
					messages++
					p.Recv(bodies, 1024)
					continue
				}
				served[ev.Slot] = true
				unix.Write(ends[ev.Slot], ev.Data)
				p.Recv(ev.Slot, ReceiveSize)
			}
			if waited > most {
				t.Fatalf("a message waits for %d passes after %d were received", waited, messages)
			}
		}
		if len(served) != bodies {
			t.Errorf("%d of %d bodies were served in %d passes", len(served), bodies, passes)
		}
	})
}

// body is a socket at slot that holds size bytes, of which a large receive is
// armed; it gives the end where more is written.
func body(t *testing.T, p Poller, slot uint32, size int) (theirs int) {
	t.Helper()
	ours, theirs := pair(t)
	unix.SetsockoptInt(theirs, unix.SOL_SOCKET, unix.SO_SNDBUF, 4*size)
	if err := p.Add(slot, ours, true); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Write(theirs, make([]byte, size)); n != size || err != nil {
		t.Fatal(n, err)
	}
	p.Recv(slot, ReceiveSize)
	return theirs
}
