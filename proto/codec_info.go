package proto

func (e *encoder) module(m *Module) {
	e.nest(AttrModule, func() {
		e.string(moduleSet, ModuleAttrName, m.Name)
		if m.Loaded {
			e.flag(ModuleAttrLoaded)
		}
		e.number(moduleSet, ModuleAttrUsers, int64(m.Users))
	})
}

func (d *decoder) module(v value, must, may uint64) (m Module, err error) {
	err = d.walk(moduleSet, must, may, v, func(typ uint, v value) error {
		switch typ {
		case ModuleAttrName:
			m.Name = v.string()
		case ModuleAttrLoaded:
			m.Loaded = true
		case ModuleAttrUsers:
			m.Users = uint32(v.number(kindU32))
		}
		return nil
	})
	return m, err
}

func (e *encoder) knob(typ uint, k KnobValue) {
	e.nest(typ, func() {
		e.string(knobSet, KnobAttrName, k.Name)
		e.number(knobSet, KnobAttrValue, int64(k.Value))
	})
}

func (d *decoder) knob(v value) (k KnobValue, err error) {
	err = d.walk(knobSet, bits(KnobAttrName, KnobAttrValue), 0, v, func(typ uint, v value) error {
		switch typ {
		case KnobAttrName:
			k.Name = v.string()
		case KnobAttrValue:
			k.Value = int32(v.number(kindS32))
		}
		return nil
	})
	return k, err
}

func (e *encoder) info(i *Info) {
	e.nest(AttrInfo, func() {
		e.string(infoSet, InfoAttrVersion, i.Version)
		e.number(infoSet, InfoAttrPID, int64(i.PID))
		e.counter(InfoAttrGeneration, i.Generation)
		e.number(infoSet, InfoAttrServices, int64(i.Services))
		for _, k := range i.Knobs {
			e.knob(InfoAttrKnob, k)
		}
	})
}

func (d *decoder) info(v value) (i Info, err error) {
	must := bits(InfoAttrVersion, InfoAttrPID, InfoAttrGeneration, InfoAttrServices)
	err = d.walk(infoSet, must, bits(InfoAttrKnob), v, func(typ uint, v value) (err error) {
		switch typ {
		case InfoAttrVersion:
			i.Version = v.string()
		case InfoAttrPID:
			i.PID = uint32(v.number(kindU32))
		case InfoAttrGeneration:
			i.Generation = v.counter()
		case InfoAttrServices:
			i.Services = uint32(v.number(kindU32))
		case InfoAttrKnob:
			var k KnobValue
			k, err = d.knob(v)
			i.Knobs = append(i.Knobs, k)
		}
		return err
	})
	return i, err
}
