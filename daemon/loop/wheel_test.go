package loop

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEveryTimerFiresWithinATickOfItsLatestDeadline compares any sequence of
// settings with the plain list of deadlines.
func TestEveryTimerFiresWithinATickOfItsLatestDeadline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		now := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "begin"))
		w.at = int64(now / tick)
		timers := make([]timer, 5)
		want := make([]time.Duration, len(timers)) // 0: not set
		in := make([]uint32, len(timers))          // the pass that they were set in
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(timers)-1).Draw(t, "timer")
			switch rapid.SampledFrom([]string{"set", "take away", "wait", "end a pass", "end a late pass"}).Draw(t, "step") {
			case "set":
				deadline := now + time.Duration(rapid.Int64Range(1, int64(4*time.Minute)).Draw(t, "in"))
				if deadline != want[i] {
					want[i], in[i] = deadline, w.pass
				}
				w.set(&timers[i], want[i])
			case "take away":
				want[i] = 0
				w.set(&timers[i], 0)
			case "end a late pass":
				late := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "late"))
				for k := range want {
					if want[k] != 0 && in[k] == w.pass {
						want[k] += late
					}
				}
				w.makeUp(late)
				w.pass++
			case "end a pass":
				w.pass++
			case "wait":
				now += time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "for"))
				for e := w.expired(now); e != nil; e = w.expired(now) {
					fired := -1
					for k := range timers {
						if e == &timers[k] {
							fired = k
						}
					}
					if want[fired] == 0 || want[fired] > now {
						t.Fatalf("timer %d fired at %v, it is set to %v", fired, now, want[fired])
					}
					want[fired] = 0
				}
				for k, deadline := range want {
					if deadline != 0 && deadline+2*tick <= now {
						t.Fatalf("timer %d, set to %v, has not fired at %v", k, deadline, now)
					}
				}
			}
			var next time.Duration
			for _, deadline := range want {
				if deadline != 0 && (next == 0 || deadline < next) {
					next = deadline
				}
			}
			if next != 0 && w.wait(now) > max(next-now, 0)+2*tick {
				t.Fatalf("would wait %v at %v although a timer is set to %v", w.wait(now), now, next)
			}
		}
	})
}

func BenchmarkPutOffATimer(b *testing.B) {
	var w wheel
	var t timer
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.set(&t, time.Duration(i)+30*time.Second)
	}
}
