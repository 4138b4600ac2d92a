package control

import (
	"context"
	"testing"
)

// loaded is a fixture with one service, which runs, and an unloader that waits
// for connections as the test says.
func loaded(t *testing.T, wait func(f *fixture) error) (*fixture, *Unloader) {
	t.Helper()
	f := newFixture(t)
	u := NewUnloader(f.control, func(context.Context) error { return wait(f) })
	f.must(t, newService("web"))
	if err := f.Start("web"); err != nil {
		t.Fatal(err)
	}
	return f, u
}

func (f *fixture) unload(t *testing.T, value int64) {
	t.Helper()
	if err := f.knobs.Unload.Set(value); err != nil {
		t.Fatal(err)
	}
}

func TestUnloadStopsWaitsAndFlushes(t *testing.T) {
	asked, answer := make(chan int), make(chan bool)
	f, u := loaded(t, func(f *fixture) error {
		asked <- len(f.runtime.running)
		<-answer
		return nil
	})
	f.unload(t, 1)
	if running := <-asked; running != 0 {
		t.Errorf("%d services run while connections are waited for, want 0", running)
	}
	if n := len(f.store.Snapshot().Services); n != 1 {
		t.Errorf("the table has %d services while connections are waited for, want 1", n)
	}
	close(answer)
	u.running.Wait()
	if n := len(f.store.Snapshot().Services); n != 0 {
		t.Errorf("the table has %d services after the unload, want 0", n)
	}
}

// The change that is under way is the test itself, which holds the lock.
func TestAnUnloadThatIsTakenBackBehindAChangeFlushesNothing(t *testing.T) {
	waiting := make(chan bool)
	f, u := loaded(t, func(f *fixture) error {
		f.control.mu.Lock()
		close(waiting)
		return nil
	})
	f.unload(t, 1)
	<-waiting
	f.unload(t, 0)
	f.control.mu.Unlock()
	u.running.Wait()
	if n := len(f.store.Snapshot().Services); n != 1 {
		t.Errorf("the table has %d services after an unload that was taken back, want 1", n)
	}
}

func TestAnUnloadThatIsTakenBackBehindAChangeStopsNothing(t *testing.T) {
	f, u := loaded(t, func(*fixture) error { return nil })
	f.control.mu.Lock()
	f.unload(t, 1)
	f.unload(t, 0)
	f.control.mu.Unlock()
	u.running.Wait()
	if len(f.runtime.running) != 1 || len(f.store.Snapshot().Services) != 1 {
		t.Errorf("%d services of %d run after an unload that was taken back, want 1 of 1",
			len(f.runtime.running), len(f.store.Snapshot().Services))
	}
}

func TestASecondUnloadIsNotTakenForTheFirst(t *testing.T) {
	f, u := loaded(t, func(*fixture) error { return nil })
	f.control.mu.Lock()
	for range 10 {
		f.unload(t, 1)
		f.unload(t, 0)
	}
	f.unload(t, 1)
	f.control.mu.Unlock()
	u.running.Wait()
	if n := len(f.store.Snapshot().Services); n != 0 {
		t.Errorf("the table has %d services after the last unload, which was not taken back, want 0", n)
	}
	u.Stop()
	f.must(t, newService("later"))
	f.unload(t, 0)
	f.unload(t, 1)
	u.running.Wait()
	if n := len(f.store.Snapshot().Services); n != 1 {
		t.Errorf("the table has %d services after an unload that nobody follows, want 1", n)
	}
}
