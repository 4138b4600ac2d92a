package control

import (
	"context"
	"sync"

	"ktcpvs/daemon/klog"
	"ktcpvs/proto"
)

// Unloader does what the knob unload asks for: it stops every service, waits
// for their connections, flushes the table, and says so in the original's last
// words. Setting the knob back to 0 before that takes it back: when that has
// been answered, nothing more of the unload happens, however long it has been
// waiting behind changes of the table.
type Unloader struct {
	control *Control
	wait    func(context.Context) error

	// Held while one step of an unload is taken, so that who takes the unload
	// back waits for that step, and for nothing else.
	mu       sync.Mutex
	takeBack context.CancelFunc // the unload under way, if there is one
	stopped  bool
	running  sync.WaitGroup
}

// NewUnloader follows the knob until Stop. wait returns when no connection is
// open, or with the context's error.
func NewUnloader(c *Control, wait func(context.Context) error) *Unloader {
	u := &Unloader{control: c, wait: wait, takeBack: func() {}}
	c.knobs.Unload.OnChange(func(_, value int32) { u.set(value != 0) })
	return u
}

// Stop takes an unload back that is under way, and follows the knob no more.
func (u *Unloader) Stop() {
	u.mu.Lock()
	u.stopped = true
	u.takeBack()
	u.mu.Unlock()
	u.running.Wait()
}

func (u *Unloader) set(on bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.takeBack()
	if !on || u.stopped {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	u.takeBack = cancel
	u.running.Go(func() {
		defer cancel()
		u.run(ctx)
	})
}

func (u *Unloader) run(ctx context.Context) {
	c := u.control
	c.log.Say(klog.Daemon, "unloading: stopping every service")
	err := u.step(ctx, proto.CmdStop)
	if err != nil {
		c.log.Say(klog.Announce, "cannot stop the services", "err", err)
		return
	}
	if u.wait(ctx) != nil {
		return
	}
	if err = u.step(ctx, proto.CmdFlush); err != nil {
		c.log.Say(klog.Announce, "cannot flush the table", "err", err)
	}
}

// step does a part of an unload as a change like any other, unless the unload
// has been taken back meanwhile.
func (u *Unloader) step(ctx context.Context, command proto.Command) error {
	c := u.control
	c.mu.Lock()
	defer c.mu.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	// The knob has its new value a moment before it is told here, and services
	// may start from then on.
	if ctx.Err() != nil || c.knobs.Unload.Get() == 0 {
		return nil
	}
	t := newTransaction(c, itself(byUnload))
	err := c.run(t, func() error { return t.stage(&proto.Change{Command: command}) })
	if err == nil && command == proto.CmdFlush {
		c.log.Say(klog.Announce, "The master daemon stopped. You can unload the module now.")
	}
	return err
}
