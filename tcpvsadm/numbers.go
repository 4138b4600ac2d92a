package main

import (
	"fmt"
	"math"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// number is one of how many connections and connection contexts a virtual service
// has. Its option is called as the keyword of a configuration file.
type number struct {
	option, usage string
	field         func(*proto.Service) *uint16
}

var serviceNumbers = []number{
	{"maxclients", fmt.Sprintf("connections served at once, `N` from 1 to 65535 (for a new service: %d)", proto.DefaultMaxClients),
		func(s *proto.Service) *uint16 { return &s.MaxClients }},
	{"startservers", fmt.Sprintf("connection contexts made at the start, `N` from 1 to 65535 (for a new service: %d)", proto.DefaultStartServers),
		func(s *proto.Service) *uint16 { return &s.StartServers }},
	{"minspareservers", fmt.Sprintf("connection contexts kept ready at least, `N` from 1 to 65535 (for a new service: %d)", proto.DefaultMinSpareServers),
		func(s *proto.Service) *uint16 { return &s.MinSpareServers }},
	{"maxspareservers", fmt.Sprintf("connection contexts kept ready at most, `N` from 1 to 65535 (for a new service: %d)", proto.DefaultMaxSpareServers),
		func(s *proto.Service) *uint16 { return &s.MaxSpareServers }},
}

func numberFlags() (flags []cli.Flag) {
	for _, n := range serviceNumbers {
		flags = append(flags, &cli.StringFlag{Name: n.option, Usage: n.usage})
	}
	return flags
}

// numbers takes over those that the command line gives.
func numbers(c *cli.Context, service *proto.Service) error {
	for _, n := range serviceNumbers {
		v := valueOf(c, n.option)
		if !v.isGiven() {
			continue
		}
		value, err := v.number(1, math.MaxUint16)
		if err != nil {
			return err
		}
		*n.field(service) = uint16(value)
	}
	if err := service.CheckNumbers(); err != nil {
		return usagef("command %s: %v", spelling(c.Command.Names()), err)
	}
	return nil
}
