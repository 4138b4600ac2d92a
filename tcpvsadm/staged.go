package main

import (
	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// staged is a daemon that only notes what it is asked to change.
type staged struct {
	steps []step
}

func (s *staged) note(c *cli.Context, change proto.Change) {
	s.steps = append(s.steps, step{c: c, change: change})
}

// Do notes a change.
func (s *staged) Do(change proto.Change) error {
	s.note(nil, change)
	return nil
}

// Apply notes changes.
func (s *staged) Apply(changes []proto.Change) error {
	for _, change := range changes {
		s.note(nil, change)
	}
	return nil
}

// Start notes that a service is to run, or all.
func (s *staged) Start(name string) error { return s.forService(proto.CmdStart, name) }

// Stop notes that a service is not to run, or none.
func (s *staged) Stop(name string) error { return s.forService(proto.CmdStop, name) }

// Zero notes that counters are to begin anew.
func (s *staged) Zero(name string) error { return s.forService(proto.CmdZero, name) }

func (s *staged) forService(command proto.Command, name string) error {
	return s.Do(proto.Change{Command: command, Service: proto.Service{Name: name}})
}

// LoadModule notes a scheduler.
func (s *staged) LoadModule(name string) error {
	return s.Do(proto.Change{Command: proto.CmdNewModule, Module: proto.Module{Name: name}})
}

// UnloadModule notes a scheduler.
func (s *staged) UnloadModule(name string) error {
	return s.Do(proto.Change{Command: proto.CmdDelModule, Module: proto.Module{Name: name}})
}

// SetKnob notes a knob's value.
func (s *staged) SetKnob(name string, value int32) error {
	return s.Do(proto.Change{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: name, Value: value}})
}

// Info is nothing that a batch could ask for.
func (s *staged) Info() (proto.Info, error) { return proto.Info{}, errNoChange }

// Table is nothing that a batch could ask for.
func (s *staged) Table() ([]proto.Virtual, error) { return nil, errNoChange }

// Virtual is nothing that a batch could ask for.
func (s *staged) Virtual(string) (proto.Virtual, error) { return proto.Virtual{}, errNoChange }

// Modules is nothing that a batch could ask for.
func (s *staged) Modules() ([]proto.Module, error) { return nil, errNoChange }

// Close has nothing to close.
func (s *staged) Close() error { return nil }
