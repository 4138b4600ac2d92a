package control

import "ktcpvs/proto"

// describe names what a request is about, for the log.
func describe(r *proto.Request) []any {
	switch r.Command {
	case proto.CmdNewDest, proto.CmdSetDest:
		return []any{"service", r.Dest.Service, "server", r.Dest.Addr, "weight", r.Dest.Weight}
	case proto.CmdDelDest:
		return []any{"service", r.Dest.Service, "server", r.Dest.Addr}
	case proto.CmdNewRule, proto.CmdDelRule:
		return []any{"service", r.Rule.Service, r.Rule.Keyword(), r.Rule.URI(), "server", r.Rule.Dests[0]}
	case proto.CmdMoveRule:
		return []any{"service", r.Rule.Service, r.Rule.Keyword(), r.Rule.URI(), "number", r.Rule.Number}
	case proto.CmdNewModule, proto.CmdDelModule:
		return []any{"scheduler", r.Module.Name}
	case proto.CmdSetKnob:
		return []any{"knob", r.Knob.Name, "value", r.Knob.Value}
	case proto.CmdFlush:
		return nil
	}
	return []any{"service", r.Service.Name}
}
