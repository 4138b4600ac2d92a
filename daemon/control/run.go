package control

import (
	"errors"
	"fmt"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// Start has a service listen before it returns; "" is every service. One that
// runs already keeps running, and that is no error. With "", those that can
// start do, and the error is of the first that can not. EBUSY while the knob
// unload is 1.
func (c *Control) Start(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	services, err := servicesOf(c.store.Snapshot(), name)
	if err != nil {
		return err
	}
	if c.knobs.Unload.Get() != 0 {
		return proto.Errorf(unix.EBUSY, "%s is 1: set it to 0 before services start", c.knobs.Unload.Name())
	}
	var failed []error
	for _, svc := range services {
		if svc.Running {
			continue
		}
		err := c.store.Snapshot().CheckLoop(svc.Name, c.local) // addresses may have come since
		if err == nil {
			err = c.runtime.Start(svc)
		}
		if err != nil {
			c.log.Say(klog.Announce, "can not start", "service", svc.Name, "error", err)
			failed = append(failed, fmt.Errorf("service %q: %w", svc.Name, err))
			continue
		}
		if err := c.running(svc, true); err != nil {
			return errors.Join(err, c.runtime.Stop(svc.Name))
		}
	}
	if len(failed) > 1 {
		return fmt.Errorf("%w (and %d more services did not start)", failed[0], len(failed)-1)
	}
	return errors.Join(failed...)
}

// Stop closes a service's listener and lets what is open finish, without
// waiting for it; "" is every service. One that does not run is no error.
func (c *Control) Stop(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop(name)
}

// stop is Stop for who holds mu.
func (c *Control) stop(name string) error {
	services, err := servicesOf(c.store.Snapshot(), name)
	if err != nil {
		return err
	}
	for _, svc := range services {
		if !svc.Running {
			continue
		}
		if err := c.runtime.Stop(svc.Name); err != nil {
			return fmt.Errorf("service %q: %w", svc.Name, err)
		}
		if err := c.running(svc, false); err != nil {
			return err
		}
	}
	return nil
}

// running notes in the table whether a service runs.
func (c *Control) running(svc *table.Service, is bool) error {
	return c.store.Update(func(tx *table.Tx) error { return tx.SetRunning(svc.Name, is) })
}
