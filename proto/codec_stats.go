package proto

// counters are the attributes of Stats, with their place in it.
var counters = [...]struct {
	typ   uint
	field func(*Stats) *uint64
}{
	{StatsAttrConns, func(s *Stats) *uint64 { return &s.Conns }},
	{StatsAttrRequests, func(s *Stats) *uint64 { return &s.Requests }},
	{StatsAttrInBytes, func(s *Stats) *uint64 { return &s.InBytes }},
	{StatsAttrOutBytes, func(s *Stats) *uint64 { return &s.OutBytes }},
	{StatsAttrErrors, func(s *Stats) *uint64 { return &s.Errors }},
	{StatsAttrLimited, func(s *Stats) *uint64 { return &s.Limited }},
	{StatsAttrUnconnected, func(s *Stats) *uint64 { return &s.Unconnected }},
	{StatsAttrResets, func(s *Stats) *uint64 { return &s.Resets }},
	{StatsAttrTimeouts, func(s *Stats) *uint64 { return &s.Timeouts }},
	{StatsAttrBadResponses, func(s *Stats) *uint64 { return &s.BadResponses }},
}

func (e *encoder) stats(typ uint, s *Stats) {
	e.nest(typ, func() {
		for _, c := range counters {
			e.counter(c.typ, *c.field(s))
		}
	})
}

func (d *decoder) stats(v value) (s Stats, err error) {
	var all uint64
	for _, c := range counters {
		all |= bits(c.typ)
	}
	err = d.walk(statsSet, all, 0, v, func(typ uint, v value) error {
		for _, c := range counters {
			if c.typ == typ {
				*c.field(&s) = v.counter()
			}
		}
		return nil
	})
	return s, err
}
