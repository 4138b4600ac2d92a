package poll

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Epoll is the readiness interface, edge-triggered, with one registration in
// a socket's life.
//
// What one socket goes through:
//
//	          Recv                  readable edge
//	quiet ------------> armed <----------------------- (kernel)
//	  ^                   |
//	  |                   | recv: bytes, end or error
//	  +---- Received -----+
//
// A receive that fills the buffer, or a peer that has closed, leaves the
// socket readable: under edge triggering the kernel would not say so again.
// So does an urgent byte, in front of which a receive stops.
type Epoll struct {
	fd     int
	wake   int
	socks  []sock
	events [256]unix.EpollEvent
	n, i   int

	// Armed sockets that are known to be readable. now is served in this
	// pass, after the kernel's events; later waits for the next, so that one
	// busy socket cannot keep the others waiting.
	now, later []uint32
	j          int

	bulk bulk // such sockets too, whose receive is a large one

	buf []byte
	iov [2]unix.Iovec
	msg unix.Msghdr

	idle bool // the last short wait brought nothing
}

// sock is what Epoll knows of one slot.
type sock struct {
	fd        int32
	gen       uint32 // tells a late event of an earlier socket in this slot
	limit     int32  // armed receive; 0 is none
	used      bool
	listener  bool
	readable  bool
	ended     bool // the peer has closed, or the connection has failed
	queued    bool
	wantWrite bool
	wantRead  bool
	hungUp    bool // HungUp has been told
	halved    bool // HalfClosed has been told
	urgent    bool // an urgent byte is, or was, in the queue
	untold    bool // it failed while a receive was armed, which may bring bytes from before
}

const (
	sockEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
	wakeSlot   = ^uint32(0)

	// busyWait bounds the wait that does not tell the Go scheduler: longer
	// ones would make its monitor interrupt the thread.
	busyWait = time.Millisecond
)

// NewEpoll opens an epoll instance and its wake-up eventfd.
func NewEpoll() (*Epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p := &Epoll{fd: fd, wake: wake, buf: make([]byte, ReceiveSize)}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, wake, &ev); err != nil {
		p.Close()
		return nil, fmt.Errorf("epoll_ctl: %w", err)
	}
	return p, nil
}

// Name implements Poller.
func (p *Epoll) Name() string { return "epoll" }

// Close gives the descriptors back; the sockets stay the caller's.
func (p *Epoll) Close() error {
	unix.Close(p.wake)
	return unix.Close(p.fd)
}

// Wake implements Poller.
func (p *Epoll) Wake() {
	one := [8]byte{7: 1}
	unix.Write(p.wake, one[:])
}

func (p *Epoll) sock(slot uint32) *sock {
	for int(slot) >= len(p.socks) {
		p.socks = append(p.socks, sock{})
	}
	return &p.socks[slot]
}

// Add implements Poller.
func (p *Epoll) Add(slot uint32, fd int, fresh bool) error {
	s := p.sock(slot)
	*s = sock{fd: int32(fd), gen: s.gen + 1, used: true, readable: fresh}
	return p.register(slot, s, sockEvents)
}

// AddListener implements Poller. Listeners are level-triggered: a pass takes
// only some of what waits.
func (p *Epoll) AddListener(slot uint32, fd int) error {
	s := p.sock(slot)
	*s = sock{fd: int32(fd), gen: s.gen + 1, used: true, listener: true}
	return p.register(slot, s, unix.EPOLLIN)
}

func (p *Epoll) register(slot uint32, s *sock, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(slot), Pad: int32(s.gen)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, int(s.fd), &ev); err != nil {
		s.used = false
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// Pause implements Poller.
func (p *Epoll) Pause(slot uint32, paused bool) error {
	s := &p.socks[slot]
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(slot), Pad: int32(s.gen)}
	if paused {
		ev.Events = 0
	}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, int(s.fd), &ev)
}

// Remove implements Poller. Closing the socket takes it out of the epoll set;
// the generation keeps what is already collected from reaching a successor.
func (p *Epoll) Remove(slot uint32) {
	s := &p.socks[slot]
	s.used = false
	s.limit = 0
	if s.listener {
		unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, int(s.fd), nil)
	}
}

// Recv implements Poller.
func (p *Epoll) Recv(slot uint32, limit int) {
	s := &p.socks[slot]
	s.limit = int32(min(limit, ReceiveSize))
	p.enqueue(slot, s)
}

// Drained implements Poller.
func (p *Epoll) Drained(slot uint32) bool { return !p.socks[slot].readable }

// WantRead implements Poller.
func (p *Epoll) WantRead(slot uint32) {
	s := &p.socks[slot]
	s.wantRead = true
	p.enqueue(slot, s)
}

// Marked implements Poller.
func (p *Epoll) Marked(slot uint32) bool { return p.socks[slot].urgent }

// Recheck implements Poller.
func (p *Epoll) Recheck(slot uint32) {
	s := &p.socks[slot]
	s.readable, s.wantRead = true, false
	p.enqueue(slot, s)
	if s.ended && !s.halved && !s.queued {
		s.queued = true
		p.later = append(p.later, slot)
	}
}

// WantWrite implements Poller.
func (p *Epoll) WantWrite(slot uint32) { p.socks[slot].wantWrite = true }

func (p *Epoll) enqueue(slot uint32, s *sock) {
	if s.readable && !s.queued && (s.limit > 0 || s.wantRead) {
		s.queued = true
		if s.limit > BulkReceive && !s.wantRead {
			p.bulk.add(slot)
		} else {
			p.later = append(p.later, slot)
		}
	}
}

// Send implements Poller.
func (p *Epoll) Send(slot uint32, head, data []byte) (int, unix.Errno) {
	s := &p.socks[slot]
	total := len(head) + len(data)
	n, errno := p.send(uintptr(s.fd), head, data)
	if errno == unix.EAGAIN || errno == unix.ENOTCONN {
		n, errno = 0, 0
	}
	if errno == 0 && n < total {
		s.wantWrite = true
	}
	return n, errno
}

// Wait implements Poller. While there is work it waits in a raw system call,
// which costs the Go scheduler nothing; once a short wait has brought nothing
// it blocks as an ordinary one does.
func (p *Epoll) Wait(d time.Duration) error {
	p.i, p.n, p.j = 0, 0, 0
	p.now, p.later = p.later, p.now[:0]
	p.bulk.begin()
	if len(p.now) > 0 || p.bulk.len() > 0 || d < 0 {
		d = 0
	}
	if d <= busyWait || !p.idle {
		short := min(d, busyWait)
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
			uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)),
			uintptr((short+time.Millisecond-1)/time.Millisecond), 0, 0)
		if errno != 0 && errno != unix.EINTR {
			return fmt.Errorf("epoll_wait: %w", errno)
		}
		if errno == 0 {
			p.n = int(n)
		}
		p.idle = p.n == 0 && len(p.now) == 0 && p.bulk.len() == 0
		return nil
	}
	p.idle = false
	n, err := unix.EpollWait(p.fd, p.events[:], int((d+time.Millisecond-1)/time.Millisecond))
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("epoll_wait: %w", err)
	}
	p.n = max(n, 0)
	return nil
}

// Settled implements Poller. The kernel lists sockets in the order in which they
// became ready, and gives as many as there is room for.
func (p *Epoll) Settled() bool { return p.n < len(p.events) && len(p.later) == 0 }

// Waiting implements Poller.
func (p *Epoll) Waiting(slot uint32) bool { return p.socks[slot].queued }

// Next implements Poller.
func (p *Epoll) Next(ev *Event) bool {
	for p.i < p.n {
		e := &p.events[p.i]
		p.i++
		if p.ready(e, ev) {
			return true
		}
	}
	for p.j < len(p.now) {
		slot := p.now[p.j]
		p.j++
		s := &p.socks[slot]
		s.queued = false
		if s.used && (p.read(slot, s, ev) || s.untold && s.hangUp(slot, ev) || s.ended && s.halfClose(slot, ev)) {
			return true
		}
	}
	for slot, ok := p.bulk.next(); ok; slot, ok = p.bulk.next() {
		s := &p.socks[slot]
		s.queued = false
		if s.used && p.read(slot, s, ev) {
			p.bulk.spend(len(ev.Data))
			return true
		}
	}
	return false
}

// ready takes in what the kernel said of a socket, and turns it into an event
// if somebody waits for it.
func (p *Epoll) ready(e *unix.EpollEvent, ev *Event) bool {
	slot := uint32(e.Fd)
	if slot == wakeSlot {
		var count [8]byte
		unix.Read(p.wake, count[:])
		*ev = Event{Kind: Woken}
		return true
	}
	s := &p.socks[slot]
	if !s.used || s.gen != uint32(e.Pad) {
		return false
	}
	if s.listener {
		*ev = Event{Kind: Acceptable, Slot: slot}
		return true
	}
	if e.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.readable = true
	}
	if e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.ended = true
	}
	if e.Events&unix.EPOLLPRI != 0 {
		s.urgent = true
	}
	if s.wantWrite && e.Events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.wantWrite = false
		p.enqueue(slot, s)
		*ev = Event{Kind: Writable, Slot: slot}
		return true
	}
	s.untold = s.untold || e.Events&unix.EPOLLERR != 0 && s.limit > 0
	if s.limit > BulkReceive && !s.wantRead {
		p.enqueue(slot, s)
		return false
	}
	return p.read(slot, s, ev) || e.Events&unix.EPOLLERR != 0 && s.hangUp(slot, ev) ||
		e.Events&unix.EPOLLRDHUP != 0 && s.halfClose(slot, ev)
}

// hangUp tells once that the connection has ended, where no receive will.
func (s *sock) hangUp(slot uint32, ev *Event) bool {
	tell := s.limit == 0 && !s.hungUp
	if tell {
		s.untold, s.hungUp = false, true
		*ev = Event{Kind: HungUp, Slot: slot}
	}
	return tell
}

// halfClose tells once that the stream has ended, where no receive will.
func (s *sock) halfClose(slot uint32, ev *Event) bool {
	tell := s.limit == 0 && !s.halved && !s.hungUp
	if tell {
		s.halved = true
		*ev = Event{Kind: HalfClosed, Slot: slot}
	}
	return tell
}

// read completes an armed receive of a readable socket.
func (p *Epoll) read(slot uint32, s *sock, ev *Event) bool {
	if !s.readable {
		return false
	}
	if s.wantRead {
		s.wantRead, s.readable = false, s.ended
		*ev = Event{Kind: Readable, Slot: slot}
		return true
	}
	if s.limit == 0 {
		return false
	}
	limit := s.limit
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd),
			uintptr(unsafe.Pointer(&p.buf[0])), uintptr(limit), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			// A short receive has emptied the socket, or stopped at an urgent byte.
			s.readable = int32(n) == limit || s.ended || s.urgent
			s.limit = 0
			if s.untold && n > 0 && !s.queued {
				s.queued = true
				p.later = append(p.later, slot)
			}
			*ev = Event{Kind: Received, Slot: slot, Data: p.buf[:n], Last: s.ended}
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			if s.urgent {
				s.urgent = false
				continue // at that byte a signal to the thread is an EAGAIN, too
			}
			s.readable = false
			return false
		default:
			s.limit = 0
			*ev = Event{Kind: Received, Slot: slot, Err: errno}
			return true
		}
	}
}
