package proto

import (
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// Generators of values that the wire can carry.

var (
	genName    = rapid.StringMatching(`[A-Za-z0-9._-]{1,15}`)
	genPattern = rapid.StringMatching(`[ -~éλ]{1,100}`)
	genMethod  = rapid.StringMatching(`[A-Z!#$%&'*+.^_|~-]{1,32}`)
	genSetting = rapid.Uint16Range(1, 65535)
	genPort    = rapid.Uint16Range(1, 65535)
)

var genAddr = rapid.Custom(func(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "IPv4") {
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
	}
	a := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")))
	return a.Unmap()
})

var genEndpoint = rapid.Custom(func(t *rapid.T) netip.AddrPort {
	return netip.AddrPortFrom(genAddr.Draw(t, "host"), genPort.Draw(t, "port"))
})

// genServer may lack its port.
var genServer = rapid.Custom(func(t *rapid.T) netip.AddrPort {
	return netip.AddrPortFrom(genAddr.Draw(t, "host"), maybe(t, genPort))
}).Filter(func(a netip.AddrPort) bool { return CheckServer(a.Addr()) == nil })

// genListen may lack either part, or both.
var genListen = rapid.Custom(func(t *rapid.T) netip.AddrPort {
	return netip.AddrPortFrom(maybe(t, genAddr), maybe(t, genPort))
})

func maybe[T any](t *rapid.T, g *rapid.Generator[T]) (v T) {
	if rapid.Bool().Draw(t, "given") {
		v = g.Draw(t, "value")
	}
	return v
}

var genNamed = rapid.Custom(func(t *rapid.T) []NamedPattern {
	n := rapid.IntRange(0, 3).Draw(t, "named patterns")
	var list []NamedPattern
	for range n {
		list = append(list, NamedPattern{
			Name:    rapid.StringMatching(`[!-~]{1,40}`).Draw(t, "name"),
			Pattern: maybe(t, genPattern),
		})
	}
	return list
})

var genConditions = rapid.Custom(func(t *rapid.T) Conditions {
	c := Conditions{
		Pattern: maybe(t, genPattern),
		Host:    maybe(t, genPattern),
		Method:  maybe(t, genMethod),
		Headers: genNamed.Draw(t, "headers"),
		Cookies: genNamed.Draw(t, "cookies"),
		Queries: genNamed.Draw(t, "queries"),
	}
	if rapid.Bool().Draw(t, "source") {
		a := genAddr.Draw(t, "source")
		c.Source, _ = a.Prefix(rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		c.Pattern, c.Path = "", genPattern.Draw(t, "path")
	case 1:
		c.Pattern, c.Prefix = "", rapid.StringMatching(`/[!"$->@-~]{0,50}`).Draw(t, "prefix")
	}
	c.IgnoreCase = c.URI() != "" && rapid.Bool().Draw(t, "ignore case")
	if c.Empty() {
		c.Pattern = ".*"
	}
	return c
})

var genSwitch = rapid.SampledFrom([]Switch{NotGiven, Off, On})

var genService = rapid.Custom(func(t *rapid.T) Service {
	s := Service{
		Name:            genName.Draw(t, "name"),
		Scheduler:       maybe(t, genName),
		Listen:          genListen.Draw(t, "listen"),
		Redirect:        maybe(t, genEndpoint),
		StartServers:    maybe(t, genSetting),
		MaxClients:      maybe(t, genSetting),
		MinSpareServers: maybe(t, genSetting),
		MaxSpareServers: maybe(t, genSetting),
		Via:             maybe(t, genMethod),
		AllowLoop:       genSwitch.Draw(t, "allow loop"),
	}
	if s.Listen.Addr().IsValid() && rapid.Bool().Draw(t, "several addresses") {
		s.Also = rapid.SliceOfN(genServer, 1, MaxListens-1).Draw(t, "also")
	}
	return s
})

var genDest = rapid.Custom(func(t *rapid.T) Dest {
	return Dest{
		Service: genName.Draw(t, "service"),
		Addr:    genServer.Draw(t, "server"),
		Weight:  rapid.Uint32Range(0, MaxWeight).Draw(t, "weight"),
	}
})

var genRule = rapid.Custom(func(t *rapid.T) Rule {
	return Rule{
		Service:    genName.Draw(t, "service"),
		Conditions: genConditions.Draw(t, "conditions"),
		Match:      rapid.Uint8Range(0, MaxMatch).Draw(t, "match"),
		Dests:      []netip.AddrPort{genServer.Draw(t, "server")},
	}
})

// genRequest draws a request of any command, with just what it takes.
var genRequest = rapid.Custom(func(t *rapid.T) Request {
	commands := make([]Command, 0, len(operations))
	for c := range operations {
		commands = append(commands, c)
	}
	slices.Sort(commands)
	r := Request{Command: rapid.SampledFrom(commands).Draw(t, "command")}
	op := operations[r.Command]
	r.Dump = op.do == nil || op.dump != nil && rapid.Bool().Draw(t, "dump")
	switch r.Command {
	case CmdNewService:
		r.Service = genService.Draw(t, "service")
		r.Service.State = genSwitch.Draw(t, "state")
	case CmdSetService:
		r.Service = genService.Draw(t, "service")
		r.Service.State = genSwitch.Draw(t, "state")
		r.Service.ClearRedirect = !r.Service.Redirect.IsValid() && rapid.Bool().Draw(t, "clear redirect")
	case CmdDelService:
		r.Service.Name = genName.Draw(t, "name")
	case CmdGetService:
		r.Full = r.Dump && rapid.Bool().Draw(t, "full")
		r.Service.Name = genName.Draw(t, "name")
	case CmdStart, CmdStop, CmdZero:
		r.Service.Name = maybe(t, genName)
	case CmdNewDest, CmdSetDest:
		r.Dest = genDest.Draw(t, "dest")
	case CmdDelDest, CmdGetDest:
		r.Dest = genDest.Draw(t, "dest")
		r.Dest.Weight = 0
		if r.Dump {
			r.Dest = Dest{Service: maybe(t, genName)}
		}
	case CmdNewRule, CmdDelRule, CmdGetRule, CmdMoveRule:
		r.Rule = genRule.Draw(t, "rule")
		if r.Command != CmdNewRule {
			r.Rule.Match = 0
		}
		if r.Command == CmdGetRule || r.Command == CmdMoveRule {
			r.Rule.Dests = nil
		}
		if r.Command == CmdNewRule && rapid.Bool().Draw(t, "numbered") || r.Command == CmdMoveRule {
			r.Rule.Number = rapid.Uint32Min(1).Draw(t, "number")
		}
		if r.Dump {
			r.Rule = Rule{Service: maybe(t, genName)}
		}
	case CmdNewModule, CmdDelModule:
		r.Module.Name = genName.Draw(t, "module")
	case CmdGetModule:
		if !r.Dump {
			r.Module.Name = genName.Draw(t, "module")
		}
	case CmdGetHistory:
		r.Service.Name, r.Last = maybe(t, genName), rapid.Uint32().Draw(t, "last")
	case CmdSetKnob:
		r.Knob = KnobValue{Name: genName.Draw(t, "knob"), Value: rapid.Int32().Draw(t, "value")}
	}
	return r
})

var genStats = rapid.Custom(func(t *rapid.T) Stats {
	n := rapid.SliceOfN(rapid.Uint64(), 10, 10).Draw(t, "counters")
	return Stats{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]}
})

// genReply draws an answer with everything that is reported.
var genReply = rapid.Custom(func(t *rapid.T) Reply {
	r := Reply{Generation: rapid.Uint64().Draw(t, "generation")}
	switch rapid.IntRange(0, 5).Draw(t, "value") {
	case 0:
		r.Command = CmdGetService
		s := genService.Draw(t, "service")
		s.Scheduler = genName.Draw(t, "scheduler")
		s.Listen = genEndpoint.Draw(t, "listen")
		s.StartServers, s.MaxClients, s.MinSpareServers, s.MaxSpareServers = 1, 2, 3, 65535
		s.Running = rapid.Bool().Draw(t, "running")
		s.ActiveConns = rapid.Uint64().Draw(t, "connections")
		s.Stats = genStats.Draw(t, "stats")
		r.Service = &s
	case 1:
		r.Command = CmdGetDest
		d := genDest.Draw(t, "dest")
		d.ActiveConns = rapid.Uint64().Draw(t, "connections")
		d.Stats = genStats.Draw(t, "stats")
		d.Down = rapid.SampledFrom([]string{"", "refused", "timed out"}).Draw(t, "down")
		r.Dest = &d
	case 2:
		r.Command = CmdGetRule
		rule := genRule.Draw(t, "rule")
		rule.Dests = rapid.SliceOfN(genServer, 1, 20).Draw(t, "servers")
		rule.Hits, rule.Last = rapid.Uint64().Draw(t, "hits"), rapid.Int64Min(0).Draw(t, "last")
		r.Rule = &rule
	case 3:
		r.Command = CmdGetModule
		r.Module = &Module{Name: genName.Draw(t, "name"), Loaded: rapid.Bool().Draw(t, "loaded"), Users: rapid.Uint32().Draw(t, "users")}
	case 4:
		r.Command = CmdGetInfo
		r.Info = &Info{Version: "1.2.3", PID: rapid.Uint32().Draw(t, "pid"), Generation: r.Generation, Services: rapid.Uint32().Draw(t, "services")}
		for range rapid.IntRange(0, 10).Draw(t, "knobs") {
			r.Info.Knobs = append(r.Info.Knobs, KnobValue{Name: genName.Draw(t, "knob"), Value: rapid.Int32().Draw(t, "value")})
		}
	case 5:
		r.Command = CmdGetHistory
		r.Entry = genEntry.Draw(t, "entry")
	}
	return r
})

var genEntry = rapid.Custom(func(t *rapid.T) *Entry {
	lines := func(name string) []string {
		if !rapid.Bool().Draw(t, name) {
			return nil
		}
		return rapid.SliceOfN(genPattern, 1, maxEntryLines).Draw(t, name)
	}
	e := &Entry{
		Number: rapid.Uint64().Draw(t, "number"), Generation: rapid.Uint64().Draw(t, "generation"),
		Time: time.Unix(0, rapid.Int64().Draw(t, "time")).UTC(), Way: "netlink",
		UID: rapid.Uint32().Draw(t, "uid"), PID: rapid.Uint32().Draw(t, "pid"), HasLogin: rapid.Bool().Draw(t, "has login"),
		Program: maybe(t, genPattern), Services: lines("services"), Changes: lines("changes"), Before: lines("before"), After: lines("after"),
	}
	if e.HasLogin {
		e.Login = rapid.Uint32().Draw(t, "login")
	}
	return e
})
