package sched

import (
	"sync"

	"ktcpvs/daemon/table"
)

// all are the schedulers there are, in the reference's order.
var all = []*table.Scheduler{&wlc, &http, &phttp, &chttp, &hhttp}

// Registry knows which schedulers are loaded: none at first. It is the table's
// Schedulers, and may be used by any goroutine.
type Registry struct {
	mu     sync.Mutex
	loaded map[string]bool
}

// NewRegistry returns a registry with nothing loaded.
func NewRegistry() *Registry { return &Registry{loaded: map[string]bool{}} }

// Scheduler returns the scheduler of that name, and loads it if it is not
// loaded. table.ErrNoScheduler.
func (r *Registry) Scheduler(name string) (*table.Scheduler, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loaded[name] = true
	return s, nil
}

// Load loads a scheduler by hand. table.ErrNoScheduler; table.ErrExists when it
// is loaded.
func (r *Registry) Load(name string) error {
	if _, err := find(name); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.loaded[name] {
		return table.Refuse(table.ErrExists, "scheduler %q", name)
	}
	r.loaded[name] = true
	return nil
}

// Unload unloads a scheduler, unless a service uses it. table.ErrNoScheduler
// when there is none of that name or it is not loaded; table.ErrBusy.
func (r *Registry) Unload(name string, inUse bool) error {
	if _, err := find(name); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.loaded[name]:
		return table.Refuse(table.ErrNoScheduler, "scheduler %q", name)
	case inUse:
		return table.Refuse(table.ErrBusy, "a service uses scheduler %q", name)
	}
	delete(r.loaded, name)
	return nil
}

// Loaded returns the names of the loaded schedulers, in the order of Names.
func (r *Registry) Loaded() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, s := range all {
		if r.loaded[s.Name] {
			names = append(names, s.Name)
		}
	}
	return names
}

// Names returns the names of all schedulers there are.
func (r *Registry) Names() []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	return names
}

func find(name string) (*table.Scheduler, error) {
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, table.Refuse(table.ErrNoScheduler, "%q, expected one of wlc, http, phttp, chttp, hhttp", name)
}
