package poll

import "golang.org/x/sys/unix"

// Recv implements Poller.
func (u *Uring) Recv(slot uint32, limit int) {
	s := &u.socks[slot]
	s.limit = int32(min(limit, ReceiveSize))
	switch {
	case s.armed || s.queued:
	case s.full && s.limit > BulkReceive:
		s.queued = true
		u.bulk.add(slot)
	default:
		u.arm(slot, s)
	}
}

// submit hands the kernel the receives that had to wait. Those that complete at
// once take their buffers in this order, so that a small one gets one however
// many large ones there are.
func (u *Uring) submit() {
	for _, slot := range u.again {
		if s := &u.socks[slot]; s.used && !s.armed && !s.queued && s.limit > 0 {
			u.Recv(slot, int(s.limit))
		}
	}
	u.again = u.again[:0]
	u.bulk.begin()
	for slot, ok := u.bulk.next(); ok; slot, ok = u.bulk.next() {
		s := &u.socks[slot]
		s.queued = false
		if s.used && !s.armed && s.limit > 0 {
			u.arm(slot, s)
			u.bulk.spend(bufferSize)
		}
	}
}

func (u *Uring) arm(slot uint32, s *usock) {
	s.armed = true
	e := u.ring.push()
	e.opcode = opRecv
	e.flags = sqeBufferSelect
	e.fd = s.fd
	e.len = uint32(min(s.limit, bufferSize))
	e.bufGroup = bufferGroup
	e.userData = about(aboutRecv, slot, s.gen)
	if !s.full {
		e.ioprio = recvPollFirst
	}
}

// Drained implements Poller.
func (u *Uring) Drained(slot uint32) bool { return !u.socks[slot].full }

func (u *Uring) received(slot uint32, s *usock, c cqe, ev *Event) bool {
	s.armed = false
	switch unix.Errno(-c.res) {
	case unix.ENOBUFS, unix.EAGAIN, unix.EINTR, unix.ECANCELED:
		s.full = true
		u.again = append(u.again, slot)
		return false
	}
	s.full = c.flags&cqeSockNonEmpty != 0 || c.res == min(s.limit, bufferSize)
	s.limit, s.urgent = 0, false
	switch {
	case c.res > 0:
		if s.untold { // these bytes were there before
			s.untold = false
			u.pollAdd(slot, s, aboutHangUp, 0)
		}
		*ev = Event{Kind: Received, Slot: slot, Data: u.bufs.get(u.held, int(c.res)), Last: s.halved}
	case c.res == 0:
		s.full, s.halved = true, true
		*ev = Event{Kind: Received, Slot: slot}
	default:
		*ev = Event{Kind: Received, Slot: slot, Err: unix.Errno(-c.res)}
	}
	return true
}

// release gives the buffer that Next handed out back to the kernel.
func (u *Uring) release() {
	if u.holds {
		u.bufs.put(u.held)
		u.holds = false
	}
}
