package drift

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// Lines names what differs between two reports, a line each: it begins with "+" for
// what would be there, "-" for what would be gone, and "~" for what would be
// another, which has both values.
func Lines(before, after *conf.File) []string {
	var l lines
	l.knobs(before.Knobs, after.Knobs)
	l.modules(before.Modules, after.Modules)
	l.services(before.Virtuals, after.Virtuals)
	return l
}

type lines []string

func (l *lines) say(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func (l *lines) knobs(before, after []proto.KnobValue) {
	old := make(map[string]int32, len(before))
	for _, k := range before {
		old[k.Name] = k.Value
	}
	for _, k := range after {
		if value, known := old[k.Name]; !known {
			l.say("+ knob %s = %d (the daemon has no such knob)", k.Name, k.Value)
		} else if value != k.Value {
			l.say("~ knob %s: %d -> %d", k.Name, value, k.Value)
		}
	}
}

func (l *lines) modules(before, after []string) {
	for _, name := range before {
		if !slices.Contains(after, name) {
			l.say("- module %s", name)
		}
	}
	for _, name := range after {
		if !slices.Contains(before, name) {
			l.say("+ module %s", name)
		}
	}
}

func (l *lines) services(before, after []proto.Virtual) {
	o := pair(before, after, func(v *proto.Virtual) string { return v.Service.Name })
	for _, i := range o.gone {
		v := &before[i]
		l.say("- service %s: %s, %d servers, %d rules", v.Service.Name, described(v), len(v.Dests), len(v.Rules))
	}
	for _, i := range o.come {
		v := &after[i]
		l.say("+ service %s: %s", v.Service.Name, described(v))
		l.inside(&proto.Virtual{}, v)
	}
	for _, p := range o.kept {
		l.settings(&before[p.before], &after[p.after])
		l.inside(&before[p.before], &after[p.after])
	}
	for _, p := range o.moved {
		behind := ""
		if p.after > 0 {
			behind = after[p.after-1].Service.Name
		}
		l.moved("service "+after[p.after].Service.Name, behind)
	}
}

// moved names what would stand elsewhere in its list.
func (l *lines) moved(what, behind string) {
	if behind == "" {
		l.say("~ %s: moved to the front", what)
		return
	}
	l.say("~ %s: moved behind %s", what, behind)
}

// described is a service in a few words, with those of its settings that are not the
// default.
func described(v *proto.Virtual) string {
	listens := append([]netip.AddrPort{v.Service.Listen}, v.Service.Also...)
	text := fmt.Sprintf("listen %s, scheduler %s, %s", addresses(listens), v.Service.Scheduler, state(v))
	plain := reported(&proto.Virtual{Service: proto.Service{Name: v.Service.Name}})
	usual := conf.Settings(&plain.Service)
	for _, s := range conf.Settings(&v.Service) {
		if s.Keyword != "listen" && s.Keyword != "scheduler" && !slices.Contains(usual, s) {
			text += ", " + s.Keyword + " " + s.Value
		}
	}
	return text
}

func state(v *proto.Virtual) string {
	if v.Service.Running {
		return "running"
	}
	return "stopped"
}

// settings names those of a service that differ. One that is not written is at its
// default.
func (l *lines) settings(before, after *proto.Virtual) {
	old, new := conf.Settings(&before.Service), conf.Settings(&after.Service)
	old = append(old, conf.Setting{Keyword: "state", Value: state(before)})
	new = append(new, conf.Setting{Keyword: "state", Value: state(after)})
	value := func(list []conf.Setting, keyword string) string {
		var values []string
		for _, s := range list {
			if s.Keyword == keyword {
				values = append(values, s.Value)
			}
		}
		if values == nil {
			return "default"
		}
		return strings.Join(values, ", ")
	}
	told := make(map[string]bool)
	for _, s := range slices.Concat(old, new) {
		was, is := value(old, s.Keyword), value(new, s.Keyword)
		if was != is && !told[s.Keyword] {
			l.say("~ service %s: %s %s -> %s", after.Service.Name, s.Keyword, was, is)
			told[s.Keyword] = true
		}
	}
}

// inside names what differs of servers and rules.
func (l *lines) inside(before, after *proto.Virtual) {
	name := after.Service.Name
	o := pair(before.Dests, after.Dests, func(d *proto.Dest) string { return d.Addr.String() })
	for _, i := range o.gone {
		l.say("- server %v of service %s: weight %d", before.Dests[i].Addr, name, before.Dests[i].Weight)
	}
	for _, i := range o.come {
		l.say("+ server %v of service %s: weight %d", after.Dests[i].Addr, name, after.Dests[i].Weight)
	}
	for _, p := range o.kept {
		if was, is := before.Dests[p.before].Weight, after.Dests[p.after].Weight; was != is {
			l.say("~ server %v of service %s: weight %d -> %d", after.Dests[p.after].Addr, name, was, is)
		}
	}
	for _, p := range o.moved {
		behind := ""
		if p.after > 0 {
			behind = after.Dests[p.after-1].Addr.String()
		}
		l.moved(fmt.Sprintf("server %v of service %s", after.Dests[p.after].Addr, name), behind)
	}
	l.rules(name, before.Rules, after.Rules)
}

func (l *lines) rules(name string, before, after []proto.Rule) {
	o := pair(before, after, conditions)
	for _, i := range o.gone {
		l.say("- rule of service %s: %s", name, rule(&before[i]))
	}
	for _, i := range o.come {
		l.say("+ rule of service %s: %s", name, rule(&after[i]))
	}
	for _, p := range o.kept {
		was, is := &before[p.before], &after[p.after]
		if was.Match != is.Match {
			l.say("~ rule of service %s: %s: match %d -> %d", name, conditions(is), was.Match, is.Match)
		}
		if !slices.Equal(was.Dests, is.Dests) {
			l.say("~ rule of service %s: %s: servers %s -> %s", name, conditions(is), addresses(was.Dests), addresses(is.Dests))
		}
	}
	for _, p := range o.moved {
		behind := ""
		if p.after > 0 {
			behind = conditions(&after[p.after-1])
		}
		l.moved("rule of service "+name+": "+conditions(&after[p.after]), behind)
	}
}

func rule(r *proto.Rule) string {
	match := ""
	if r.Match != 0 {
		match = fmt.Sprintf(" match %d", r.Match)
	}
	return conditions(r) + match + " use server " + addresses(r.Dests)
}

func addresses(addrs []netip.AddrPort) string {
	words := make([]string, len(addrs))
	for i, addr := range addrs {
		words[i] = addr.String()
	}
	return strings.Join(words, ", ")
}
