package proto

// dest appends the attributes of d that are in mask.
func (e *encoder) dest(d *Dest, mask uint64) {
	e.string(destSet, DestAttrService, d.Service)
	if mask&bits(DestAttrAddress) != 0 {
		e.endpoint(DestAttrAddress, d.Addr, endpointAddress)
	}
	if mask&bits(DestAttrWeight) != 0 {
		e.number(destSet, DestAttrWeight, int64(d.Weight))
	}
	if mask&bits(DestAttrStats) != 0 {
		e.counter(DestAttrActiveConns, d.ActiveConns)
		e.stats(DestAttrStats, &d.Stats)
	}
	if mask&bits(DestAttrDown) != 0 && d.Down != "" {
		e.string(destSet, DestAttrDown, d.Down)
	}
}

func (d *decoder) dest(v value, must, may uint64) (t Dest, err error) {
	err = d.walk(destSet, must, may, v, func(typ uint, v value) (err error) {
		switch typ {
		case DestAttrService:
			t.Service = v.string()
		case DestAttrAddress:
			t.Addr, err = d.endpoint(v, endpointAddress)
		case DestAttrWeight:
			t.Weight = uint32(v.number(kindU32))
		case DestAttrActiveConns:
			t.ActiveConns = v.counter()
		case DestAttrStats:
			t.Stats, err = d.stats(v)
		case DestAttrDown:
			t.Down = v.string()
		}
		return err
	})
	return t, err
}
