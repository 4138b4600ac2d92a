package wait

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a test that others watch fail.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// fails gives what a test says that fails, and how long it takes for that.
func fails(t *testing.T, test func(testing.TB)) (said string, took time.Duration) {
	synctest.Test(t, func(*testing.T) {
		f, done, began := &failing{}, make(chan bool), time.Now()
		go func() { defer close(done); test(f) }()
		<-done
		said, took = f.said, time.Since(began)
	})
	return said, took
}

func TestWhatNeverComesEndsTheTestAtTheLimitAndSaysHowThingsWere(t *testing.T) {
	said, took := fails(t, func(t testing.TB) { UntilIs(t, "five", 5, func() int { return 4 }) })
	if !strings.Contains(said, "five") || !strings.Contains(said, "4, expected 5") || took < Limit || took > Limit+time.Second {
		t.Errorf("%q after %v", said, took)
	}
	said, took = fails(t, func(t testing.TB) { For(t, "a word", make(chan string)) })
	if !strings.Contains(said, "a word") || took < Limit || took > Limit+time.Second {
		t.Errorf("%q after %v", said, took)
	}
}

func TestWhatComesEndsTheWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		Until(t, "a second is over", func() bool { return time.Since(began) >= time.Second })
		if took := time.Since(began); took > time.Second+often {
			t.Errorf("it took %v", took)
		}
		c := make(chan int, 1)
		c <- 7
		if got := For(t, "seven", c); got != 7 {
			t.Errorf("%d, expected 7", got)
		}
	})
}

func TestWhatSettlesIsGivenOnceItDoesNotChangeAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got := Settles(t, time.Second, "a count", func() int64 { return min(int64(time.Since(began)/time.Millisecond), 500) })
		if took := time.Since(began); got != 500 || took < 1500*time.Millisecond || took > 1500*time.Millisecond+2*often {
			t.Errorf("%d after %v, expected 500 after 1.5s", got, took)
		}
	})
	if said, took := fails(t, func(t testing.TB) {
		n := 0
		Settles(t, time.Second, "a count", func() int { n++; return n })
	}); !strings.Contains(said, "a count") || took < Limit {
		t.Errorf("%q after %v", said, took)
	}
}

func TestWhatIsToStayFailsWhenItDoesNot(t *testing.T) {
	n := 0
	said, took := fails(t, func(t testing.TB) { Stays(t, time.Second, "below three", func() bool { n++; return n < 3 }) })
	if !strings.Contains(said, "below three") || took > time.Second {
		t.Errorf("%q after %v", said, took)
	}
	if said, took := fails(t, func(t testing.TB) { Stays(t, time.Second, "so", func() bool { return true }) }); said != "" || took < time.Second {
		t.Errorf("%q after %v", said, took)
	}
}
