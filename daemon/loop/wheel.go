package loop

import "time"

// wheel is the timers of one loop: a ring of slots, one a tick. A timer that
// is put off stays where it is until its slot comes round, so that the
// deadline of a busy connection costs a comparison a request.
//
//	slot:   0   1   2  ...  now  ...  ringSize-1
//	        |               |
//	      timers due     looked at next
//
// Deadlines beyond the ring wait in its last slot and are looked at again.
type wheel struct {
	slots [ringSize]*timer
	at    int64 // the tick that was looked at last
	count int
	pass  uint32 // of the loop
}

const (
	tick     = 100 * time.Millisecond
	ringSize = 512
)

// timer is one deadline, embedded in what it belongs to.
type timer struct {
	owner      *session
	next, prev *timer
	slot       int64         // tick it is filed under; 0 is not filed
	deadline   time.Duration // 0 is none
	put        uint8         // how often it was put off when it was due
	pass       uint32        // in which the deadline was set
}

// set gives t a deadline on the loop's clock; 0 takes it away.
func (w *wheel) set(t *timer, deadline time.Duration) {
	if t.deadline != deadline {
		t.deadline, t.put, t.pass = deadline, 0, w.pass
	}
	if deadline == 0 {
		w.remove(t)
		return
	}
	due := int64((deadline + tick - 1) / tick)
	if t.slot != 0 && t.slot <= due {
		return
	}
	w.remove(t)
	w.file(t, due)
}

func (w *wheel) file(t *timer, due int64) {
	due = min(max(due, w.at+1), w.at+ringSize-1)
	t.slot = due
	head := &w.slots[due%ringSize]
	t.prev, t.next = nil, *head
	if *head != nil {
		(*head).prev = t
	}
	*head = t
	w.count++
}

func (w *wheel) remove(t *timer) {
	if t.slot == 0 {
		return
	}
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		w.slots[t.slot%ringSize] = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.next, t.prev, t.slot = nil, nil, 0
	w.count--
}

// expired takes out and returns one timer whose deadline has passed, or nil.
func (w *wheel) expired(now time.Duration) *timer {
	for last := int64(now / tick); w.at < last; w.at++ {
		for t := w.slots[(w.at+1)%ringSize]; t != nil; t = w.slots[(w.at+1)%ringSize] {
			w.remove(t)
			if t.deadline <= now {
				return t
			}
			w.file(t, int64((t.deadline+tick-1)/tick)) // in a later slot, since it lies after now
		}
		if w.count == 0 {
			w.at = last
			return nil
		}
	}
	return nil
}

// makeUp puts off, by what the clock has gone on since this pass began, the deadlines
// that were set in it. It looks at every timer.
func (w *wheel) makeUp(late time.Duration) {
	for _, head := range w.slots {
		for t := head; t != nil; t = t.next {
			if t.pass == w.pass && t.deadline > 0 {
				t.deadline += late
			}
		}
	}
}

// wait is how long there is nothing to look at.
func (w *wheel) wait(now time.Duration) time.Duration {
	if w.count == 0 {
		return time.Hour
	}
	for i := int64(1); i < ringSize; i++ {
		if w.slots[(w.at+i)%ringSize] != nil {
			return max(time.Duration(w.at+i)*tick-now, 0)
		}
	}
	return tick
}
