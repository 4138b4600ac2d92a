package main

import (
	"net/netip"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// list prints the table or one service of it, or their counters.
func (s *session) list(c *cli.Context) error {
	switch stats, rules := c.Bool(optionStats), c.Bool(optionRules); {
	case c.Bool(optionExact) && !stats && !rules:
		return usagef("option --exact with command %s needs option --stats or --rules", spelling(c.Command.Names()))
	case stats && rules:
		return usagef("options --stats and --rules with command %s exclude each other", spelling(c.Command.Names()))
	}
	name, err := ident(c)
	if err != nil {
		return err
	}
	return s.with(c, func(d daemon) error {
		info, err := d.Info()
		if err != nil {
			return err
		}
		table, err := services(d, name)
		if err != nil {
			return err
		}
		names := s.names(c, table)
		var text []byte
		switch exact := c.Bool(optionExact); {
		case c.Bool(optionStats):
			text = appendStats(nil, info.Version, table, names, exact)
		case c.Bool(optionRules):
			text = appendRules(nil, info.Version, table, names, exact)
		default:
			text = conf.AppendList(nil, info.Version, table, names)
		}
		_, err = s.out.Write(text)
		return err
	})
}

// services are those of that name, or all of them.
func services(d daemon, name string) ([]proto.Virtual, error) {
	if name == "" {
		return d.Table()
	}
	v, err := d.Virtual(name)
	return []proto.Virtual{v}, err
}

// names gives what to print for the addresses of a table.
func (s *session) names(c *cli.Context, table []proto.Virtual) conf.Names {
	if c.Bool(optionNumeric) {
		return conf.Numeric{}
	}
	var addrs []netip.Addr
	for i := range table {
		v := &table[i]
		for _, addr := range v.Service.Listens() {
			addrs = append(addrs, addr.Addr())
		}
		addrs = append(addrs, v.Service.Redirect.Addr())
		for j := range v.Dests {
			addrs = append(addrs, v.Dests[j].Addr.Addr())
		}
	}
	return s.resolve.names(addrs)
}
