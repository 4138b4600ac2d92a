package proto

import "time"

func (e *encoder) entry(x *Entry) {
	e.nest(AttrEntry, func() {
		e.counter(EntryAttrNumber, x.Number)
		e.counter(EntryAttrGeneration, x.Generation)
		e.counter(EntryAttrTime, uint64(x.Time.UnixNano()))
		e.string(entrySet, EntryAttrWay, x.Way)
		e.number(entrySet, EntryAttrUID, int64(x.UID))
		e.number(entrySet, EntryAttrPID, int64(x.PID))
		if x.HasLogin {
			e.number(entrySet, EntryAttrLogin, int64(x.Login))
		}
		if x.Program != "" {
			e.string(entrySet, EntryAttrProgram, x.Program)
		}
		for _, list := range []struct {
			typ   uint
			lines []string
		}{
			{EntryAttrService, x.Services}, {EntryAttrChange, x.Changes}, {EntryAttrBefore, x.Before}, {EntryAttrAfter, x.After},
		} {
			for _, line := range list.lines {
				e.string(entrySet, list.typ, line)
			}
		}
	})
}

func (d *decoder) entry(v value) (x Entry, err error) {
	must := bits(EntryAttrNumber, EntryAttrGeneration, EntryAttrTime, EntryAttrWay, EntryAttrUID, EntryAttrPID)
	may := bits(EntryAttrLogin, EntryAttrProgram, EntryAttrService, EntryAttrChange, EntryAttrBefore, EntryAttrAfter)
	err = d.walk(entrySet, must, may, v, func(typ uint, v value) error {
		switch typ {
		case EntryAttrNumber:
			x.Number = v.counter()
		case EntryAttrGeneration:
			x.Generation = v.counter()
		case EntryAttrTime:
			x.Time = time.Unix(0, int64(v.counter())).UTC()
		case EntryAttrWay:
			x.Way = v.string()
		case EntryAttrUID:
			x.UID = uint32(v.number(kindU32))
		case EntryAttrPID:
			x.PID = uint32(v.number(kindU32))
		case EntryAttrLogin:
			x.Login, x.HasLogin = uint32(v.number(kindU32)), true
		case EntryAttrProgram:
			x.Program = v.string()
		case EntryAttrService:
			x.Services = append(x.Services, v.string())
		case EntryAttrChange:
			x.Changes = append(x.Changes, v.string())
		case EntryAttrBefore:
			x.Before = append(x.Before, v.string())
		case EntryAttrAfter:
			x.After = append(x.After, v.string())
		}
		return nil
	})
	return x, err
}
