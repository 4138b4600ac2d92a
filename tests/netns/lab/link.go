package lab

import (
	"bytes"
	"container/heap"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
)

// Link is a wire whose faults a test chooses, while traffic is on it: a TUN
// device at either end, and this process between them.
//
//	kernel of one host --> TUN --> Lane: lost? twice? when? --> TUN --> kernel of the other
//
// What happens to packets happens below both TCPs, which then do what they do
// on a bad network; a relay of connections has nothing to lose or to reorder.
// netem does the same inside the kernel, and is not in every kernel; TUN is.
// Libraries for it bring hosts of their own, or sockets in memory.
type Link struct {
	To, From Lane // the packets to the host, and those that it sends
}

// Faults is what befalls the packets of a lane.
type Faults struct {
	Delay       time.Duration // of every packet
	Jitter      time.Duration // up to this on top; the order stays
	Loss        float64       // share of the packets that do not arrive
	Duplication float64       // that arrive twice
	Reordering  float64       // that arrive heldBack later, behind others
	Cut         bool          // nothing arrives
	Reject      bool          // nothing arrives, and who sends TCP gets a reset
}

const heldBack = 5 * time.Millisecond

// Lane is one direction of a link.
type Lane struct {
	Passed, Lost, Doubled, Held atomic.Int64 // packets

	faults   atomic.Pointer[Faults]
	from, to *os.File
	chance   *rand.Rand
	queue    packets
	last     time.Time // when the latest of those in order is due
}

// Have makes these the faults of both lanes, and of nothing that is under way.
func (l *Link) Have(f Faults) {
	l.To.Have(f)
	l.From.Have(f)
}

// Have makes these the faults of the lane.
func (l *Lane) Have(f Faults) { l.faults.Store(&f) }

// link lays a link without faults between an interface here and one there.
func (h *Host) link(near string, other *Host, far string) *Link {
	h.t.Helper()
	require.Tun(h.t)
	a, b := h.tun(near), other.tun(far)
	l := &Link{}
	var busy sync.WaitGroup
	for i, lane := range []*Lane{&l.To, &l.From} {
		lane.from, lane.to = a, b
		lane.chance = rand.New(rand.NewPCG(2004, uint64(i))) // the same fates in every run
		lane.Have(Faults{})
		busy.Go(func() { lane.run(h.t) })
		a, b = b, a
	}
	h.t.Cleanup(func() {
		a.Close()
		b.Close()
		busy.Wait()
	})
	return l
}

// tun makes an interface of the host whose packets are read and written here.
func (h *Host) tun(name string) *os.File {
	h.t.Helper()
	var file *os.File
	err := h.Within(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err == nil {
			request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		if err != nil {
			unix.Close(fd)
			return err
		}
		file = os.NewFile(uintptr(fd), name)
		return nil
	})
	if err != nil {
		h.t.Fatalf("on %s: make the interface %s: %v", h.Name, name, err)
	}
	return file
}

// run carries packets until the devices are closed. It waits for the next one
// until one that it has is due.
func (l *Lane) run(t testing.TB) {
	buf := make([]byte, 64<<10)
	for serial := int64(0); ; serial++ {
		now := time.Now()
		for len(l.queue) > 0 && !l.queue[0].due.After(now) {
			l.deliver(heap.Pop(&l.queue).(packet).bytes)
		}
		var until time.Time
		if len(l.queue) > 0 {
			until = l.queue[0].due
		}
		l.from.SetReadDeadline(until)
		n, err := l.from.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, os.ErrClosed):
			return
		case err != nil:
			t.Errorf("a link: %v", err)
			return
		default:
			l.meet(buf[:n], serial, l.faults.Load())
		}
	}
}

// meet decides what becomes of a packet. Each takes the same number of chances,
// so that one fault does not change whom another befalls.
func (l *Lane) meet(sent []byte, serial int64, f *Faults) {
	lost := l.chance.Float64() < f.Loss
	twice := l.chance.Float64() < f.Duplication
	late := l.chance.Float64() < f.Reordering
	jitter := time.Duration(l.chance.Float64() * float64(f.Jitter))
	switch {
	case f.Reject:
		if reset := resetOf(sent); reset != nil {
			l.from.Write(reset)
		}
		fallthrough
	case f.Cut, lost:
		l.Lost.Add(1)
		return
	}
	due := time.Now().Add(f.Delay + jitter)
	if late {
		l.Held.Add(1)
		due = due.Add(heldBack)
	} else if due.Before(l.last) {
		due = l.last
	} else {
		l.last = due
	}
	p := packet{due: due, serial: serial, bytes: bytes.Clone(sent)}
	heap.Push(&l.queue, p)
	if twice {
		l.Doubled.Add(1)
		heap.Push(&l.queue, p)
	}
}

// deliver hands a packet to the receiver's kernel, which may drop it, as it may
// while its interface is not up.
func (l *Lane) deliver(p []byte) {
	if _, err := l.to.Write(p); err == nil {
		l.Passed.Add(1)
	}
}

type packet struct {
	due    time.Time
	serial int64
	bytes  []byte
}

// packets is a heap, with the one that is due next on top.
type packets []packet

func (q packets) Len() int      { return len(q) }
func (q packets) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *packets) Push(p any)   { *q = append(*q, p.(packet)) }

func (q packets) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].serial < q[j].serial
	}
	return q[i].due.Before(q[j].due)
}

func (q *packets) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}
