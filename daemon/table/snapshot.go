package table

// Snapshot is the whole table at one time. It never changes, and services that
// a transaction did not touch are the same pointers as in the snapshot before.
type Snapshot struct {
	Generation uint64     // one more with every Update
	Services   []*Service // newest first

	// leaving are services that were deleted while they ran, and still have
	// connections, which are served to their end.
	leaving []*Service

	byName map[string]*Service
	bySlot []*Service // nil where the slot is free
}

func newSnapshot(generation uint64, services, leaving []*Service) *Snapshot {
	s := &Snapshot{
		Generation: generation,
		Services:   services,
		leaving:    leaving,
		byName:     make(map[string]*Service, len(services)),
	}
	for _, svc := range services {
		s.byName[svc.Name] = svc
	}
	for _, list := range [][]*Service{services, leaving} {
		for _, svc := range list {
			if missing := svc.Live.Slot + 1 - len(s.bySlot); missing > 0 {
				s.bySlot = append(s.bySlot, make([]*Service, missing)...)
			}
			s.bySlot[svc.Live.Slot] = svc
		}
	}
	return s
}

// Lookup returns the service of that name, or nil.
func (s *Snapshot) Lookup(name string) *Service { return s.byName[name] }

// At returns the service that live belongs to as it stands in this snapshot, nil
// when it has been deleted. One that was deleted while it ran stays as it was then
// for as long as it has connections.
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
	for _, list := range [][]*Service{s.Services, s.leaving} {
		for _, svc := range list {
			if now := next.At(svc.Live); now != svc && svc.Matcher != nil && (now == nil || now.Matcher != svc.Matcher) {
				svc.Matcher.Retire()
			}
		}
	}
}

// left are those that are leaving once services are the table.
func (s *Snapshot) left(services []*Service) (leaving []*Service) {
	stays := make(map[*ServiceLive]bool, len(services))
	for _, svc := range services {
		stays[svc.Live] = true
	}
	for _, svc := range s.Services {
		if svc.Running && !stays[svc.Live] {
			leaving = append(leaving, svc)
		}
	}
	for _, svc := range s.leaving {
		if svc.Live.Conns.Load() > 0 {
			leaving = append(leaving, svc)
		}
	}
	return leaving
}
