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

// Scheduler returns the scheduler of that name, loaded or not: it is loaded once a
// change that uses it has taken effect. table.ErrNoScheduler.
func (r *Registry) Scheduler(name string) (*table.Scheduler, error) { return find(name) }

// Has reports whether a scheduler is loaded. table.ErrNoScheduler.
func (r *Registry) Has(name string) (bool, error) {
	if _, err := find(name); err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loaded[name], nil
}

// Set loads a scheduler that there is, or unloads it. Whether a service uses it is
// for the caller to know.
func (r *Registry) Set(name string, loaded bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if loaded {
		r.loaded[name] = true
	} else {
		delete(r.loaded, name)
	}
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
