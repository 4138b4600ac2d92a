package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ktcpvs/daemon/state"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// Unable is a service that is to run and does not, with the reason. It is kept as
// one that runs until it is told to stop.
type Unable struct {
	Service string
	Err     error
}

// Restore makes the table what was kept. It comes first, when the table is empty.
// A service that cannot listen takes nothing else down.
func (c *Control) Restore(s state.State) ([]Unable, error) {
	f, err := conf.Read("the kept table", s.Text, numbers{})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	generation := s.Generation
	if len(f.Virtuals) > 0 {
		generation-- // making the table is a change
	}
	c.store.Begin(generation)
	c.records.kept = s
	c.records.now.config, c.records.now.snapshot = s.Config, c.store.Snapshot()
	c.mu.Unlock()
	return c.adopt(f.Changes(), itself(byRestore), "")
}

// numbers is a conf.Resolver of a file that has no names.
type numbers struct{ conf.Resolver }

// Configure makes everything what a configuration file says, in one transaction
// that touches only what differs. A service that is new runs, unless the file says
// otherwise. digest is remembered as that of the file which was applied last. An
// error changes nothing.
//
// When lenient, a service that cannot listen takes nothing else down, and is told.
func (c *Control) Configure(f *conf.File, digest string, lenient bool) ([]Unable, error) {
	changes := f.Changes()
	for i := range changes {
		if change := &changes[i]; change.Command == proto.CmdNewService && change.Service.State == proto.NotGiven && c.store.Snapshot().Lookup(change.Service.Name) == nil {
			change.Service.State = proto.On
		}
	}
	if lenient {
		return c.adopt(changes, itself(byConfig), digest)
	}
	t := newTransaction(c, itself(byConfig))
	t.config = digest
	return nil, located(f, t, c.change(t, slices.All(changes)), changes)
}

// located gives an error the place in the file that it is about.
func located(f *conf.File, t *transaction, err error, changes []proto.Change) error {
	if err == nil {
		return nil
	}
	refused := errorOf(t.command, err)
	if at, ok := f.Position(t.blame(err, slices.All(changes))); ok {
		return fmt.Errorf("line %d, column %d: %w", at.Line, at.Column, refused)
	}
	return refused
}

// ConfigDigest is that of the configuration file which was applied last.
func (c *Control) ConfigDigest() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.records.now.config
}

// adopt makes the changes, but for services that cannot listen, which stay stopped.
func (c *Control) adopt(changes []proto.Change, from origin, digest string) ([]Unable, error) {
	whole := newTransaction(c, from)
	whole.config = digest
	err := c.change(whole, slices.All(changes))
	_, deaf := errors.AsType[*table.ListenError](err)
	if _, led := errors.AsType[*table.LoopError](err); !deaf && !led {
		return nil, err
	}
	// All that is there goes in first; then each service starts by itself.
	t := newTransaction(c, from)
	t.config = digest
	running := map[string]bool{}
	for _, svc := range c.store.Snapshot().Services {
		running[svc.Name] = svc.Running
	}
	changes = slices.Clone(changes)
	var starts []string
	for i := range changes {
		change := &changes[i]
		if change.Command == proto.CmdNewService && change.Service.State == proto.On && !running[change.Service.Name] {
			change.Service.State = proto.NotGiven
			t.wanted[change.Service.Name] = true
			starts = append(starts, change.Service.Name)
		}
	}
	if err := c.change(t, slices.All(changes)); err != nil {
		return nil, err
	}
	var unable []Unable
	for _, name := range starts {
		if err := c.start(from, name); err != nil {
			unable = append(unable, Unable{name, err})
		}
	}
	return unable, nil
}

// Describe names the services and why the first does not run.
func Describe(unable []Unable) string {
	var names []string
	for _, u := range unable {
		names = append(names, u.Service)
	}
	return fmt.Sprintf("%s: %v", strings.Join(names, ", "), unable[0].Err)
}
