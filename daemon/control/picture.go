package control

import (
	"slices"

	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// picture is everything that changes are made to, written as a configuration file.
// It does not change once it is made.
type picture struct {
	snapshot *table.Snapshot
	knobs    map[string]int32
	loaded   []string        // modules
	modules  []string        // those of them that no service uses
	wanted   map[string]bool // services that are to run, and cannot
	config   string          // digest of the configuration file that was applied last

	services map[*table.Service]block
}

// block is a service as it is written.
type block struct {
	text  []byte
	state proto.Switch
}

// newPicture draws anew only what was not in the one before.
func newPicture(before *picture, next *table.Snapshot, wanted map[string]bool) *picture {
	p := &picture{snapshot: next, wanted: wanted, services: make(map[*table.Service]block, len(next.Services))}
	for _, svc := range next.Services {
		state := proto.Off
		if svc.Running || wanted[svc.Name] {
			state = proto.On
		}
		if known, ok := before.services[svc]; ok && known.state == state {
			p.services[svc] = known
			continue
		}
		p.services[svc] = block{write(svc, state), state}
	}
	return p
}

// write gives a service's block.
func write(svc *table.Service, state proto.Switch) []byte {
	v := proto.Virtual{Service: *settingsOf(svc)}
	v.Service.State = state
	for _, server := range svc.Servers {
		v.Dests = append(v.Dests, proto.Dest{Service: svc.Name, Addr: server.Addr, Weight: uint32(server.Weight)})
	}
	for _, rule := range svc.Rules {
		v.Rules = append(v.Rules, *ruleOf(svc, rule))
	}
	return conf.AppendSave(nil, &conf.File{Virtuals: []proto.Virtual{v}}, conf.Numeric{})
}

// appendText writes the whole as a file that Restore makes the same of.
func (p *picture) appendText(dst []byte, knobs *knob.Knobs) []byte {
	f := &conf.File{Modules: p.modules}
	for _, k := range knobs.All() {
		if value := p.knobs[k.Name()]; value != k.Default() {
			f.Knobs = append(f.Knobs, proto.KnobValue{Name: k.Name(), Value: value})
		}
	}
	dst = conf.AppendSave(dst, f, conf.Numeric{})
	for _, svc := range slices.Backward(p.snapshot.Services) {
		dst = append(dst, p.services[svc].text...)
	}
	return dst
}
