package steady

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// What may be taken from a test by others before what it measures is doubtful.
const (
	othersMost = 0.15 // processors
	unseenMost = 0.40 // processors: by ticks, which are coarse
	stolenMost = 0.05 // processors
	slowerMost = 1.6  // of the same work, by the thread's own clock
)

// Meter tells whether others have used the machine since it began.
type Meter struct {
	began  time.Time
	before usage
	spin   time.Duration
}

// Begin begins to look.
func Begin() *Meter { return &Meter{time.Now(), use(), spin()} }

// Disturbed says what has disturbed the machine since the meter began, "" when
// nothing did.
func (m *Meter) Disturbed() string {
	after, span := use(), time.Since(m.began)
	slower := max(m.spin, spin())
	return disturbance(after.since(m.before), span, float64(slower)/float64(fastest))
}

func disturbance(u usage, span time.Duration, slower float64) string {
	share := func(d time.Duration) float64 { return float64(d) / float64(max(span, time.Millisecond)) }
	// A process's time is told in hundredths of a second, and so are ticks.
	const coarse = 50 * time.Millisecond
	switch {
	case share(u.others-coarse) > othersMost:
		return fmt.Sprintf("other programs used %.2f processors", share(u.others))
	case share(u.unseen()-coarse) > unseenMost:
		return fmt.Sprintf("somebody unseen used %.2f processors", share(u.unseen()))
	case share(u.stolen-coarse) > stolenMost:
		return fmt.Sprintf("the host took %.2f processors", share(u.stolen))
	case u.throttled > 0:
		return fmt.Sprintf("the group of processes was stopped for %v", u.throttled)
	case slower > slowerMost:
		return fmt.Sprintf("the processor was %.1f times slower than at best", slower)
	}
	return ""
}

// fastest is the least time that the work of spin has taken in this process.
var fastest = time.Hour

// spin is the time that a thread has used up for the same work as ever, which
// grows where the processor is shared in ways that the system does not tell.
// The best of some tries counts, since one may meet an interrupt.
func spin() time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Hour
	for range 5 {
		began := threadTime()
		x := uint64(1)
		for range 300_000 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		runtime.KeepAlive(x) // so that the work is done
		best = min(best, threadTime()-began)
	}
	fastest = min(fastest, best)
	return best
}

func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
