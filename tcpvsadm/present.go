package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/model"
)

// present is the daemon's table with what the commands of a batch so far make of it.
// The daemon is asked when the first command needs to know.
type present struct {
	ask    func() ([]proto.Virtual, error)
	table  *model.Model
	before []proto.Change // those that are not in table yet
}

// now gives the table by then.
func (p *present) now() (*model.Model, error) {
	if p.table != nil {
		return p.table, nil
	}
	virtuals, err := p.ask()
	if err != nil {
		return nil, err
	}
	p.table = &model.Model{Virtuals: virtuals}
	for _, change := range p.before {
		if err := p.make(change); err != nil {
			return nil, err
		}
	}
	return p.table, nil
}

// make notes what a change makes of the table, or gives the refusal that the daemon
// would give, as far as the table is known.
func (p *present) make(change proto.Change) error {
	if p.table == nil {
		p.before = append(p.before, change)
		return nil
	}
	switch change.Command {
	case proto.CmdNewModule, proto.CmdDelModule, proto.CmdSetKnob, proto.CmdZero:
		return nil
	}
	if refused := p.table.Apply(change); refused != nil {
		refused.Command = change.Command
		return refused
	}
	return nil
}

// virtual gives a service as it is by then.
func (p *present) virtual(name string) (proto.Virtual, error) {
	table, err := p.now()
	if err != nil {
		return proto.Virtual{}, err
	}
	for _, v := range table.Clone().Virtuals {
		if v.Service.Name == name {
			return v, nil
		}
	}
	return proto.Virtual{}, &proto.Error{Errno: unix.ESRCH, Command: proto.CmdGetService, Text: fmt.Sprintf("service %q", name)}
}
