package table

import (
	"sync"
	"sync/atomic"

	"ktcpvs/daemon/match"
)

// Store holds the current Snapshot. Readers never wait for the writer.
type Store struct {
	schedulers Schedulers
	loops      int
	limits     match.Limits

	write   sync.Mutex // one Update at a time
	current atomic.Pointer[Snapshot]
}

// NewStore returns a store with an empty table at generation 0. Counters get
// a cell for each of loops event loops; the rules of a service must keep
// within limits.
func NewStore(schedulers Schedulers, loops int, limits match.Limits) *Store {
	s := &Store{schedulers: schedulers, loops: loops, limits: limits}
	s.current.Store(newSnapshot(0, nil, nil))
	return s
}

// Begin makes generation that of the table, which is empty yet. Nobody may use the
// store meanwhile.
func (s *Store) Begin(generation uint64) { s.current.Store(newSnapshot(generation, nil, nil)) }

// Snapshot returns the table as it is now, by one atomic load.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Update runs change and publishes what it did to the table as one new
// Snapshot; none when it did nothing. When change or the building of the snapshot
// fails, nothing is published and the error is returned. Updates wait for each
// other; change must not call Update, nor keep the Tx.
//
// The cost is that of what the transaction touched, and a walk over the list
// of services. Rules are compiled once for each service whose patterns changed.
func (s *Store) Update(change func(*Tx) error) error {
	return s.UpdateWhen(change, func(*Snapshot) error { return nil })
}

// UpdateWhen is Update with a last word before the snapshot is published: what must
// be done by then, and may fail. ready gets the present one when nothing changed.
func (s *Store) UpdateWhen(change func(*Tx) error, ready func(next *Snapshot) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	tx := newTx(s)
	if err := change(tx); err != nil {
		return err
	}
	next, err := tx.build()
	if err != nil {
		return err
	}
	if err := ready(next); err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}
