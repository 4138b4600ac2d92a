package table

// Snapshot is the whole table at one time. It never changes, and services that
// a transaction did not touch are the same pointers as in the snapshot before.
type Snapshot struct {
	Generation uint64     // one more with every Update
	Services   []*Service // newest first

	byName map[string]*Service
	bySlot []*Service // nil where the slot is free
}

func newSnapshot(generation uint64, services []*Service) *Snapshot {
	s := &Snapshot{
		Generation: generation,
		Services:   services,
		byName:     make(map[string]*Service, len(services)),
	}
	slots := 0
	for _, svc := range services {
		s.byName[svc.Name] = svc
		slots = max(slots, svc.Live.Slot+1)
	}
	s.bySlot = make([]*Service, slots)
	for _, svc := range services {
		s.bySlot[svc.Live.Slot] = svc
	}
	return s
}

// Lookup returns the service of that name, or nil.
func (s *Snapshot) Lookup(name string) *Service { return s.byName[name] }

// At returns the service that live belongs to as it stands in this snapshot,
// nil when it has been deleted.
func (s *Snapshot) At(live *ServiceLive) *Service {
	if live.Slot >= len(s.bySlot) {
		return nil
	}
	if svc := s.bySlot[live.Slot]; svc != nil && svc.Live == live {
		return svc
	}
	return nil
}

// Retire gives the memory of what next does not share with s to the changes to
// come. By then nobody may be choosing servers by s, and nobody may afterwards;
// to list it goes on being right.
func (s *Snapshot) Retire(next *Snapshot) {
	for _, svc := range s.Services {
		if now := next.Lookup(svc.Name); now != svc && svc.Matcher != nil && (now == nil || now.Matcher != svc.Matcher) {
			svc.Matcher.Retire()
		}
	}
}
