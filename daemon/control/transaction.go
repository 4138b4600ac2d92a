package control

import (
	"errors"
	"iter"

	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// transaction is a set of changes on its way: one, or a batch. All of them are
// staged first, which refuses what cannot be; then sockets are opened for what is to
// run, which may fail as well; then everything takes effect at once.
type transaction struct {
	control   *Control
	from      origin
	tx        *table.Tx
	replacing bool

	index   int           // of the change at hand
	command proto.Command // its

	modules map[string]bool   // to be loaded, or to be unloaded
	knobs   []proto.KnobValue // in their order
	zero    []string          // services whose counters are cleared; "" is all
	begin   []string          // services that are to start
	stopped map[string]bool   // services that are to stop
	wanted  map[string]bool   // services that would run if they could
	config  string            // digest of the file that the changes are of; "" is none
	said    listing           // what is asked for

	next   *table.Snapshot  // what comes of it
	drawn  *picture         // the same, as it is kept and told
	settle func(taken bool) // ends what Runtime.Prepare began; nil when the table stays
}

// change makes all of the changes or none.
func (c *Control) change(t *transaction, changes iter.Seq2[int, proto.Change]) error {
	if sets(changes) {
		// Before mu, as what a knob sets off may come back here while it is held.
		c.setting.Lock()
		defer c.setting.Unlock()
	}
	if err := c.commit(t, changes); err != nil {
		return err
	}
	for _, v := range t.knobs {
		if err := c.knobs.ByName(v.Name).Set(int64(v.Value)); err != nil {
			return err // its range was looked at already
		}
	}
	return nil
}

// sets reports whether a knob is among the changes.
func sets(changes iter.Seq2[int, proto.Change]) bool {
	for _, change := range changes {
		if change.Command == proto.CmdSetKnob {
			return true
		}
	}
	return false
}

func newTransaction(c *Control, from origin) *transaction {
	return &transaction{control: c, from: from, modules: map[string]bool{}, stopped: map[string]bool{}, wanted: map[string]bool{}}
}

// commit does everything but setting the knobs.
func (c *Control) commit(t *transaction, changes iter.Seq2[int, proto.Change]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run(t, func() error {
		for i, change := range changes {
			t.index, t.command = i, change.Command
			if err := t.stage(&change); err != nil {
				return err
			}
		}
		return nil
	})
}

// run is commit for who holds mu and stages by himself.
func (c *Control) run(t *transaction, stage func() error) error {
	if c.ended {
		return proto.Errorf(unix.ESHUTDOWN, "the daemon is stopping")
	}
	before := c.store.Snapshot()
	err := c.store.UpdateWhen(func(tx *table.Tx) error {
		t.tx = tx
		if err := stage(); err != nil {
			return err
		}
		if t.from.way == byRestore {
			return nil // what was there before stays
		}
		if err := tx.CheckListens(); err != nil {
			return err
		}
		return tx.CheckLoops(c.local)
	}, t.ready)
	if err != nil {
		return err
	}
	if t.settle != nil {
		t.settle(true)
		c.runtime.Changed()
		c.tellDear(before)
		before.Retire(t.next)
	}
	t.settleModules()
	for _, name := range t.zero {
		zero(t.next, name)
	}
	t.note()
	return nil
}

// stage makes one change part of the transaction.
func (t *transaction) stage(change *proto.Change) error {
	t.said.add("%s", summary(change))
	switch change.Command {
	case proto.CmdReplace:
		t.replacing = true
		t.tx.Replace()
		return nil
	case proto.CmdStart:
		return t.start(change.Service.Name)
	case proto.CmdStop:
		return t.each(change.Service.Name, t.stop)
	case proto.CmdZero:
		t.zero = append(t.zero, change.Service.Name)
		return t.each(change.Service.Name, func(string) error { return nil })
	case proto.CmdNewModule, proto.CmdDelModule:
		return t.module(change.Command, change.Module.Name)
	case proto.CmdSetKnob:
		return t.knob(change.Knob)
	case proto.CmdNewService, proto.CmdSetService:
		if change.Service.State == proto.Off {
			t.stopped[change.Service.Name] = true
		}
		if err := apply(t.tx, change); err != nil || change.Service.State != proto.On {
			return err
		}
		return t.start(change.Service.Name)
	}
	return apply(t.tx, change)
}

// each does something to the service of that name, or with "" to every one.
func (t *transaction) each(name string, do func(name string) error) error {
	names := []string{name}
	if name == "" {
		names = t.tx.Names()
	}
	for _, name := range names {
		if _, err := t.tx.Running(name); err != nil {
			return err
		}
		if err := do(name); err != nil {
			return err
		}
	}
	return nil
}

// start has services run. EBUSY while the knob unload is 1.
func (t *transaction) start(name string) error {
	return t.each(name, func(name string) error {
		if t.control.knobs.Unload.Get() != 0 {
			return proto.Errorf(unix.EBUSY, "%s is 1: set it to 0 before services start", t.control.knobs.Unload.Name())
		}
		t.begin = append(t.begin, name)
		return t.tx.SetRunning(name, true)
	})
}

func (t *transaction) stop(name string) error {
	t.stopped[name] = true
	if runs, err := t.tx.Running(name); err != nil || !runs {
		return err
	}
	return t.tx.SetRunning(name, false)
}

// knob stages another value of a knob.
func (t *transaction) knob(v proto.KnobValue) error {
	k := t.control.knobs.ByName(v.Name)
	if k == nil {
		return proto.Errorf(unix.ENOENT, "%q", v.Name)
	}
	t.knobs = append(t.knobs, v)
	return k.Check(int64(v.Value))
}

// ready opens what is to listen and has the outcome kept, as the last steps that
// may fail.
func (t *transaction) ready(next *table.Snapshot) error {
	t.next = next
	if next != t.control.store.Snapshot() {
		if err := t.prepare(next); err != nil {
			return err
		}
	}
	err := t.keep()
	if err != nil && t.settle != nil {
		t.settle(false)
	}
	return err
}

// prepare opens what is to listen.
func (t *transaction) prepare(next *table.Snapshot) error {
	c := t.control
	for _, name := range t.begin {
		if err := next.CheckLoop(name, c.local); err != nil { // addresses may have come since
			return err
		}
	}
	settle, err := c.runtime.Prepare(next)
	t.settle = settle
	return err
}

// blame is the index of the change that an error is about, which shows only at the
// end for some of them.
func (t *transaction) blame(err error, changes iter.Seq2[int, proto.Change]) int {
	if rule, ok := errors.AsType[*table.RuleError](err); ok {
		return blameRule(rule, changes)
	}
	if led, ok := errors.AsType[*table.LoopError](err); ok {
		return blameLoop(led, changes)
	}
	if deaf, ok := errors.AsType[*table.ListenError](err); ok {
		return blameListen(deaf.Service, changes)
	}
	return t.index
}
