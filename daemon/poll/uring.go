package poll

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Uring is the completion interface, io_uring. A receive is one submission,
// and the kernel picks the buffer when bytes have come, so that an idle
// connection owns none. Sends go straight to the socket: they nearly always
// complete at once.
//
//	          Recv                 completion
//	quiet ------------> armed ------------------> Received --> quiet
//	                      |
//	                      | Remove: cancelled; what still comes is dropped,
//	                      v and its buffer given back
//	                    (slot free, next generation)
type Uring struct {
	ring *ring
	bufs *buffers
	wake int

	socks  []usock
	rearm  []uint32 // listeners, and the wake-up, to be polled again
	again  []uint32 // receives that found no buffer
	bulk   bulk     // large receives that bytes are there for
	held   uint16   // the buffer handed out last
	holds  bool
	idle   bool
	taken  int   // completions since the last Wait
	plain  Epoll // for its send
	failed error
}

// usock is what Uring knows of one slot.
type usock struct {
	fd       int32
	gen      uint32
	limit    int32
	used     bool
	listener bool
	armed    bool // a receive is with the kernel
	queued   bool // or waits for its turn in bulk
	full     bool // the socket has, or may have, bytes already
	paused   bool
	watched  bool // a listener is being polled
	hungUp   bool
	halved   bool // the peer has ended its stream, and that was told or is to be
	urgent   bool // an urgent byte may be in the queue
	untold   bool // it failed while a receive was armed, which may bring bytes from before
}

// What a completion is about stands in the top byte of its user data, over
// the slot's generation and number.
const (
	aboutRecv = iota + 1
	aboutHangUp
	aboutWrite
	aboutRead
	aboutListener
	aboutWake
	aboutCancel

	genMask = 1<<24 - 1

	ringEntries = 1024
	completions = 8192
	bufferCount = 256
	bufferSize  = 32 << 10
)

// NewUring sets up io_uring, or says why this kernel or its administrator does
// not let it be used.
func NewUring() (*Uring, error) {
	r, err := newRing(ringEntries, completions)
	if err != nil {
		return nil, err
	}
	u := &Uring{ring: r, wake: -1}
	if u.bufs, err = newBuffers(r, bufferCount, bufferSize); err != nil {
		r.close()
		return nil, err
	}
	if err := r.restrict(); err != nil {
		r.close()
		u.bufs.close()
		return nil, err
	}
	if u.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		u.Close()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	u.rearm = append(u.rearm, wakeSlot)
	return u, nil
}

// Name implements Poller.
func (u *Uring) Name() string { return "io_uring" }

// Close implements Poller. The kernel ends what is in flight on its own time.
func (u *Uring) Close() error {
	u.ring.close()
	if u.bufs != nil {
		u.bufs.close()
	}
	return unix.Close(u.wake)
}

// Wake implements Poller.
func (u *Uring) Wake() {
	one := [8]byte{7: 1}
	unix.Write(u.wake, one[:])
}

func (u *Uring) sock(slot uint32) *usock {
	for int(slot) >= len(u.socks) {
		u.socks = append(u.socks, usock{})
	}
	return &u.socks[slot]
}

func about(what uint64, slot, gen uint32) uint64 {
	return what<<56 | uint64(gen&genMask)<<32 | uint64(slot)
}

// Add implements Poller.
func (u *Uring) Add(slot uint32, fd int, fresh bool) error {
	s := u.sock(slot)
	*s = usock{fd: int32(fd), gen: s.gen + 1, used: true, full: fresh}
	u.watchEnd(slot, s)
	return nil
}

// AddListener implements Poller.
func (u *Uring) AddListener(slot uint32, fd int) error {
	s := u.sock(slot)
	*s = usock{fd: int32(fd), gen: s.gen + 1, used: true, listener: true}
	u.rearm = append(u.rearm, slot)
	return nil
}

// pollAdd asks for one of the events; an error or the end of both directions
// counts as any.
func (u *Uring) pollAdd(slot uint32, s *usock, what uint64, events uint32) *sqe {
	e := u.ring.push()
	e.opcode = opPollAdd
	e.fd = s.fd
	e.opFlags = events
	e.userData = about(what, slot, s.gen)
	return e
}

// watchEnd asks for the connection's failure. The end of one direction, which
// the kernel tells as well, is none, and must not be the last that is told.
func (u *Uring) watchEnd(slot uint32, s *usock) {
	u.pollAdd(slot, s, aboutHangUp, 0).len = pollMulti
}

// Pause implements Poller.
func (u *Uring) Pause(slot uint32, paused bool) error {
	s := &u.socks[slot]
	s.paused = paused
	if !paused && !s.watched {
		u.rearm = append(u.rearm, slot)
	}
	return nil
}

// Remove implements Poller. What is in flight holds the socket open, so it is
// cancelled, all of it, by the descriptor; the caller closes that only after.
func (u *Uring) Remove(slot uint32) {
	s := &u.socks[slot]
	s.used, s.armed = false, false
	s.gen++
	e := u.ring.push()
	e.opcode = opAsyncCancel
	e.fd = s.fd
	e.opFlags = 1<<0 | 1<<1 // all, of this descriptor
	e.userData = about(aboutCancel, slot, s.gen)
	e.flags = sqeSkipSuccess
	// The descriptor must still be open when the kernel looks it up.
	if errno := u.ring.enter(0, true); errno != 0 {
		u.failed = fmt.Errorf("io_uring_enter: %w", errno)
	}
}

// WantWrite implements Poller.
func (u *Uring) WantWrite(slot uint32) { u.pollAdd(slot, &u.socks[slot], aboutWrite, unix.POLLOUT) }

// WantRead implements Poller.
func (u *Uring) WantRead(slot uint32) {
	u.pollAdd(slot, &u.socks[slot], aboutRead, unix.POLLIN|unix.POLLPRI)
}

// Marked implements Poller. What wakes a poll of io_uring counts as urgent, too, so
// that the socket is asked.
func (u *Uring) Marked(slot uint32) bool {
	s := &u.socks[slot]
	if s.urgent {
		var one [1]byte
		n, _, _ := unix.Recvfrom(int(s.fd), one[:], unix.MSG_OOB|unix.MSG_PEEK|unix.MSG_DONTWAIT)
		s.urgent = n == 1
	}
	return s.urgent
}

// Recheck implements Poller.
func (u *Uring) Recheck(slot uint32) { u.socks[slot].full = true }

// Send implements Poller.
func (u *Uring) Send(slot uint32, head, data []byte) (int, unix.Errno) {
	total := len(head) + len(data)
	n, errno := u.plain.send(uintptr(u.socks[slot].fd), head, data)
	if errno == unix.EAGAIN || errno == unix.ENOTCONN {
		n, errno = 0, 0
	}
	if errno == 0 && n < total {
		u.WantWrite(slot)
	}
	return n, errno
}

// Settled implements Poller. The kernel keeps what there was no room for until it
// is entered again.
func (u *Uring) Settled() bool {
	return u.taken < completions/2 && !u.ring.waiting() && len(u.again) == 0
}

// Waiting implements Poller.
func (u *Uring) Waiting(slot uint32) bool {
	s := &u.socks[slot]
	return s.queued || s.full && !s.armed && s.limit > 0
}

// Wait implements Poller.
func (u *Uring) Wait(d time.Duration) error {
	u.taken = 0
	all := d == 0
	u.release()
	for _, slot := range u.rearm {
		u.watch(slot)
	}
	u.rearm = u.rearm[:0]
	u.submit()
	if u.ring.waiting() || u.bulk.len() > 0 || d < 0 {
		d = 0
	}
	// As Epoll does: short waits raw, and once one has brought nothing, long
	// ones as the Go scheduler wants it.
	raw := d <= busyWait || !u.idle
	if raw {
		d = min(d, busyWait)
	}
	errno := unix.Errno(0)
	if all {
		errno = u.ring.enterFor(completions/2, 0, raw)
	} else {
		errno = u.ring.enter(d, raw)
	}
	u.idle = raw && !u.ring.waiting()
	if errno == 0 && u.failed != nil {
		err := u.failed
		u.failed = nil
		return err
	}
	if errno != 0 {
		return fmt.Errorf("io_uring_enter: %w", errno)
	}
	return nil
}

// watch polls a listener, or the wake-up, for its next event.
func (u *Uring) watch(slot uint32) {
	if slot == wakeSlot {
		e := u.ring.push()
		e.opcode, e.fd, e.opFlags, e.userData = opPollAdd, int32(u.wake), unix.POLLIN, about(aboutWake, 0, 0)
		return
	}
	if s := &u.socks[slot]; s.used && s.listener && !s.paused && !s.watched {
		s.watched = true
		u.pollAdd(slot, s, aboutListener, unix.POLLIN)
	}
}

// Next implements Poller.
func (u *Uring) Next(ev *Event) bool {
	u.release()
	for {
		c, ok := u.ring.next()
		if !ok {
			return false
		}
		u.taken++
		if c.flags&cqeBuffer != 0 {
			u.held, u.holds = uint16(c.flags>>cqeBufferIDShift), true
		}
		if u.completed(c, ev) {
			return true
		}
		u.release()
	}
}

// completed turns a completion into an event, unless it is about an earlier
// socket in its slot.
func (u *Uring) completed(c cqe, ev *Event) bool {
	what, gen, slot := c.userData>>56, uint32(c.userData>>32)&genMask, uint32(c.userData)
	switch what {
	case aboutWake:
		var count [8]byte
		unix.Read(u.wake, count[:])
		u.rearm = append(u.rearm, wakeSlot)
		*ev = Event{Kind: Woken}
		return true
	case aboutCancel:
		return false
	}
	s := &u.socks[slot]
	if !s.used || s.gen&genMask != gen {
		return false
	}
	switch what {
	case aboutRecv:
		return u.received(slot, s, c, ev)
	case aboutWrite:
		*ev = Event{Kind: Writable, Slot: slot}
	case aboutRead:
		s.urgent = c.res > 0 && c.res&unix.POLLPRI != 0
		*ev = Event{Kind: Readable, Slot: slot}
	case aboutListener:
		s.watched = false
		if s.paused {
			return false
		}
		u.rearm = append(u.rearm, slot)
		*ev = Event{Kind: Acceptable, Slot: slot}
	case aboutHangUp:
		if c.flags&cqeMore == 0 && c.res > 0 && c.res&unix.POLLERR == 0 {
			u.watchEnd(slot, s)
		}
		if c.res < 0 || s.hungUp {
			return false
		}
		if c.res&unix.POLLERR == 0 {
			tell := c.res&unix.POLLRDHUP != 0 && !s.armed && !s.queued && !s.halved
			s.halved = s.halved || c.res&unix.POLLRDHUP != 0
			*ev = Event{Kind: HalfClosed, Slot: slot}
			return tell
		}
		if s.armed { // that tells, unless it brings bytes from before
			s.untold = true
			return false
		}
		s.hungUp = true
		*ev = Event{Kind: HungUp, Slot: slot}
	}
	return true
}

var (
	_ Poller = (*Uring)(nil)
	_ Poller = (*Epoll)(nil)
)
