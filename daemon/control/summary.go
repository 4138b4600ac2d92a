package control

import (
	"fmt"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// summary says in a line what a change asks for.
func summary(c *proto.Change) string {
	switch c.Command {
	case proto.CmdNewDest, proto.CmdSetDest:
		return fmt.Sprintf("%v %s %v weight %d", c.Command, c.Dest.Service, c.Dest.Addr, c.Dest.Weight)
	case proto.CmdDelDest:
		return fmt.Sprintf("%v %s %v", c.Command, c.Dest.Service, c.Dest.Addr)
	case proto.CmdNewRule, proto.CmdDelRule:
		server := ""
		if len(c.Rule.Dests) > 0 {
			server = " server " + c.Rule.Dests[0].String()
		}
		return fmt.Sprintf("%v %s %s%s", c.Command, c.Rule.Service, ruleNamed(&c.Rule), server)
	case proto.CmdMoveRule:
		return fmt.Sprintf("%v %s %s", c.Command, c.Rule.Service, ruleNamed(&c.Rule))
	case proto.CmdNewModule, proto.CmdDelModule:
		return fmt.Sprintf("%v %s", c.Command, c.Module.Name)
	case proto.CmdSetKnob:
		return fmt.Sprintf("%v %s %d", c.Command, c.Knob.Name, c.Knob.Value)
	case proto.CmdFlush, proto.CmdReplace:
		return c.Command.String()
	}
	if c.Service.Name == "" {
		return c.Command.String() + " (every service)"
	}
	return c.Command.String() + " " + c.Service.Name
}

// ruleNamed names a rule by its number or its conditions, or by both.
func ruleNamed(r *proto.Rule) string {
	text := string(conf.AppendConditions(nil, &r.Conditions))
	if r.Number != 0 {
		text = strings.TrimSpace(fmt.Sprintf("number %d %s", r.Number, text))
	}
	return text
}
