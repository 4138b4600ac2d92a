package control

import (
	"errors"
	"fmt"
	"iter"

	"ktcpvs/daemon/klog"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// Start has a service listen before it returns; "" is every service. One that
// runs already keeps running, and that is no error. With "", those that can
// start do, and the error is of the first that can not. EBUSY while the knob
// unload is 1.
func (c *Control) Start(name string) error { return c.startAll(itself(byDaemon), name) }

func (c *Control) startAll(from origin, name string) error {
	if name != "" {
		return c.start(from, name)
	}
	if c.knobs.Unload.Get() != 0 {
		return proto.Errorf(unix.EBUSY, "%s is 1: set it to 0 before services start", c.knobs.Unload.Name())
	}
	var failed []error
	for _, svc := range c.store.Snapshot().Services {
		if svc.Running {
			continue
		}
		// One that was deleted meanwhile is none that can not start.
		if err := c.start(from, svc.Name); err != nil && c.store.Snapshot().Lookup(svc.Name) != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 1 {
		return fmt.Errorf("%w (and %d more services did not start)", failed[0], len(failed)-1)
	}
	return errors.Join(failed...)
}

func (c *Control) start(from origin, name string) error {
	if svc := c.store.Snapshot().Lookup(name); svc != nil && svc.Running {
		return nil
	}
	err := c.change(newTransaction(c, from), only(proto.Change{Command: proto.CmdStart, Service: proto.Service{Name: name}}))
	if err != nil {
		c.log.Say(klog.Announce, "can not start", "service", name, "error", err)
	}
	return err
}

// Stop closes a service's listener and lets what is open finish, without
// waiting for it; "" is every service. One that does not run is no error.
func (c *Control) Stop(name string) error {
	return c.change(newTransaction(c, itself(byDaemon)), only(proto.Change{Command: proto.CmdStop, Service: proto.Service{Name: name}}))
}

// Shutdown stops every service and lets what is open finish, without waiting for
// it. The table stays as it is: what runs is to run again when the daemon does. No
// change is made any more.
func (c *Control) Shutdown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.runtime.StopAll()
}

// only is one change that is no batch.
func only(change proto.Change) iter.Seq2[int, proto.Change] {
	return func(yield func(int, proto.Change) bool) { yield(0, change) }
}
