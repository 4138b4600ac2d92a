package main

import "ktcpvs/proto"

// staged is a daemon that only notes what it is asked to change, and knows what is
// there by then.
type staged struct {
	present *present
	changes []proto.Change
}

// Do notes a change.
func (s *staged) Do(change proto.Change) error {
	err := s.present.make(change)
	if err == nil {
		s.changes = append(s.changes, change)
	}
	return err
}

// Apply notes changes.
func (s *staged) Apply(changes []proto.Change) error {
	for _, change := range changes {
		if err := s.Do(change); err != nil {
			return err
		}
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

// Virtual gives what a change may depend on: a service as it is by then.
func (s *staged) Virtual(name string) (proto.Virtual, error) { return s.present.virtual(name) }

// Service is nothing that a batch could ask for.
func (s *staged) Service(string) (proto.Service, error) { return proto.Service{}, errNoChange }

// Modules is nothing that a batch could ask for.
func (s *staged) Modules() ([]proto.Module, error) { return nil, errNoChange }

// History is nothing that a batch could ask for.
func (s *staged) History(string, uint32) ([]proto.Entry, error) { return nil, errNoChange }

// Close has nothing to close.
func (s *staged) Close() error { return nil }
