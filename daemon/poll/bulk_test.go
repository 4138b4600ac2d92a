package poll

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pass that took all of 100 large bodies would keep everybody else waiting
// for as long as it takes to copy them.
func TestAPassTakesOnlySoMuchOfLargeBodiesAndAllOfThemInTurn(t *testing.T) {
	p, err := NewEpoll()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const bodies, size = 100, 128 << 10
	for i := range bodies {
		a, b := pair(t)
		for _, fd := range []int{a, b} {
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4*size)
		}
		if err := p.Add(uint32(i), a, false); err != nil {
			t.Fatal(err)
		}
		if n, err := unix.Write(b, make([]byte, size)); n != size || err != nil {
			t.Fatal(n, err)
		}
		p.Recv(uint32(i), ReceiveSize)
	}
	got := [bodies]int{}
	all := 0
	for passes := 0; all < bodies*size; passes++ {
		if passes > bodies {
			t.Fatalf("after %d passes there are %d bytes of %d", passes, all, bodies*size)
		}
		if err := p.Wait(time.Second); err != nil {
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
}
