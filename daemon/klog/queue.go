package klog

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// Queue hands lines to a writer that may be slow, or stand still, or fail, on a
// goroutine of its own: whoever logs never waits. What does not fit is lost,
// and the next line that fits follows one that says how many were.
type Queue struct {
	to    io.Writer
	lines chan []byte
	done  chan struct{} // closed when all is written

	mu     sync.Mutex
	lost   int
	notice *Logger // writes to said
	said   bytes.Buffer
	closed bool
}

// queued is how many lines may wait.
const queued = 4096

// NewQueue starts a queue of lines of a format to w.
func NewQueue(w io.Writer, format Format) *Queue {
	q := &Queue{to: w, lines: make(chan []byte, queued), done: make(chan struct{})}
	q.notice = New(Options{Format: format, Target: &q.said, Level: func() int32 { return Announce }})
	go func() {
		defer close(q.done)
		for line := range q.lines {
			_, _ = q.to.Write(line) // there is nobody left to tell
		}
	}()
	return q
}

// Write takes one line and does not fail.
func (q *Queue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return len(line), nil
	}
	if q.lost > 0 && len(q.lines) < queued {
		q.said.Reset()
		q.notice.Say(Announce, "the log's reader was too slow", "lost", q.lost)
		if q.offer(q.said.Bytes()) {
			q.lost = 0
		}
	}
	if q.lost > 0 || !q.offer(line) {
		q.lost++
	}
	return len(line), nil
}

// offer queues a copy of the line, if there is room.
func (q *Queue) offer(line []byte) bool {
	if len(q.lines) == queued {
		return false
	}
	select {
	case q.lines <- bytes.Clone(line):
		return true
	default:
		return false
	}
}

// Close waits until all lines are written, for at most d.
func (q *Queue) Close(d time.Duration) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.lines)
	}
	q.mu.Unlock()
	select {
	case <-q.done:
	case <-time.After(d):
	}
}
