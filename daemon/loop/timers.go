package loop

import (
	"time"

	"ktcpvs/daemon/relay"
)

// What has arrived in time counts, however late the loop comes to look at it: the
// process may have been stopped, its machine frozen or loaded. So a timer that is
// due is set aside, and expires only when the kernel has been asked, since then,
// for everything that has happened, and that has been handled.
//
//	wheel --> due --- a pass, or as many as it takes ---> expired
//	             '--> wheel again: something had come

const (
	// eventsAtOnce is the least that one Wait brings of many.
	eventsAtOnce = 256

	// patience is how many ticks a timer is put off for bytes that are known to be
	// there and wait for their turn. Who never stops sending is not spared for ever.
	patience = 20
)

// timers sets aside what is due, and ends what has waited too long.
func (l *Loop) timers() {
	if len(l.due) == 0 {
		l.dueAt, l.dueFor = l.ctx.Now, 0
		for t := l.wheel.expired(l.dueAt); t != nil; t = l.wheel.expired(l.dueAt) {
			l.due = append(l.due, t)
		}
		return
	}
	// Each Wait that leaves something brings that many: then all have been asked.
	if l.dueFor++; !l.poll.Settled() && l.dueFor < 2+len(l.conns)/eventsAtOnce {
		return
	}
	for i, t := range l.due {
		l.due[i] = nil
		if t.deadline == 0 || t.deadline > l.dueAt {
			continue
		}
		if t.owner != nil && t.put < patience && l.hasCome(t.owner) {
			t.put++
			l.wheel.remove(t)
			l.wheel.file(t, 0)
			continue
		}
		l.wheel.remove(t)
		l.expire(t.owner)
	}
	l.due = l.due[:0]
}

// standstill is how long a pass takes only if the process stood still, or nearly so.
const standstill = 500 * time.Millisecond

// endPass gives back what deadlines lack that were set in this pass: Now is the time
// of its beginning, and the process may have been stopped in the middle. Who was
// answered after that would have been idle for too long at once.
func (l *Loop) endPass() {
	if late := time.Since(l.start) - l.ctx.Now; late >= standstill {
		l.wheel.makeUp(late)
	}
	l.wheel.pass++
}

// hasCome reports whether something is there for the session, and waits for its
// turn.
func (l *Loop) hasCome(s *session) bool {
	for _, c := range [...]*conn{s.client, s.server} {
		if c != nil && c.fd >= 0 && (l.poll.Waiting(c.slot) || c.moving != nil && c.moving.busy) {
			return true
		}
	}
	return false
}

// expire tells the session that its deadline has passed.
func (l *Loop) expire(s *session) {
	if s.Closed() {
		s.client.guarded(true) // what is still queued is lost, and that must be seen
		l.end(s)
		return
	}
	l.step(s, relay.Event{
		Kind:    relay.Expired,
		Reused:  s.server != nil && s.server.uses > 1,
		Calling: s.server.calling(),
		Blocked: s.obstructed(),
		Stalled: s.stalled(),
	})
}

// resumePaused looks at listeners that had to pause.
func (l *Loop) resumePaused() {
	if l.paused == 0 {
		return
	}
	for _, lis := range l.listeners {
		if lis.paused {
			lis.resume()
		}
	}
}
