package sched

import (
	"errors"
	"slices"
	"testing"

	"ktcpvs/daemon/table"
)

func TestNothingIsLoadedAtFirst(t *testing.T) {
	r := NewRegistry()
	if got := r.Loaded(); len(got) != 0 {
		t.Errorf("loaded %v, want nothing", got)
	}
	if got, want := r.Names(), []string{"wlc", "http", "phttp", "chttp", "hhttp"}; !slices.Equal(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
}

func TestASchedulerIsFoundAndNotLoaded(t *testing.T) {
	r := NewRegistry()
	first, err := r.Scheduler("hhttp")
	if err != nil || first.Name != "hhttp" {
		t.Fatalf("Scheduler(hhttp) = %v, %v", first, err)
	}
	if got := r.Loaded(); len(got) != 0 {
		t.Errorf("loaded %v, want nothing", got)
	}
	if again, err := r.Scheduler("hhttp"); err != nil || again != first {
		t.Errorf("the second use gives %v, %v; want the same scheduler", again, err)
	}
}

func TestModulesLoadAndUnloadByName(t *testing.T) {
	r := NewRegistry()
	for _, loaded := range []bool{true, true, false, false, true} {
		r.Set("wlc", loaded)
		if has, err := r.Has("wlc"); has != loaded || err != nil {
			t.Errorf("wlc is loaded: %v, %v; want %v", has, err, loaded)
		}
	}
	if _, err := r.Has("ftp"); !errors.Is(err, table.ErrNoScheduler) {
		t.Errorf("ftp: %v, want ErrNoScheduler", err)
	}
	if _, err := r.Scheduler("ftp"); !errors.Is(err, table.ErrNoScheduler) {
		t.Errorf("Scheduler(ftp): %v, want ErrNoScheduler", err)
	}
	if got := r.Loaded(); !slices.Equal(got, []string{"wlc"}) {
		t.Errorf("loaded %v, want wlc", got)
	}
}

func TestSchedulersAreAsTheReferenceSays(t *testing.T) {
	want := []struct {
		name                         string
		unit                         table.Unit
		content, affinity, hashGroup bool
	}{
		{"wlc", table.PerConnection, false, false, false},
		{"http", table.PerConnection, true, false, false},
		{"phttp", table.PerRequest, true, false, false},
		{"chttp", table.PerRequest, true, true, false},
		{"hhttp", table.PerConnection, true, false, true},
	}
	r := NewRegistry()
	for _, w := range want {
		s, err := r.Scheduler(w.name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Unit != w.unit || s.Content != w.content || s.Affinity != w.affinity || s.HashGroup != w.hashGroup {
			t.Errorf("%s is %+v, want %+v", w.name, s, w)
		}
	}
}
