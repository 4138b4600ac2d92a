package loop

import (
	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

// pipe is what splice moves bytes through; it holds none between transfers.
type pipe struct{ r, w int }

const (
	pipeSize  = 1 << 20
	keepPipes = 64      // after a burst; each second half of what is not used goes
	turn      = 4 << 20 // bytes that one transfer moves before others have their turn
)

func (l *Loop) takePipe() *pipe {
	if n := len(l.pipes); n > 0 {
		p := l.pipes[n-1]
		l.pipes = l.pipes[:n-1]
		return p
	}
	var fds [2]int
	if unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC) != nil {
		return nil
	}
	// Past the user's pipe quota the kernel refuses, and the default size does.
	unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeSize)
	return &pipe{r: fds[0], w: fds[1]}
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
	moved int64
	told  int64 // of it, in Progress
	ended bool  // the source has no more: a receive shows its end

	// failed is why the source gave no more. The kernel tells an error once:
	// a receive after it would take the connection for ended in order.
	failed unix.Errno
	busy   bool // listed in Loop.busy
}

// backedUp reports whether bytes spliced from c wait for the other side.
func (c *conn) backedUp() bool { return c.moving != nil && c.moving.held > 0 }

// beginTransfer starts what a Splice asks for. Without a pipe to be had the
// session is told that nothing was moved, and copies.
func (l *Loop) beginTransfer(s *session, op *relay.Op) {
	from := s.side(op.Side)
	if from == nil || s.side(op.Side.Other()) == nil {
		return
	}
	p := l.takePipe()
	if p == nil {
		l.events = append(l.events, relay.Event{Kind: relay.Moved, Side: op.Side})
		return
	}
	from.moving = &transfer{sess: s, side: op.Side, pipe: p, left: op.N, busy: true}
	l.busy = append(l.busy, from.moving)
}

// endTransfer gives the pipe back, emptied by being closed if need be.
func (l *Loop) endTransfer(from *conn) {
	t := from.moving
	from.moving = nil
	t.sess = nil
	if t.held > 0 || len(l.pipes) >= keepPipes {
		t.pipe.close()
		return
	}
	l.pipes = append(l.pipes, t.pipe)
}

// move gives the busy transfers their turn.
func (l *Loop) move() {
	for n := len(l.busy); n > 0; n-- {
		t := l.busy[0]
		l.busy = append(l.busy[:0], l.busy[1:]...)
		t.busy = false
		if t.sess != nil {
			l.transfer(t)
		}
	}
}

// transfer moves what can be moved now.
func (l *Loop) transfer(t *transfer) {
	s := t.sess
	from, to := s.side(t.side), s.side(t.side.Other())
	if to == nil || to.blocked() {
		return // comes again when the other side has taken what is queued
	}
	budget := int64(turn)
	for budget > 0 && (t.left > 0 && !t.ended || t.held > 0) {
		empty := false
		if t.left > 0 && !t.ended && t.held < pipeSize {
			n, err := unix.Splice(from.fd, nil, t.pipe.w, nil, int(min(t.left, pipeSize-t.held)), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
			switch {
			case n > 0:
				t.left -= n
				t.held += n
			case err == unix.EINTR:
			case err == unix.EAGAIN:
				empty = true // or the pipe is full: then there is something to write
			default:
				t.ended = true
				t.failed, _ = err.(unix.Errno)
			}
		}
		if t.held == 0 {
			if empty {
				l.poll.WantRead(from.slot)
				l.progress(t)
				return
			}
			continue
		}
		n, err := unix.Splice(t.pipe.r, nil, to.fd, nil, int(t.held), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		switch {
		case n > 0:
			t.held -= n
			t.moved += n
			budget -= n
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			l.poll.WantWrite(to.slot)
			l.progress(t)
			return
		default:
			to.broken = true
			l.step(s, relay.Event{Kind: relay.Failed, Side: t.side.Other(), Cause: relay.Reset})
			return
		}
	}
	if t.left > 0 && !t.ended || t.held > 0 {
		if !t.busy {
			t.busy = true
			l.busy = append(l.busy, t)
		}
		l.progress(t)
		return
	}
	l.endTransfer(from)
	l.poll.Recheck(from.slot)
	reused := from.uses > 1
	l.step(s, relay.Event{Kind: relay.Moved, Side: t.side, N: t.moved, Surplus: !empty(from.fd)})
	if t.failed != 0 && s.client != nil && s.side(t.side) == from {
		l.step(s, relay.Event{Kind: relay.Failed, Side: t.side, Cause: cause(t.failed), Reused: reused})
	}
}

// progress keeps the session's deadline from passing while bytes move.
func (l *Loop) progress(t *transfer) {
	n := t.moved - t.told
	t.told = t.moved
	l.step(t.sess, relay.Event{Kind: relay.Progress, Side: t.side, N: n})
}

// empty reports whether a socket holds no byte and is not closed. Bytes that
// came behind a response would be taken for the next client's.
func empty(fd int) bool {
	var one [1]byte
	_, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == unix.EAGAIN
}
