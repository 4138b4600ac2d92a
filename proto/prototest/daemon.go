// Package prototest is a daemon for tests of the clients' side: the real
// engine over a table that is kept in plain slices and balances nothing. It
// answers in memory or on a real netlink port.
package prototest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"ktcpvs/proto"
	"ktcpvs/proto/model"

	"golang.org/x/sys/unix"
)

// Model is the table that it keeps.
type Model = model.Model

// Schedulers are the modules that it knows.
var Schedulers = proto.Schedulers

// Daemon is a fake daemon. It is an engine.Handler.
type Daemon struct {
	mu         sync.Mutex
	model      model.Model
	generation uint64
	loaded     map[string]bool
	knobs      []proto.KnobValue
	refusals   map[proto.Command]*proto.Error
}

// New makes a fake daemon with an empty table.
func New() *Daemon {
	return &Daemon{
		loaded:   map[string]bool{},
		refusals: map[proto.Command]*proto.Error{},
		knobs: []proto.KnobValue{
			{Name: "debug_level", Value: 0}, {Name: "unload", Value: 0},
			{Name: "max_backlog", Value: 2048}, {Name: "zerocopy_send", Value: 2},
			{Name: "keepalive_timeout", Value: 30}, {Name: "read_timeout", Value: 180},
		},
	}
}

// Refuse makes every later request of the command fail with err; nil ends it.
func (d *Daemon) Refuse(cmd proto.Command, err *proto.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.refusals, cmd)
		return
	}
	d.refusals[cmd] = err
}

// Table gives a copy of the table, newest first.
func (d *Daemon) Table() []proto.Virtual {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.model.Clone().Virtuals
}

// Do carries out one request.
func (d *Daemon) Do(_ proto.Peer, r *proto.Request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.refusals[r.Command]; err != nil {
		return err
	}
	if done, err := d.setting(r.Change()); done {
		return err
	}
	next := d.model.Clone()
	if err := next.Apply(r.Change()); err != nil {
		return err
	}
	d.publish(next)
	return nil
}

// setting makes a change of a module or of a knob, and tells whether it is one.
func (d *Daemon) setting(c proto.Change) (done bool, err error) {
	switch c.Command {
	case proto.CmdNewModule, proto.CmdDelModule:
		return true, d.module(c.Command, c.Module.Name)
	case proto.CmdSetKnob:
		for i, k := range d.knobs {
			if k.Name == c.Knob.Name {
				d.knobs[i].Value = c.Knob.Value
				return true, nil
			}
		}
		return true, proto.Errorf(unix.ENOENT, "%q", c.Knob.Name)
	}
	return false, nil
}

// Commit makes all of the changes or none.
func (d *Daemon) Commit(_ proto.Peer, changes iter.Seq2[int, proto.Change]) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next, loaded, knobs := d.model.Clone(), maps.Clone(d.loaded), slices.Clone(d.knobs)
	replacing := false
	for i, c := range changes {
		err := d.refusals[c.Command]
		if err == nil {
			err = d.step(&next, c, &replacing)
		}
		if err != nil {
			refused := *err
			refused.Index = i
			d.loaded, d.knobs = loaded, knobs
			return &refused
		}
	}
	next.Settle()
	d.publish(next)
	return nil
}

// step makes one change of a batch. Modules that a table names which replaces
// another are loaded, whatever was before.
func (d *Daemon) step(next *model.Model, c proto.Change, replacing *bool) *proto.Error {
	switch {
	case c.Command == proto.CmdReplace:
		*replacing = true
	case c.Command == proto.CmdNewModule && *replacing && slices.Contains(Schedulers, c.Module.Name):
		d.loaded[c.Module.Name] = true
		return nil
	}
	if done, err := d.setting(c); done {
		if err != nil {
			return proto.AsError(err)
		}
		return nil
	}
	return next.Apply(c)
}

func (d *Daemon) publish(m model.Model) {
	d.model = m
	d.generation++
	for _, v := range m.Virtuals {
		d.loaded[v.Service.Scheduler] = true
	}
}

// List answers a GET.
func (d *Daemon) List(_ proto.Peer, r *proto.Request) (iter.Seq[proto.Reply], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.refusals[r.Command]; err != nil {
		return nil, err
	}
	var replies []proto.Reply
	switch r.Command {
	case proto.CmdGetInfo:
		replies = []proto.Reply{{Info: &proto.Info{
			Version: proto.Version, PID: 1, Generation: d.generation,
			Services: uint32(len(d.model.Virtuals)), Knobs: slices.Clone(d.knobs),
		}}}
	case proto.CmdGetModule:
		for _, name := range Schedulers {
			if r.Dump || name == r.Module.Name {
				replies = append(replies, proto.Reply{Module: &proto.Module{Name: name, Loaded: d.loaded[name], Users: d.users(name)}})
			}
		}
	default:
		var err *proto.Error
		if replies, err = d.model.List(r); err != nil {
			return nil, err
		}
	}
	generation := d.generation
	return func(yield func(proto.Reply) bool) {
		for _, reply := range replies {
			reply.Command, reply.Generation = r.Command, generation
			if !yield(reply) {
				return
			}
		}
	}, nil
}

func (d *Daemon) module(cmd proto.Command, name string) error {
	switch {
	case !slices.Contains(Schedulers, name):
		return proto.Errorf(unix.ENOENT, "scheduler %q", name)
	case cmd == proto.CmdNewModule && d.loaded[name]:
		return proto.Errorf(unix.EEXIST, "scheduler %q is loaded", name)
	case cmd == proto.CmdNewModule:
		d.loaded[name] = true
	case !d.loaded[name]:
		return proto.Errorf(unix.ENOENT, "scheduler %q", name)
	case d.users(name) > 0:
		return proto.Errorf(unix.EBUSY, "%d services use scheduler %q", d.users(name), name)
	default:
		delete(d.loaded, name)
	}
	return nil
}

func (d *Daemon) users(scheduler string) (n uint32) {
	for _, v := range d.model.Virtuals {
		if v.Service.Scheduler == scheduler {
			n++
		}
	}
	return n
}

// String names the daemon in a failed test.
func (d *Daemon) String() string {
	return fmt.Sprintf("fake daemon with %d services", len(d.Table()))
}
