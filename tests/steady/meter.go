package steady

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// What may be taken from a test by others before what it measures is doubtful.
const (
	othersMost = 0.15 // processors
	unseenMost = 0.40 // processors: by ticks, which are coarse
	stolenMost = 0.05 // processors
	slowerMost = 1.6  // of the same work, by the thread's own clock

	saturated = 0.70 // of the processors' time
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
	if runtime.NumCPU() < 2 {
		return "the test shares its only processor with what it measures"
	}
	after, span := use(), time.Since(m.began)
	slower := max(m.spin, spin())
	return disturbance(after.since(m.before), span, float64(slower)/float64(fastest.Load()))
}

// TooBusy says why what was to be done in time may have been late since the meter
// began: the machine was disturbed, or the test itself kept the processors busy.
// It is "" when neither was so.
func (m *Meter) TooBusy() string {
	if disturbed := m.Disturbed(); disturbed != "" {
		return disturbed
	}
	span := time.Since(m.began) * time.Duration(runtime.NumCPU())
	return saturation(float64(use().since(m.before).busy) / float64(max(span, time.Millisecond)))
}

func saturation(share float64) string {
	if share > saturated {
		return fmt.Sprintf("the processors were busy for %.0f %% of the time", 100*share)
	}
	return ""
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

// fastest is the least time, in nanoseconds, that the work of spin has taken in
// this process. Tests that run side by side lower it.
var fastest atomic.Int64

func init() { fastest.Store(int64(time.Hour)) }

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
	for known := fastest.Load(); int64(best) < known && !fastest.CompareAndSwap(known, int64(best)); {
		known = fastest.Load()
	}
	return best
}

func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
