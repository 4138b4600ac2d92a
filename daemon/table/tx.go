package table

import (
	"cmp"
	"net/netip"
	"slices"
)

// Tx is a transaction: a description of the next table, by changes to the
// present one. Each change is checked against all those before it; one that is
// refused changes nothing.
type Tx struct {
	store *Store
	base  *Snapshot

	// drafts holds the services that were touched, by name; nil for one that
	// was deleted. added are those not in base, oldest first; one that was
	// deleted again is not the draft of its name any more.
	drafts map[string]*draft
	added  []*draft

	replacing bool // every service of base was taken away at first
}

func newTx(s *Store) *Tx {
	return &Tx{store: s, base: s.Snapshot(), drafts: map[string]*draft{}}
}

// AddService adds a service, as the newest. ErrExists, ErrNoScheduler,
// ErrInvalid.
func (tx *Tx) AddService(spec ServiceSpec) error {
	if err := spec.check(); err != nil {
		return err
	}
	if tx.peek(spec.Name) != nil {
		return Refuse(ErrExists, "service %q", spec.Name)
	}
	spec = spec.defaults()
	scheduler, err := tx.store.schedulers.Scheduler(spec.Scheduler)
	if err != nil {
		return err
	}
	if err := spec.checkTwice(); err != nil {
		return err
	}
	d := newDraft(spec.Name, tx.store.loops)
	if was := tx.base.Lookup(spec.Name); was != nil && tx.replacing {
		d.succeed(was)
	}
	if err := d.next.apply(spec); err != nil {
		return err
	}
	d.setScheduler(scheduler)
	tx.drafts[spec.Name] = d
	tx.added = append(tx.added, d)
	return nil
}

// SetService changes what spec gives of a service. ErrNoService,
// ErrNoScheduler, ErrInvalid.
func (tx *Tx) SetService(spec ServiceSpec) error {
	if err := spec.check(); err != nil {
		return err
	}
	d, err := tx.open(spec.Name)
	if err != nil {
		return err
	}
	if spec.Scheduler != "" {
		scheduler, err := tx.store.schedulers.Scheduler(spec.Scheduler)
		if err != nil {
			return err
		}
		d.setScheduler(scheduler)
	}
	if err := spec.listensOver(&d.next); err != nil {
		return err
	}
	return d.next.apply(spec)
}

// apply takes over the plain values that spec gives, or none of them.
func (s *Service) apply(spec ServiceSpec) error {
	if err := s.setNumbers(&spec); err != nil {
		return err
	}
	s.Listen, s.Also = spec.Listen, spec.Also
	if spec.ClearRedirect {
		s.Redirect = netip.AddrPort{}
	}
	if spec.Redirect.IsValid() {
		s.Redirect = merge(spec.Redirect, netip.AddrPort{})
	}
	s.Via = cmp.Or(spec.Via, s.Via)
	for _, w := range [...]struct {
		to    *bool
		given Switch
	}{{&s.AllowLoop, spec.AllowLoop}, {&s.Freebind, spec.Freebind}, {&s.V6Only, spec.V6Only}} {
		if w.given != NotGiven {
			*w.to = w.given == SwitchOn
		}
	}
	if spec.State != NotGiven {
		s.Running = spec.State == SwitchOn
	}
	return nil
}

// DelService deletes a service with its servers and rules. ErrNoService;
// ErrBusy while it runs.
func (tx *Tx) DelService(name string) error {
	svc := tx.peek(name)
	if svc == nil {
		return noService(name)
	}
	if svc.Running {
		return stopFirst(name)
	}
	tx.drafts[name] = nil
	return nil
}

// Flush deletes every service. ErrBusy while one runs.
func (tx *Tx) Flush() error {
	names := tx.Names()
	for _, name := range names {
		if tx.peek(name).Running {
			return stopFirst(name)
		}
	}
	for _, name := range names {
		tx.drafts[name] = nil
	}
	tx.added = nil
	return nil
}

// SetRunning notes that a service has been started or stopped. ErrNoService.
func (tx *Tx) SetRunning(name string, running bool) error {
	d, err := tx.open(name)
	if err != nil {
		return err
	}
	d.next.Running = running
	return nil
}

// Names returns the services there are at this point, newest first.
func (tx *Tx) Names() []string {
	var names []string
	for _, d := range slices.Backward(tx.added) {
		if tx.drafts[d.next.Name] == d {
			names = append(names, d.next.Name)
		}
	}
	for _, svc := range tx.base.Services {
		if d, touched := tx.drafts[svc.Name]; !touched || d != nil && d.was == svc && d.before == nil {
			names = append(names, svc.Name)
		}
	}
	return names
}

// Uses reports whether a service has that scheduler at this point.
func (tx *Tx) Uses(scheduler string) bool {
	return slices.ContainsFunc(tx.Names(), func(name string) bool { return tx.peek(name).Scheduler.Name == scheduler })
}

// Running tells whether a service runs at this point. ErrNoService.
func (tx *Tx) Running(name string) (bool, error) {
	svc := tx.peek(name)
	if svc == nil {
		return false, noService(name)
	}
	return svc.Running, nil
}

// peek returns a service's plain values at this point, nil when there is no
// such service.
func (tx *Tx) peek(name string) *Service {
	d, touched := tx.drafts[name]
	switch {
	case !touched:
		return tx.base.Lookup(name)
	case d == nil:
		return nil
	}
	return &d.next
}

// open returns the draft of a service, to be changed.
func (tx *Tx) open(name string) (*draft, error) {
	if d, touched := tx.drafts[name]; touched {
		if d == nil {
			return nil, noService(name)
		}
		return d, nil
	}
	svc := tx.base.Lookup(name)
	if svc == nil {
		return nil, noService(name)
	}
	d := openDraft(svc, tx.store.loops)
	tx.drafts[name] = d
	return d, nil
}

// build makes the next snapshot; it is the present one when nothing changed.
func (tx *Tx) build() (*Snapshot, error) {
	if len(tx.drafts) == 0 {
		return tx.base, nil
	}
	names := tx.Names()
	services := make([]*Service, 0, len(names))
	for _, name := range names {
		svc := tx.base.Lookup(name)
		if d := tx.drafts[name]; d != nil {
			var err error
			if svc, err = d.build(tx.store.limits); err != nil {
				return nil, err
			}
		}
		services = append(services, svc)
	}
	if tx.replacing && slices.Equal(services, tx.base.Services) {
		return tx.base, nil
	}
	leaving := tx.base.left(services)
	assignSlots(services, leaving)
	return newSnapshot(tx.base.Generation+1, services, leaving), nil
}

// assignSlots gives services that have none the lowest slots that are free.
func assignSlots(services, leaving []*Service) {
	taken := map[int]bool{}
	for _, list := range [][]*Service{services, leaving} {
		for _, svc := range list {
			taken[svc.Live.Slot] = true
		}
	}
	free := 0
	for _, svc := range slices.Backward(services) {
		if svc.Live.Slot != noSlot {
			continue
		}
		for taken[free] {
			free++
		}
		svc.Live.Slot = free
		free++
	}
}

func noService(name string) error { return Refuse(ErrNoService, "service %q", name) }

func stopFirst(name string) error {
	return Refuse(ErrBusy, "service %q: stop it first", name)
}
