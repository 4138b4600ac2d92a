package loop

import (
	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

// pipe is what splice moves bytes through; it holds none between transfers.
type pipe struct{ r, w int }

const (
	pipeSize  = 512 << 10 // a slot of 4 KiB may hold no more than a packet's bytes
	keepPipes = 64        // after a burst; each second half of what is not used goes

	// turn is how many bytes one transfer moves before others have their turn,
	// and movesPass how many a pass of the loop moves of all of them, some 0.3
	// ms of work: thousands of large bodies do not keep small requests waiting.
	// An attempt counts as attempt at the least.
	turn      = 256 << 10
	movesPass = 1 << 20
	attempt   = 8 << 10

	// A rest of a body from cheaperFrom on costs less CPU spliced than copied, one
	// from evenFrom on about as much (bench, suite bulk).
	evenFrom    = 32 << 10
	cheaperFrom = 96 << 10
)

// spliceFrom is the rest of a body from which on it is spliced, at a value of
// the knob zerocopy_send; 0 is never.
func spliceFrom(zerocopySend int32) int64 {
	switch zerocopySend {
	case 0:
		return 0
	case 1:
		return evenFrom
	}
	return cheaperFrom
}

// takePipe gives a pipe of pipeSize, or nil where the kernel makes none so large:
// past fs.pipe-user-pages-soft, as 128 pipes fill it, or fs.pipe-max-size. A
// small one takes more CPU than copying.
func (l *Loop) takePipe() (*pipe, error) {
	if n := len(l.pipes); n > 0 {
		p := l.pipes[n-1]
		l.pipes = l.pipes[:n-1]
		return p, nil
	}
	if l.ctx.Now < l.pipeless {
		return nil, nil
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	p := &pipe{r: fds[0], w: fds[1]}
	if _, err := unix.FcntlInt(uintptr(p.r), unix.F_SETPIPE_SZ, pipeSize); err != nil {
		p.close()
		l.pipeless = l.ctx.Now + hurry
		return nil, nil
	}
	return p, nil
}

func (p *pipe) close() {
	closeSocket(p.r)
	closeSocket(p.w)
}

// trimPipes closes half of the pipes that are not used.
func (l *Loop) trimPipes() {
	for n := len(l.pipes) / 2; len(l.pipes) > n; {
		last := len(l.pipes) - 1
		l.pipes[last].close()
		l.pipes[last] = nil
		l.pipes = l.pipes[:last]
	}
}

// transfer moves bytes from one connection to another inside the kernel.
//
//	socket --splice--> pipe --splice--> socket
//	  |  EAGAIN: wait for Readable        |  EAGAIN: wait for Writable
type transfer struct {
	sess  *session
	side  relay.Side // where the bytes come from
	pipe  *pipe
	left  int64 // to come
	held  int64 // in the pipe
	lent  int64 // of it counted as held by the session
	moved int64 // not yet told to the session
	full  bool  // the source waits for the other side
	ended bool  // the source has no more: a receive shows its end

	// failed is why the source gave no more. The kernel tells an error once:
	// a receive after it would take the connection for ended in order.
	failed unix.Errno
	busy   bool // listed in Loop.busy
}

// beginTransfer starts what a Splice asks for. Without a pipe to be had the
// session is told that nothing was moved, and copies.
func (l *Loop) beginTransfer(s *session, op *relay.Op) {
	from := s.side(op.Side)
	to := s.side(op.Side.Other())
	if from == nil || to == nil {
		return
	}
	if to.broken {
		l.events = append(l.events, relay.Event{Kind: relay.Moved, Side: op.Side})
		return
	}
	p, err := l.takePipe()
	if err != nil {
		l.complain("cannot splice for the moment, and copies", s.lis.name, err)
	}
	if p == nil {
		l.events = append(l.events, relay.Event{Kind: relay.Moved, Side: op.Side})
		return
	}
	from.moving = &transfer{sess: s, side: op.Side, pipe: p, left: op.N}
	l.resume(from.moving)
}

// resume gives the transfer a turn, in this pass or in a later one.
func (l *Loop) resume(t *transfer) {
	if !t.busy {
		t.busy = true
		l.busy = append(l.busy, t)
	}
}

// endTransfer gives the pipe back, emptied by being closed if need be.
func (l *Loop) endTransfer(from *conn) {
	t := from.moving
	from.moving = nil
	t.sess = nil
	l.ctx.Buffers.Lend(-t.lent)
	if t.held > 0 || len(l.pipes) >= keepPipes {
		t.pipe.close()
		return
	}
	l.pipes = append(l.pipes, t.pipe)
}

// move gives the busy transfers their turn, first come first served, as far as
// movesPass goes. Who has more to move at once goes to the end of the list.
func (l *Loop) move() {
	n, budget := 0, int64(movesPass)
	for now := len(l.busy); n < now && budget > 0; n++ {
		t := l.busy[n]
		t.busy = false
		if t.sess != nil {
			budget -= max(l.transfer(t), attempt)
			l.relieve()
		}
	}
	last := copy(l.busy, l.busy[n:])
	clear(l.busy[last:])
	l.busy = l.busy[:last]
}

// transfer moves what can be moved now, a turn at most, and tells how much.
func (l *Loop) transfer(t *transfer) (moved int64) {
	s := t.sess
	from, to := s.side(t.side), s.side(t.side.Other())
	if to == nil || to.blocked() {
		return 0 // comes again when the other side has taken what is queued
	}
	for moved < turn && (t.left > 0 && !t.ended || t.held > 0) {
		if t.held == 0 {
			// Who has taken all is not among those who hold memory for longest, unless
			// it holds other bytes.
			l.lend(t)
			l.note(s)
			n, err := unix.Splice(from.fd, nil, t.pipe.w, nil, int(t.portion()), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
			switch {
			case n > 0:
				t.left -= n
				t.held = n
			case err == unix.EINTR:
			case err == unix.EAGAIN && l.poll.Marked(from.slot):
				t.ended = true // a receive goes on behind the urgent byte
			case err == unix.EAGAIN:
				l.poll.WantRead(from.slot)
				l.progress(t, false)
				return moved
			default:
				t.ended = true
				t.failed, _ = err.(unix.Errno)
			}
			continue
		}
		n, err := unix.Splice(t.pipe.r, nil, to.fd, nil, int(t.held), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		switch {
		case n > 0:
			t.held -= n
			t.moved += n
			moved += n
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			l.poll.WantWrite(to.slot)
			l.progress(t, true)
			return moved
		default:
			to.broken = true
			l.broken(t)
			return moved
		}
	}
	if t.left > 0 && !t.ended || t.held > 0 {
		l.resume(t)
		l.progress(t, false)
		return moved
	}
	last := t.told(relay.Moved, false)
	l.endTransfer(from)
	l.poll.Recheck(from.slot)
	reused := from.uses > 1
	// As behind a receive, nobody looks before the end of a response.
	last.Surplus = t.side == relay.Server && s.Completes(int(last.N)) && !empty(from.fd)
	l.step(s, last)
	// A body that has failed is not complete: from is still the session's, or closed.
	if t.failed != 0 && s.client != nil && s.side(t.side) == from {
		l.step(s, relay.Event{Kind: relay.Failed, Side: t.side, Cause: cause(t.failed), Reused: reused})
	}
	return moved
}

// broken gives up a transfer because the other side takes no more. A server may
// have answered before it went: what is received of it tells, and its end, as
// after a send that failed. Until then nothing more is read from the client.
func (l *Loop) broken(t *transfer) {
	s := t.sess
	if t.side == relay.Server {
		l.step(s, relay.Event{Kind: relay.Failed, Side: relay.Client, Cause: relay.Reset})
		return
	}
	last := t.told(relay.Progress, false)
	l.endTransfer(s.client)
	l.poll.Recheck(s.client.slot)
	l.step(s, last)
	if s.server != nil {
		l.step(s, relay.Event{Kind: relay.Broken, Side: relay.Server})
	}
}

// progress keeps the session's deadline from passing while bytes move; full
// says that the source has to wait for the other side from now on.
func (l *Loop) progress(t *transfer, full bool) {
	l.lend(t)
	l.step(t.sess, t.told(relay.Progress, full))
}

// lend counts what is in the pipe as held in a buffer.
func (l *Loop) lend(t *transfer) {
	l.ctx.Buffers.Lend(t.held - t.lent)
	t.lent = t.held
}

// portion is how much is taken from the source at once. The end of a body goes
// in two: taken whole, a last portion near turn costs twice the CPU of copying.
func (t *transfer) portion() int64 {
	if t.left > turn {
		return turn
	}
	return min(t.left, turn/2)
}

// told is the event of what has moved since the last one.
func (t *transfer) told(kind relay.EventKind, full bool) relay.Event {
	ev := relay.Event{Kind: kind, Side: t.side, N: t.moved, Blocked: t.full}
	t.moved, t.full = 0, full
	return ev
}

// empty reports whether a socket holds no byte and is not closed. Bytes that
// came behind a response would be taken for the next client's.
func empty(fd int) bool {
	var one [1]byte
	_, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == unix.EAGAIN
}
