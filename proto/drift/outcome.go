package drift

import (
	"cmp"
	"net/netip"
	"slices"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// Outcome is what a daemon that reports before would report after the file was
// loaded: services with the newest first, with their defaults. A service without a
// state runs as it did, and a new one does not.
func Outcome(before *conf.File, f *conf.File) *conf.File {
	after := &conf.File{Knobs: knobs(before.Knobs, f.Knobs)}
	running := make(map[string]bool, len(before.Virtuals))
	for i := range before.Virtuals {
		running[before.Virtuals[i].Service.Name] = before.Virtuals[i].Service.Running
	}
	for i := range f.Virtuals {
		v := reported(&f.Virtuals[i])
		if f.Virtuals[i].Service.State == proto.NotGiven {
			v.Service.Running = running[v.Service.Name]
		}
		after.Virtuals = append(after.Virtuals, v)
	}
	slices.Reverse(after.Virtuals)
	after.Modules = modules(before, f)
	return after
}

// knobs are those there are with the values that the file has for them, and those
// that only the file has.
func knobs(before, given []proto.KnobValue) []proto.KnobValue {
	after := slices.Clone(before)
	for _, k := range given {
		same := func(other proto.KnobValue) bool { return other.Name == k.Name }
		if i := slices.IndexFunc(after, same); i >= 0 {
			after[i] = k
		} else {
			after = append(after, k)
		}
	}
	return after
}

// modules are those that the file names, or that are loaded if it names none, and
// those that its services use.
func modules(before *conf.File, f *conf.File) []string {
	after := slices.Clone(f.Modules)
	if f.Modules == nil {
		after = slices.Clone(before.Modules)
	}
	for i := range f.Virtuals {
		after = append(after, cmp.Or(f.Virtuals[i].Service.Scheduler, proto.DefaultScheduler))
	}
	slices.Sort(after)
	return slices.Compact(after)
}

// reported is a service of a file as the daemon reports it: what is added last
// stands first, and rules with the same conditions are one.
func reported(v *proto.Virtual) proto.Virtual {
	after := proto.Virtual{Service: v.Service, Dests: slices.Clone(v.Dests)}
	s := &after.Service
	s.Running, s.State = s.State == proto.On, proto.NotGiven
	s.Scheduler = cmp.Or(s.Scheduler, proto.DefaultScheduler)
	if !s.Listen.IsValid() {
		s.Listen = netip.AddrPortFrom(netip.IPv4Unspecified(), proto.DefaultListenPort)
	}
	s.DefaultNumbers()
	if s.Via == "on" {
		s.Via = ""
	}
	slices.Reverse(after.Dests)
	after.Rules = rules(v.Rules)
	return after
}

func rules(lines []proto.Rule) []proto.Rule {
	var added, last []proto.Rule // the newest at the end; those that are tried last
	where := make(map[string]*proto.Rule, len(lines))
	added = make([]proto.Rule, 0, len(lines)) // so that where points into it
	last = make([]proto.Rule, 0, len(lines))
	for _, line := range lines {
		key := conditions(&line)
		if known := where[key]; known != nil {
			known.Dests = append(known.Dests, line.Dests...)
			continue
		}
		line.Dests = slices.Clone(line.Dests)
		list := &added
		if line.Conditions.Default() {
			list = &last
		}
		*list = append(*list, line)
		where[key] = &(*list)[len(*list)-1]
	}
	slices.Reverse(added)
	all := append(added, last...)
	for i := range all {
		slices.Reverse(all[i].Dests)
	}
	return all
}

func conditions(r *proto.Rule) string {
	return string(conf.AppendConditions(nil, &r.Conditions))
}
