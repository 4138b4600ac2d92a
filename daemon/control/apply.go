package control

import (
	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// apply makes one change part of a transaction.
func apply(tx *table.Tx, c *proto.Change) error {
	switch c.Command {
	case proto.CmdNewService:
		return tx.AddService(serviceSpec(&c.Service))
	case proto.CmdSetService:
		return tx.SetService(serviceSpec(&c.Service))
	case proto.CmdDelService:
		return tx.DelService(c.Service.Name)
	case proto.CmdNewDest:
		return tx.AddServer(c.Dest.Service, serverSpec(&c.Dest))
	case proto.CmdSetDest:
		return tx.SetServer(c.Dest.Service, serverSpec(&c.Dest))
	case proto.CmdDelDest:
		return tx.DelServer(c.Dest.Service, c.Dest.Addr)
	case proto.CmdNewRule:
		return tx.AddRule(c.Rule.Service, ruleSpec(&c.Rule))
	case proto.CmdDelRule:
		return tx.DelRule(c.Rule.Service, ruleSpec(&c.Rule))
	case proto.CmdMoveRule:
		pattern := patternOf(&c.Rule.Conditions)
		return tx.MoveRule(c.Rule.Service, &pattern, int(c.Rule.Number))
	case proto.CmdFlush:
		return tx.Flush()
	}
	return proto.Errorf(unix.EOPNOTSUPP, "%v is not a change of the table", c.Command)
}

func serviceSpec(s *proto.Service) table.ServiceSpec {
	return table.ServiceSpec{
		Name:            s.Name,
		Scheduler:       s.Scheduler,
		Listen:          s.Listen,
		Also:            s.Also,
		Redirect:        s.Redirect,
		ClearRedirect:   s.ClearRedirect,
		Via:             s.Via,
		AllowLoop:       table.Switch(s.AllowLoop),
		Freebind:        table.Switch(s.Freebind),
		V6Only:          table.Switch(s.V6Only),
		State:           table.Switch(s.State),
		StartServers:    int(s.StartServers),
		MaxClients:      int(s.MaxClients),
		MinSpareServers: int(s.MinSpareServers),
		MaxSpareServers: int(s.MaxSpareServers),
	}
}

func serverSpec(d *proto.Dest) table.ServerSpec {
	return table.ServerSpec{Addr: d.Addr, Weight: int(d.Weight)}
}

// ruleSpec takes a rule of one server, as the wire's policy has it.
func ruleSpec(r *proto.Rule) table.RuleSpec {
	return table.RuleSpec{Pattern: patternOf(&r.Conditions), Match: int(r.Match), Server: r.Dests[0], Number: int(r.Number)}
}
